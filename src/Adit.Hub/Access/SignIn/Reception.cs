using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Sessions;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Access.SignIn;

/// <summary>What every way of signing in ends with: a session and its cookie, or a refusal; an audit entry and a count either way.</summary>
internal sealed class Reception(
    SessionRegistry sessions, AccountDirectory accounts, KnownDevices devices, AuditLog audit, AuditRepeats repeats, SignInMeter meter, HubOptions options, TimeProvider time)
{
    private const string Action = "sign-in";

    /// <summary>Lets somebody in.</summary>
    /// <param name="context">The browser's request; its answer gets the cookie.</param>
    /// <param name="account">Who it is.</param>
    /// <param name="source">Who vouched for it.</param>
    /// <param name="providerSid">The provider's own session.</param>
    /// <param name="notAfter">When the session ends at the latest.</param>
    /// <exception cref="SignInRefusal">The account is not active.</exception>
    /// <exception cref="Storage.StorageException">It could not be stored.</exception>
    public async Task<CurrentSession> AdmitAsync(
        HttpContext context, string account, string source, string? providerSid = null, DateTimeOffset? notAfter = null)
    {
        if (accounts.Find(account) is not { IsActive: true })
            throw new SignInRefusal(SignInRefusalCode.Disabled, $"The account '{account}' is disabled; ask an admin.");
        var (session, cookie) = await sessions.StartAsync(new SessionStart(account, source)
        {
            ProviderSid = providerSid,
            NotAfter = notAfter,
            UserAgent = context.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? agent : null,
            Address = context.Address(),
        });
        if (sessions.CallerOf(session.Id) is not { } caller)
            throw new SignInRefusal(SignInRefusalCode.Disabled, $"The account '{account}' is disabled; ask an admin.");
        await accounts.SignedInAsync(account, time.GetUtcNow());
        await audit.RecordAsync(AuditEntry.By(caller, Action, "account:" + account, context.Address()) with { Detail = Details(source) });
        SessionCookie.Set(context, cookie, options.SessionLife);
        devices.Remember(context, account);
        meter.Admitted(source.StartsWith(SessionStart.TokenSource, StringComparison.Ordinal) ? "token" : source);
        return SessionEndpoints.Describe(caller, session);
    }

    /// <summary>Notes that somebody was not let in.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">Whom it wanted to be, as far as it said; somebody may have typed a password there, so it is noted only when there is such an account.</param>
    /// <param name="source">Who was asked.</param>
    /// <param name="refusal">Why not.</param>
    public void NoteRefusal(HttpContext context, string? name, string source, SignInRefusal refusal)
    {
        meter.Refused(source, refusal.Code);
        // Who is held up is not looked at, and must not fill the log either.
        if (refusal.Code is SignInRefusalCode.Throttled or SignInRefusalCode.Busy)
            return;
        var entry = new AuditEntry(Action)
        {
            Target = name is not null && accounts.Find(name) is not null ? "account:" + name : null,
            Outcome = refusal.Code is SignInRefusalCode.NotAllowed or SignInRefusalCode.Disabled ? AuditOutcome.Denied : AuditOutcome.Failed,
            Address = context.Address(),
            Detail = Details(source, refusal.Code.ToString()),
        };
        repeats.Record(entry, $"{entry.Target} {source} {refusal.Code}");
    }

    private static Dictionary<string, string> Details(string source, string? reason = null)
    {
        var detail = new Dictionary<string, string> { ["source"] = source };
        if (reason is not null)
            detail["reason"] = reason.ToLowerInvariant();
        return detail;
    }
}
