using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Adit.Hub.Access.Sessions;

/// <summary>
/// Authenticates a browser by its session's cookie. What changes anything needs the header <c>X-Adit-Csrf</c> too, and must not have been
/// caused by another's page.
/// </summary>
internal sealed class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, SessionRegistry sessions)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "session";
    public const string CsrfHeader = "X-Adit-Csrf";

    private bool _isForged;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        foreach (var candidate in SessionCookie.Candidates(Request))
        {
            if (sessions.Authenticate(candidate) is not (var session, var caller))
                continue;
            _isForged = IsForged(session);
            if (_isForged)
                return Task.FromResult(AuthenticateResult.Fail("forged"));
            Context.Items[typeof(Caller)] = caller;
            Context.Items[typeof(Session)] = session;
            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, caller.Account)], SchemeName);
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName)));
        }

        return Task.FromResult(AuthenticateResult.NoResult());
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => _isForged
        ? Problems.Of(
            StatusCodes.Status403Forbidden,
            "csrf",
            $"A request by session comes from the hub's own page and, when it changes anything, has the header {CsrfHeader} with the 'csrf' of GET /api/v1/session.")
            .ExecuteAsync(Context)
        : Problems.Of(StatusCodes.Status401Unauthorized, "unauthorized", "Your session is over; sign in again.").ExecuteAsync(Context);

    private bool IsForged(Session session)
    {
        if (RequestOrigin.IsRead(Request.Method))
            return !RequestOrigin.IsOurs(Request) && !RequestOrigin.IsNavigation(Request);
        return !RequestOrigin.IsOurs(Request) || !CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(Request.Headers[CsrfHeader].ToString()), Encoding.UTF8.GetBytes(session.Csrf));
    }
}
