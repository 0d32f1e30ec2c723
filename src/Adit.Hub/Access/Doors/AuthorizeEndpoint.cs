using System.Net;
using System.Text;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;

namespace Adit.Hub.Access.Doors;

/// <summary>
/// <c>GET /apps/authorize</c> on the hub's own host: the middle of the <see cref="Dance"/>. Who has a session and may open the route gets a
/// code for it; who has none signs in first; who may not learns nothing of the route, not even that there is one.
/// </summary>
internal static class AuthorizeEndpoint
{
    private const string SignInPage = "/sign-in";
    private const int ChallengeLength = 43;

    /// <summary>Serves it.</summary>
    public static IResult Serve(
        HttpContext context, RouteTable routes, DanceCodes codes, DoorKeys keys, TimeProvider time, string? app_host = null, string? challenge = null, string? state = null)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        if (app_host is not { Length: > 0 and <= 253 } || !IsToken(challenge, ChallengeLength, ChallengeLength) || !IsToken(state, 16, 64))
            return Page(context, StatusCodes.Status400BadRequest, "This address is not complete", "Open the address of the tunnel again.", null);
        if (context.Items[typeof(Caller)] is not Caller caller || context.Items[typeof(Session)] is not Session session)
        {
            var self = context.Request.Path + context.Request.QueryString;
            return TypedResults.Redirect(QueryHelpers.AddQueryString(SignInPage, "to", self));
        }

        var person = keys.PersonOf(caller);
        var host = HostName.Of(app_host).ToString().ToLowerInvariant();
        if (routes.Find(host) is not { Kind: RouteKind.Http or RouteKind.External } route
            || !PolicyJudge.MayPassSomehow(route.Policy, person, time.GetUtcNow()) || OriginOf(context, route, host) is not { } origin)
        {
            return Page(
                context, StatusCodes.Status404NotFound, "No such address",
                $"There is nothing at {host} that you may open; ask whoever gave you the address, or sign in as somebody else.", caller.Account);
        }

        return codes.Issue(host, challenge!, new DoorKey(caller.Account, session.TokenId)) is { } code
            ? TypedResults.Redirect(Dance.CallbackOf(origin, code, state!))
            : Page(context, StatusCodes.Status503ServiceUnavailable, "Busy", "Too many visitors sign in at this moment; try again in half a minute.", caller.Account);
    }

    // Only the host is taken from the address. Scheme and port are those by which the browser reaches this hub, so that a code cannot be
    // sent to whoever listens on another port of the host.
    private static string? OriginOf(HttpContext context, Route route, string host)
    {
        if (route.Kind == RouteKind.External)
            return route.Origins?.GetValueOrDefault(host);
        var port = HostName.PortOf(context.Request.Host.Value);
        return port is null
            ? $"{context.Request.Scheme}://{host}"
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{context.Request.Scheme}://{host}:{port}");
    }

    private static bool IsToken(string? text, int least, int most) =>
        text is not null && text.Length >= least && text.Length <= most && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static ContentHttpResult Page(HttpContext context, int status, string title, string advice, string? account)
    {
        context.Response.Headers.ContentSecurityPolicy = ErrorPage.ContentSecurityPolicy;
        context.Response.Headers.XFrameOptions = "DENY";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var whoever = account is null ? "" : $"<p class=\"soft\">You are signed in as {WebUtility.HtmlEncode(account)}.</p>";
        return TypedResults.Text(
            ErrorPage.Page(title, $"""
                <p class="status">{status}</p>
                <h1>{WebUtility.HtmlEncode(title)}</h1>
                <p>{WebUtility.HtmlEncode(advice)}</p>
                {whoever}
                <p><a href="/">To the hub</a></p>
                """),
            "text/html; charset=utf-8", Encoding.UTF8, status);
    }
}
