using System.Collections.Concurrent;
using System.Security.Cryptography;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge;
using Adit.Hub.Storage;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Access;

/// <summary>
/// All tokens in memory: authentication asks no database. Changes are stored first and hold at once; a revoked token's links are ended by
/// whoever listens to <see cref="Revoked"/>.
/// </summary>
internal sealed partial class TokenRegistry : IAsyncDisposable
{
    /// <summary>How many an account has at most that are good.</summary>
    public const int MostPerAccount = 1000;

    private const int MostListed = 50;

    /// <summary>The account of the first start's token.</summary>
    private const string FirstAdmin = "admin";

    private static readonly TimeSpan ExpireEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaveUsesEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(24);

    // Long enough for whoever looks why something stopped working.
    private static readonly TimeSpan RememberDead = TimeSpan.FromDays(90);

    private readonly ConcurrentDictionary<string, Entry> _tokens = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _uses = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiring = new();
    private readonly TokenStore _store;
    private readonly AccountDirectory _accounts;
    private readonly TimeProvider _time;
    private readonly ILogger<TokenRegistry> _log;
    private readonly ITimer _timer;
    private readonly ITimer _expiry;
    private readonly ITimer _forgetting;

    private TokenRegistry(TokenStore store, AccountDirectory accounts, TimeProvider time, ILogger<TokenRegistry> log)
    {
        _store = store;
        _accounts = accounts;
        _accounts.Changed += EndTokensOfInactive;
        _time = time;
        _log = log;
        _timer = time.CreateTimer(static r => _ = ((TokenRegistry)r!).SaveUsesAsync(), this, SaveUsesEvery, SaveUsesEvery);
        _expiry = time.CreateTimer(static r => ((TokenRegistry)r!).Expire(), this, ExpireEvery, ExpireEvery);
        _forgetting = time.CreateTimer(static r => _ = ((TokenRegistry)r!).ForgetDeadAsync(), this, ForgetEvery, ForgetEvery);
    }

    /// <summary>A token is no longer good, revoked or expired: its id. Handlers must not block.</summary>
    public event Action<string>? Revoked;

    /// <summary>Loads the tokens. On a first start makes the admin's and writes it to <c>admin-token</c> in the data directory.</summary>
    /// <returns>The registry, and the admin token's text on a first start.</returns>
    public static async Task<(TokenRegistry Registry, string? AdminToken)> LoadAsync(
        Database database, DataDirectory directory, AccountDirectory accounts, TimeProvider time, ILogger<TokenRegistry> log)
    {
        var registry = new TokenRegistry(new TokenStore(database, time), accounts, time, log);
        foreach (var token in await registry._store.ListAsync())
            registry.Keep(token);
        if (!registry._tokens.IsEmpty)
            return (registry, registry.IsFirstTokenUnused ? directory.ReadSecret("admin-token") : null);
        var made = await registry.EnsureAccountAsync(FirstAdmin, AccountKind.Person, PlatformRole.Admin, new AuditEntry("account.create"));
        var text = TokenText.Make();
        directory.WriteSecret("admin-token", System.Text.Encoding.ASCII.GetBytes(text + "\n"));
        await registry.AddAsync(new Token
        {
            Id = text.Id,
            Name = "admin",
            Account = FirstAdmin,
            IsAdmin = true,
            SecretHash = text.SecretHash(),
            Created = time.GetUtcNow(),
        }, made);
        return (registry, text.ToString());
    }

    /// <summary>
    /// Who shows this token; null when it is unknown, revoked or expired. Takes the same time whatever is wrong with the secret.
    /// </summary>
    public Caller? Authenticate(string? text)
    {
        if (TokenText.Parse(text) is not { } token || !_tokens.TryGetValue(token.Id, out var entry))
            return null;
        if (!CryptographicOperations.FixedTimeEquals(token.SecretHash(), entry.Token.SecretHash) || !IsGood(entry.Token))
            return null;
        if (entry.CallerFor(_accounts.Find(entry.Token.Account)) is not { } caller)
            return null;
        _uses[token.Id] = _time.GetUtcNow();
        return caller;
    }

    /// <summary>The caller of a token that was authenticated before; null when it is no longer good.</summary>
    public Caller? Find(string tokenId) =>
        _tokens.TryGetValue(tokenId, out var entry) && IsGood(entry.Token) ? entry.CallerFor(_accounts.Find(entry.Token.Account)) : null;

    /// <summary>Makes a token. The answer holds its text, which is not kept.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="account">For whom.</param>
    /// <param name="isAdmin">Whether it may see and change everything.</param>
    /// <param name="notAfter">When it expires at the latest.</param>
    /// <param name="scopes">What of its account's rights it may use; null for all.</param>
    /// <param name="entry">What the audit log is told with it.</param>
    public async Task<ApiToken> CreateAsync(
        CreateTokenRequest request, string account, bool isAdmin, DateTimeOffset? notAfter = null, ScopeSet? scopes = null, AuditEntry? entry = null)
    {
        var text = TokenText.Make();
        var now = _time.GetUtcNow();
        var made = await EnsureAccountAsync(account, AccountKind.Service, isAdmin ? PlatformRole.Admin : PlatformRole.User, entry);
        var token = new Token
        {
            Id = text.Id,
            Name = request.Name,
            Account = account,
            IsAdmin = isAdmin,
            Scopes = scopes?.ToStored(),
            SecretHash = text.SecretHash(),
            Created = now,
            Expires = request.ExpiresInSeconds is { } seconds && !(now.AddSeconds(seconds) > notAfter) ? now.AddSeconds(seconds) : notAfter,
            MaxTunnels = request.MaxTunnels,
            MaxStreams = request.MaxStreams,
            Bandwidth = request.BytesPerSecond,
            MaxRunners = request.MaxRunners,
        };
        await AddAsync(token, made, entry is null ? null : entry with { Target = "token:" + token.Id, Detail = Detail(token) });
        LogCreated(token.Name, token.Id, token.Account);
        return Describe(token) with { Secret = text.ToString() };
    }

    /// <summary>Revokes a token, at once and for ever. False when there is none of that id.</summary>
    /// <param name="id">Which.</param>
    /// <param name="by">Who does it, for the log.</param>
    /// <param name="audited">What the audit log is told with it.</param>
    /// <param name="left">What it leaves behind, for the audit log.</param>
    public async Task<bool> RevokeAsync(string id, string by, AuditEntry? audited = null, RevokedToken? left = null)
    {
        if (!_tokens.TryGetValue(id, out var entry))
            return false;
        if (entry.Token.Revoked is not null)
            return true;
        var now = _time.GetUtcNow();
        var detail = Detail(entry.Token);
        if (left is { Runners.Count: > 0 })
            (detail["runners"], detail["tasks"]) = (Listed(left.Runners), Listed(left.Tasks));
        await _store.RevokeAsync(id, now, audited is null ? null : audited with { Target = "token:" + id, Detail = detail });
        _tokens[id] = new Entry(entry.Token with { Revoked = now }, _time);
        LogRevoked(entry.Token.Name, id, by);
        Revoked?.Invoke(id);
        return true;
    }

    /// <summary>Tokens, oldest first; without their secrets.</summary>
    /// <param name="isWanted">Asked with an account's name, whether those of it are.</param>
    public IEnumerable<ApiToken> List(Func<string, bool> isWanted) =>
        _tokens.Values.Select(e => e.Token).Where(t => isWanted(t.Account) && _accounts.Find(t.Account) is not { State: AccountState.Deleted }).OrderBy(t => t.Created).ThenBy(t => t.Id, StringComparer.Ordinal).Select(Describe);

    /// <summary>How many tokens an account has that are good.</summary>
    public int CountOf(string account) => _tokens.Values.Count(e => e.Token.Account == account && IsGood(e.Token));

    // A first start may have failed after the token was made, on a port that was taken: it is still to be told.
    private bool IsFirstTokenUnused => _tokens.Count == 1 && _tokens.Values.Single().Token is { IsAdmin: true, Account: FirstAdmin, LastUsed: null } token && IsGood(token);

    /// <summary>Whose token it is; null when there is none of that id.</summary>
    public string? AccountOf(string id) => _tokens.TryGetValue(id, out var entry) ? entry.Token.Account : null;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _expiry.DisposeAsync();
        await _forgetting.DisposeAsync();
        await SaveUsesAsync();
    }

    // Answers what the audit log is told with the token when there was none of the name.
    private async Task<AuditEntry?> EnsureAccountAsync(string name, AccountKind kind, PlatformRole role, AuditEntry? entry)
    {
        if (_accounts.Find(name) is not null)
            return null;
        await _accounts.AddAsync(new Account { Name = name, Kind = kind, Role = role, Created = _time.GetUtcNow() });
        return entry is null ? null : entry with
        {
            Action = "account.create",
            Target = "account:" + name,
            Detail = new Dictionary<string, string> { ["role"] = role.ToString().ToLowerInvariant(), ["kind"] = kind.ToString().ToLowerInvariant() },
        };
    }

    // Its tokens stay what they are, for the day that it is active again; what they hold open ends now.
    private void EndTokensOfInactive(Account account)
    {
        if (account.IsActive)
            return;
        foreach (var (id, entry) in _tokens)
        {
            if (entry.Token.Account == account.Name)
                Revoked?.Invoke(id);
        }
    }

    private async Task AddAsync(Token token, params AuditEntry?[] entries)
    {
        await _store.AddAsync(token, entries);
        Keep(token);
    }

    private void Keep(Token token)
    {
        if (token.Expires is { } expires && token.Revoked is null)
            _expiring[token.Id] = expires;
        _tokens[token.Id] = new Entry(token, _time);
    }

    // What was found expired once stays so when the wall clock is put back.
    private bool IsGood(Token token) =>
        token.IsGood(_time.GetUtcNow()) && (token.Expires is null || _expiring.ContainsKey(token.Id));

    // Who authenticated while a token was good holds a link that nobody asks again: the end of the token has to end it.
    private void Expire()
    {
        var now = _time.GetUtcNow();
        foreach (var (id, expires) in _expiring)
        {
            if (expires <= now && _expiring.TryRemove(id, out _))
                Revoked?.Invoke(id);
        }
    }

    // Pipelines make tokens by the thousand; what is dead for long is in the audit log and nowhere else.
    internal async Task ForgetDeadAsync()
    {
        var before = _time.GetUtcNow() - RememberDead;
        // The first of all stays: a hub without any token would take its next start for its first and make an admin's.
        var first = _tokens.Values.MinBy(static e => e.Token.Created)?.Token.Id;
        var dead = _tokens.Values.Select(static e => e.Token).Where(t => t.Id != first && (t.Revoked < before || t.Expires < before)).Select(static t => t.Id).ToList();
        if (dead.Count == 0)
            return;
        try
        {
            await _store.RemoveAsync(dead);
            foreach (var id in dead)
                _tokens.TryRemove(id, out _);
        }
        catch (StorageException e)
        {
            LogUsesNotSaved(e.Message);
        }
    }

    // The time of last use is for people: it may be half a minute late, and is written in one go.
    private async Task SaveUsesAsync()
    {
        var uses = new List<(string, DateTimeOffset)>();
        foreach (var id in _uses.Keys)
        {
            if (_uses.TryRemove(id, out var at))
                uses.Add((id, at));
        }

        if (uses.Count == 0)
            return;
        try
        {
            await _store.SetLastUsedAsync(uses);
            foreach (var (id, at) in uses)
            {
                if (_tokens.TryGetValue(id, out var entry))
                    _tokens.TryUpdate(id, entry.Used(at), entry);
            }
        }
        catch (StorageException e)
        {
            LogUsesNotSaved(e.Message);
        }
    }

    // A record of the log is no place for two thousand names.
    private static string Listed(IReadOnlyList<string> names) =>
        names.Count == 0 ? "none" : string.Join(", ", names.Take(MostListed)) + (names.Count > MostListed ? $" and {names.Count - MostListed} more" : "");

    private static Dictionary<string, string> Detail(Token token)
    {
        var detail = new Dictionary<string, string> { ["name"] = token.Name, ["account"] = token.Account };
        if (token.IsAdmin)
            detail["admin"] = "true";
        if (token.Scopes is { } scopes)
            detail["scopes"] = scopes;
        if (token.Expires is { } end)
            detail["expires"] = end.ToString("O");
        return detail;
    }

    private ApiToken Describe(Token token) => new()
    {
        Id = token.Id,
        Name = token.Name,
        Account = token.Account,
        IsAdmin = token.IsAdmin,
        Scopes = ScopeSet.Read(token.Scopes).ToList(),
        Created = token.Created,
        Expires = token.Expires,
        Revoked = token.Revoked,
        LastUsed = _uses.TryGetValue(token.Id, out var at) ? at : token.LastUsed,
        MaxTunnels = token.MaxTunnels,
        MaxStreams = token.MaxStreams,
        BytesPerSecond = token.Bandwidth,
        MaxRunners = token.MaxRunners,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Token {Name} ({Id}) was made for account {Account}.")]
    private partial void LogCreated(string name, string id, string account);

    [LoggerMessage(Level = LogLevel.Information, Message = "Token {Name} ({Id}) was revoked by {By}.")]
    private partial void LogRevoked(string name, string id, string by);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What happened to tokens could not be saved yet: {Reason}")]
    private partial void LogUsesNotSaved(string reason);

    private sealed class Entry
    {
        private readonly BandwidthLimit? _bandwidth;
        private Caller? _caller;

        public Entry(Token token, TimeProvider time)
            : this(token, token.Bandwidth is { } rate ? new BandwidthLimit(rate, time) : null)
        {
        }

        private Entry(Token token, BandwidthLimit? bandwidth)
        {
            Token = token;
            _bandwidth = bandwidth;
        }

        public Token Token { get; }

        // The account as it is now; the caller made of it is kept until the account changes. Null when the account may do nothing.
        public Caller? CallerFor(Account? account)
        {
            if (account is not { IsActive: true })
                return null;
            if (_caller is { } known && ReferenceEquals(known.Identity, account))
                return known;
            return _caller = new Caller
            {
                Identity = account,
                Role = Role(account.EffectiveRole),
                Scopes = ScopeSet.Read(Token.Scopes),
                TokenId = Token.Id,
                TokenName = Token.Name,
                Expires = Token.Expires,
                MaxTunnels = Token.MaxTunnels,
                MaxStreams = Token.MaxStreams,
                Bandwidth = _bandwidth,
                MaxRunners = Token.MaxRunners,
            };
        }

        // An admin's everyday token must not be one that can do everything; what only looks needs no such care.
        private PlatformRole Role(PlatformRole account) => account == PlatformRole.Admin && !Token.IsAdmin ? PlatformRole.User : account;

        public Entry Used(DateTimeOffset at) => new(Token with { LastUsed = at }, _bandwidth);
    }
}
