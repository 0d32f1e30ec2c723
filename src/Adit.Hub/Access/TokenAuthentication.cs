using System.Security.Claims;
using System.Text.Encodings.Web;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Adit.Hub.Access;

/// <summary>Authenticates the API by <c>Authorization: Bearer TOKEN</c> (RFC 6750 2.1). A token in a URL is not looked at.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    TokenRegistry tokens,
    TokenUses uses,
    GuessThrottles guesses) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "token";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return Task.FromResult(AuthenticateResult.NoResult());
        var address = Context.Connection.RemoteIpAddress;

        // A token is too long to be guessed, so that one which is good is good, whatever else comes from its address: a program with a
        // token of yesterday must not keep its neighbours out. What is wrong costs little and is answered ever the same.
        if (tokens.Authenticate(header["Bearer ".Length..].Trim()) is not { } caller)
        {
            if (!guesses.Api.IsHeldUp(address))
                guesses.Api.Failed(address);
            return Task.FromResult(AuthenticateResult.Fail("unknown"));
        }

        uses.Note(caller, address);
        Context.Items[typeof(Caller)] = caller;
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, caller.Account)], SchemeName);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (guesses.Api.IsHeldUp(Context.Connection.RemoteIpAddress))
        {
            Response.Headers.RetryAfter = "60";
            return Problems.Of(
                StatusCodes.Status429TooManyRequests,
                "throttled",
                "Too many wrong tokens came from your address; wait a minute and try again with the right one.").ExecuteAsync(Context);
        }

        Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        return Problems.Of(
            StatusCodes.Status401Unauthorized,
            "unauthorized",
            Request.Headers.ContainsKey(HeaderNames.Authorization)
                ? "The token is unknown, revoked or expired; make another with `adit token create`."
                : "This needs a token: send it as `Authorization: Bearer TOKEN`.").ExecuteAsync(Context);
    }
}
