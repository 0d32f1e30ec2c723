using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Access.SignIn.Oidc;

/// <summary>
/// Signing in with one provider: the authorization code flow (OpenID Connect Core 1.0, 3.1) with PKCE (RFC 7636), its back-channel
/// log-out, and the way to sign out there too.
/// </summary>
internal sealed partial class OidcSignIn(
    OidcOptions options, OidcStateCookie cookie, ExternalAccounts accounts, Reception reception, SessionRegistry sessions, AccountDirectory directory, TimeProvider time, ILogger<OidcSignIn> log)
    : IDisposable
{
    private const int MostLogouts = 10_000;

    // OpenID Connect Core 1.0, 5.1: the second says of the first whether it is the person's own.
    private const string EmailClaim = "email";
    private const string EmailVerified = "email_verified";

    private readonly OidcProvider _provider = new(options, time);
    private readonly ConcurrentDictionary<string, long> _logouts = new(StringComparer.Ordinal);
    private readonly OidcHints _hints = new(sessions);

    public OidcOptions Options => options;

    private OidcTokens Tokens => field ??= new OidcTokens(options, _provider, time);

    /// <summary>Where the browser goes to sign in; what must come back with it is put into its cookie.</summary>
    /// <exception cref="SignInRefusal">The provider cannot be asked.</exception>
    public async Task<string> BeginAsync(HttpContext context, string? to)
    {
        var metadata = await AskAsync(token => _provider.DescribeAsync(token), context.RequestAborted);
        var state = new OidcState(options.Name, Secret(), Secret(), Secret(), LocalPath.Safe(to), (time.GetUtcNow() + OidcStateCookie.Life).ToUnixTimeSeconds());
        cookie.Set(context, state);
        return QueryHelpers.AddQueryString(metadata.Authorization.AbsoluteUri, new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = options.ClientId,
            ["redirect_uri"] = CallbackUri(context),
            ["scope"] = string.Join(' ', options.Scopes),
            ["state"] = state.State,
            ["nonce"] = state.Nonce,
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(state.Verifier))),
            ["code_challenge_method"] = "S256",
        });
    }

    /// <summary>Takes the provider's answer and lets whoever it is in.</summary>
    /// <returns>Where the browser goes now: a path of this host.</returns>
    /// <exception cref="SignInRefusal">It does not get in; that is noted already.</exception>
    public async Task<string> FinishAsync(HttpContext context)
    {
        try
        {
            var query = context.Request.Query;
            if (cookie.Take(context, options.Name) is not { } state || !IsSame(query["state"].ToString(), state.State))
                throw new SignInRefusal(SignInRefusalCode.Stale, "This sign-in was begun in another browser, or too long ago; begin again.");
            if (query["error"].ToString() is { Length: > 0 } error)
                throw new SignInRefusal(error == "access_denied" ? SignInRefusalCode.NotAllowed : SignInRefusalCode.Untrusted, $"{options.Title} did not let you in ({Plain(error)}).");
            if (query["code"].ToString() is not { Length: > 0 and <= 4096 } code)
                throw new SignInRefusal(SignInRefusalCode.Stale, $"{options.Title} sent no code; begin again.");

            var (person, sid, idToken) = await AskAsync(token => IdentifyAsync(code, state, CallbackUri(context), token), context.RequestAborted);
            GroupNames.EnsureAllowed(options, person.Groups ?? []);
            var account = await accounts.ReceiveAsync(options.Name, person);
            var session = await reception.AdmitAsync(context, account.Name, options.Name, sid);
            _hints.Remember(session.Id!, idToken);
            return state.To;
        }
        catch (SignInRefusal refusal)
        {
            reception.NoteRefusal(context, null, options.Name, refusal);
            throw;
        }
    }

    /// <summary>Ends the sessions that a log-out token names.</summary>
    /// <returns>How many of each account.</returns>
    /// <exception cref="OidcException">The token is not good, or was used before.</exception>
    public async Task<IReadOnlyDictionary<string, int>> LogOutAsync(string text, CancellationToken cancellationToken)
    {
        var token = await Tokens.ReadLogoutTokenAsync(text, cancellationToken);
        Forget();
        if (_logouts.Count >= MostLogouts || !_logouts.TryAdd(token.Id, time.GetTimestamp()))
            throw new OidcException("the logout_token was used before (jti)");
        var sid = token.TryGetPayloadValue<string>("sid", out var said) ? said : null;
        var account = string.IsNullOrEmpty(token.Subject) ? null : directory.FindBySubject(options.Name, token.Subject);
        // With a session that is the one; without, all of that person's (Back-Channel Logout 1.0, 2.7).
        var ended = new Dictionary<string, int>(StringComparer.Ordinal);
        await sessions.EndWhereAsync(s =>
        {
            var isNamed = s.Source == options.Name && (sid is not null ? s.ProviderSid == sid : s.Account == account?.Name);
            if (isNamed)
                ended[s.Account] = ended.GetValueOrDefault(s.Account) + 1;
            return isNamed;
        });
        return ended;
    }

    /// <summary>What proves to the provider whose session it is that ends; null when it is not known any more. To be asked while the session is there.</summary>
    public string? TakeHint(Session session) => _hints.Take(session.Id);

    /// <summary>How a browser that has signed out here signs out at the provider too (OpenID Connect RP-Initiated Logout 1.0, 2).</summary>
    /// <param name="context">The browser's request.</param>
    /// <param name="hint">From <see cref="TakeHint"/>.</param>
    /// <returns>Null when the provider has no such way, or cannot be asked now.</returns>
    public async Task<SignedOut?> WayOutAsync(HttpContext context, string? hint)
    {
        try
        {
            if ((await _provider.DescribeAsync(context.RequestAborted)).EndSession is not { } address)
                return null;
            var query = new Dictionary<string, string?> { ["client_id"] = options.ClientId, ["post_logout_redirect_uri"] = BackUri(context) };
            if (hint is not null)
                query["id_token_hint"] = hint;
            return new SignedOut { ProviderUrl = QueryHelpers.AddQueryString(address.AbsoluteUri, query), ProviderTitle = options.Title, Follow = options.LogsOutAtProvider };
        }
        catch (OidcException e)
        {
            LogTrouble(options.Name, e.Message);
            return null;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _hints.Dispose();
        _provider.Dispose();
    }

    private async Task<(SourcePerson Person, string? Sid, string IdToken)> IdentifyAsync(string code, OidcState state, string redirectUri, CancellationToken cancellationToken)
    {
        var (text, access) = await _provider.ExchangeAsync(code, state.Verifier, redirectUri, cancellationToken);
        var token = await Tokens.ReadIdTokenAsync(text, state.Nonce, cancellationToken);
        var sid = token.TryGetPayloadValue<string>("sid", out var said) ? said : null;
        // The payload of what was validated above; the library hands out only some kinds of values.
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload));
        if (!IsMissingSomething(claims) || access is null)
            return (Describe(token.Subject, IsFalse(claims, EmailVerified), name => ClaimOf(claims, name)), sid, text);
        using var more = await _provider.UserInfoAsync(access, cancellationToken);
        if (more is not null && (!more.RootElement.TryGetProperty("sub", out var sub) || sub.ValueKind != JsonValueKind.String || sub.GetString() != token.Subject))
            throw new OidcException("its userinfo is somebody else's (sub)");
        return (Describe(token.Subject, IsFalse(claims, EmailVerified) || IsFalse(more, EmailVerified), name => ClaimOf(claims, name) ?? ClaimOf(more, name)), sid, text);
    }

    private bool IsMissingSomething(JsonDocument claims) =>
        new[] { options.NameClaim, options.EmailClaim, options.DisplayNameClaim, options.GroupsClaim }.Any(name => name is not null && ClaimOf(claims, name) is null);

    // An address that the provider has not verified may be anybody's: it is neither taken over nor made a name of.
    private SourcePerson Describe(string subject, bool isUnverified, Func<string, IReadOnlyList<string>?> claim)
    {
        var email = Trusted(options.EmailClaim);
        return new(subject, Trusted(options.NameClaim) ?? email)
        {
            DisplayName = First(claim(options.DisplayNameClaim)),
            Email = email,
            Groups = options.GroupsClaim is { } groups ? GroupNames.Here(options, (claim(groups) ?? []).Select(static g => (IReadOnlyList<string>)[g])) : null,
        };

        string? Trusted(string name) => isUnverified && name is EmailClaim ? null : First(claim(name));
    }

    private static bool IsFalse(JsonDocument? document, string name) =>
        document is not null && document.RootElement.TryGetProperty(name, out var value)
        && (value.ValueKind == JsonValueKind.False || (value.ValueKind == JsonValueKind.String && value.GetString() is "false"));

    private static string? First(IReadOnlyList<string>? values) => values?.FirstOrDefault(static v => v.Length > 0);

    private static IReadOnlyList<string>? ClaimOf(JsonDocument? document, string name) =>
        document is not null && document.RootElement.TryGetProperty(name, out var value) ? Texts(value) : null;

    private static IReadOnlyList<string>? Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => [.. value.EnumerateArray().Where(static v => v.ValueKind == JsonValueKind.String).Select(static v => v.GetString()!)],
        _ => null,
    };

    private string CallbackUri(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}/api/v1/sign-in/oidc/{options.Name}/callback";

    // Registered with the provider, letter by letter (RP-Initiated Logout 1.0, 3.1): no parameters.
    private static string BackUri(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}/sign-in";

    private static string Secret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static bool IsSame(string a, string b) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));

    private static string Plain(string text) => new([.. text.Take(60).Where(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ' ')]);

    // A token is too old to be taken before its jti is forgotten.
    private void Forget()
    {
        foreach (var (id, at) in _logouts)
        {
            if (time.GetElapsedTime(at) > OidcTokens.Skew * 4)
                _logouts.TryRemove(id, out _);
        }
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellationToken)
    {
        try
        {
            return await question(cancellationToken);
        }
        catch (OidcException e)
        {
            LogTrouble(options.Name, e.Message);
            var isAway = e.InnerException is HttpRequestException or OperationCanceledException;
            throw new SignInRefusal(
                isAway ? SignInRefusalCode.Unreachable : SignInRefusalCode.Untrusted,
                isAway
                    ? $"{options.Title} cannot be reached; try again later. Accounts of the hub itself can sign in."
                    : $"{options.Title} does not answer as it must; ask an admin, who finds the reason in the hub's log. Accounts of the hub itself can sign in.",
                e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The provider {Source} could not be asked: {Reason}")]
    private partial void LogTrouble(string source, string reason);
}
