using System.Collections.Concurrent;
using System.Security.Cryptography;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Storage;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Access.Sessions;

/// <summary>
/// All sessions in memory: authentication asks no database. A session that ends does so here first, and whoever holds something open for it
/// hears of it by <see cref="Ended"/>. When a session was last seen is saved twice a minute, in one go.
/// </summary>
internal sealed partial class SessionRegistry : ISessions, IAsyncDisposable
{
    private const int MostPerAccount = 50;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Entry> _sessions = new(StringComparer.Ordinal);
    private readonly SessionStore _store;
    private readonly AccountDirectory _accounts;
    private readonly TokenRegistry _tokens;
    private readonly SessionLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger<SessionRegistry> _log;
    private readonly ITimer _looking;
    private readonly ITimer _saving;

    private SessionRegistry(SessionStore store, AccountDirectory accounts, TokenRegistry tokens, SessionLimits limits, TimeProvider time, ILogger<SessionRegistry> log)
    {
        _store = store;
        _accounts = accounts;
        _tokens = tokens;
        _limits = limits;
        _time = time;
        _log = log;
        accounts.Changed += EndThoseOfInactive;
        tokens.Revoked += EndThoseOfToken;
        _looking = time.CreateTimer(static r => ((SessionRegistry)r!).EndOld(), this, LookEvery, LookEvery);
        _saving = time.CreateTimer(static r => _ = ((SessionRegistry)r!).SaveAsync(), this, SaveEvery, SaveEvery);
    }

    /// <inheritdoc />
    public event Action<string>? Ended;

    /// <summary>How many there are.</summary>
    public int Count => _sessions.Count;

    /// <summary>Loads what the database has; what ended while the hub was away is dropped.</summary>
    public static async Task<SessionRegistry> LoadAsync(
        Database database, AccountDirectory accounts, TokenRegistry tokens, SessionLimits limits, TimeProvider time, ILogger<SessionRegistry> log)
    {
        var registry = new SessionRegistry(new SessionStore(database), accounts, tokens, limits, time, log);
        foreach (var (session, seen) in await registry._store.LoadAsync())
            registry._sessions[session.Id] = new Entry(session, seen);
        // What ended with its account or token was perhaps not off the disk when the hub was killed.
        foreach (var entry in registry._sessions.Values.Where(e => !registry.IsVouchedFor(e.Session)))
            registry.EndSoon(entry);
        registry.EndOld();
        return registry;
    }

    /// <summary>Begins a session.</summary>
    /// <returns>It, and the text of its cookie, which is not kept.</returns>
    public async Task<(Session Session, string Cookie)> StartAsync(SessionStart start)
    {
        var text = SessionText.Make();
        var now = _time.GetUtcNow();
        var ends = now + _limits.Life;
        var session = new Session
        {
            Id = text.Id,
            Account = start.Account,
            SecretHash = text.SecretHash(),
            Source = start.Source,
            ProviderSid = start.ProviderSid,
            Created = now,
            Ends = start.NotAfter < ends ? start.NotAfter.Value : ends,
            UserAgent = start.UserAgent is { Length: > 200 } agent ? agent[..200] : start.UserAgent,
            Address = start.Address,
        };
        await _store.AddAsync(session);
        _sessions[session.Id] = new Entry(session, now);
        // Disabled or revoked at this very moment: whoever looked through the sessions before this one was there has not ended it.
        if (!IsVouchedFor(session))
            EndSoon(_sessions[session.Id]);
        await EndAsync([.. Of(start.Account).OrderByDescending(static e => e.LastSeen).Skip(MostPerAccount).Select(static e => e.Session.Id)]);
        return (session, text.ToString());
    }

    /// <summary>Who shows this cookie, and by which session; null when it is none, or over. Counts as use.</summary>
    public (Session Session, Caller Caller)? Authenticate(string? cookie)
    {
        if (SessionText.Parse(cookie) is not { } text || !_sessions.TryGetValue(text.Id, out var entry))
            return null;
        if (!CryptographicOperations.FixedTimeEquals(text.SecretHash(), entry.Session.SecretHash) || !IsGood(entry))
            return null;
        if (entry.CallerFor(_accounts.Find(entry.Session.Account)) is not { } caller)
            return null;
        entry.LastSeen = _time.GetUtcNow();
        return (entry.Session, caller);
    }

    /// <inheritdoc />
    public Session? Find(string id) => _sessions.TryGetValue(id, out var entry) && IsGood(entry) ? entry.Session : null;

    /// <inheritdoc />
    public Caller? CallerOf(string id) =>
        _sessions.TryGetValue(id, out var entry) && IsGood(entry) ? entry.CallerFor(_accounts.Find(entry.Session.Account)) : null;

    /// <inheritdoc />
    public void Touch(string id)
    {
        if (_sessions.TryGetValue(id, out var entry) && IsGood(entry))
            entry.LastSeen = _time.GetUtcNow();
    }

    /// <summary>The good sessions of an account with when they were last seen, the latest first.</summary>
    public IReadOnlyList<(Session Session, DateTimeOffset LastSeen)> List(string account) =>
        [.. Of(account).Where(IsGood).Select(static e => (e.Session, e.LastSeen)).OrderByDescending(static e => e.LastSeen)];

    /// <summary>Ends sessions: at once here, and on disk when this completes.</summary>
    /// <exception cref="StorageException">They are ended, but would be back after a restart.</exception>
    public async Task EndAsync(params IReadOnlyCollection<string> ids)
    {
        foreach (var id in ids)
            Drop(id);
        if (ids.Count > 0)
            await _store.RemoveAsync(ids);
    }

    /// <summary>Ends the sessions that a condition holds for; how many there were.</summary>
    /// <inheritdoc cref="EndAsync" path="/exception"/>
    public async Task<int> EndWhereAsync(Func<Session, bool> condition)
    {
        string[] ids = [.. _sessions.Values.Where(e => condition(e.Session)).Select(static e => e.Session.Id)];
        await EndAsync(ids);
        return ids.Length;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _accounts.Changed -= EndThoseOfInactive;
        _tokens.Revoked -= EndThoseOfToken;
        await _looking.DisposeAsync();
        await _saving.DisposeAsync();
        await SaveAsync();
    }

    private IEnumerable<Entry> Of(string account) => _sessions.Values.Where(e => e.Session.Account == account);

    private bool IsGood(Entry entry)
    {
        var now = _time.GetUtcNow();
        return now < entry.Session.Ends && now - entry.LastSeen < _limits.Idle;
    }

    // Whether its account and, if it was begun with one, its token are good.
    private bool IsVouchedFor(Session session) =>
        _accounts.Find(session.Account) is { IsActive: true }
        && (!session.Source.StartsWith(SessionStart.TokenSource, StringComparison.Ordinal) || _tokens.Find(session.Source[SessionStart.TokenSource.Length..]) is not null);

    private void EndThoseOfToken(string tokenId)
    {
        foreach (var entry in _sessions.Values.Where(e => e.Session.Source == SessionStart.TokenSource + tokenId))
            EndSoon(entry);
    }

    private void EndThoseOfInactive(Account account)
    {
        if (account.IsActive)
            return;
        foreach (var entry in Of(account.Name))
            EndSoon(entry);
    }

    // What is found over once is gone, so a wall clock that is put back revives nothing.
    private void EndOld()
    {
        foreach (var entry in _sessions.Values.Where(e => !IsGood(e)))
            EndSoon(entry);
    }

    private void EndSoon(Entry entry)
    {
        Drop(entry.Session.Id);
        _ = RemoveQuietlyAsync(entry.Session.Id);
    }

    private void Drop(string id)
    {
        if (_sessions.TryRemove(id, out _))
            Ended?.Invoke(id);
    }

    private async Task RemoveQuietlyAsync(string id)
    {
        try
        {
            await _store.RemoveAsync([id]);
        }
        catch (StorageException e)
        {
            LogNotRemoved(id, e.Message);
        }
    }

    private async Task SaveAsync()
    {
        List<(string, DateTimeOffset)> seen = [.. _sessions.Values.Where(static e => e.TakeUnsaved()).Select(static e => (e.Session.Id, e.LastSeen))];
        if (seen.Count == 0)
            return;
        try
        {
            await _store.SetLastSeenAsync(seen);
        }
        catch (StorageException e)
        {
            LogNotSaved(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Session {Id} ended, but could not be removed from the database: {Reason}")]
    private partial void LogNotRemoved(string id, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "When sessions were last seen could not be saved: {Reason}")]
    private partial void LogNotSaved(string reason);

    private sealed class Entry(Session session, DateTimeOffset seen)
    {
        private Caller? _caller;
        private long _seen = seen.UtcTicks;
        private long _saved = seen.UtcTicks;

        public Session Session { get; } = session;

        public DateTimeOffset LastSeen
        {
            get => new(Volatile.Read(ref _seen), TimeSpan.Zero);
            set => Volatile.Write(ref _seen, value.UtcTicks);
        }

        public bool TakeUnsaved() => Interlocked.Exchange(ref _saved, Volatile.Read(ref _seen)) != Volatile.Read(ref _seen);

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
                Role = account.EffectiveRole,
                TokenId = Session.TokenId,
                TokenName = account.Name,
                Expires = Session.Ends,
            };
        }
    }
}
