using System.Net;
using System.Text;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;

namespace Adit.Hub.Access.Doors;

/// <summary>
/// <c>/apps/authorize</c> on the hub's own host: the middle of the <see cref="Dance"/>. Who has a session and may open the route gets a
/// code for it, at the first visit of somebody else's after having been asked (<see cref="ConsentPage"/>); who has none signs in first; who
/// may not learns nothing of the route, not even that there is one.
/// </summary>
internal sealed class AuthorizeEndpoint(
    RouteTable routes, PathHolder paths, DanceCodes codes, DoorKeys keys, Consents consents, SessionRegistry sessions, AccountDirectory accounts, GateMeter meter, TimeProvider time)
{
    private const string SignInPage = "/sign-in";

    /// <summary>Serves GET.</summary>
    public IResult Serve(HttpContext context, string? app_host = null, string? challenge = null, string? state = null)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        if (AuthorizeRequest.Of(app_host, challenge, state) is not { } request)
            return Page(context, StatusCodes.Status400BadRequest, "This address is not complete", "Open the address of the tunnel again.", null);
        if (context.Items[typeof(Caller)] is not Caller caller || context.Items[typeof(Session)] is not Session session)
        {
            var self = context.Request.Path + context.Request.QueryString;
            return TypedResults.Redirect(QueryHelpers.AddQueryString(SignInPage, "to", self));
        }

        if (Find(context, request, caller) is not (var route, var origin))
            return NotFound(context, request, caller);
        if (consents.IsNeeded(route, keys.PersonOf(caller)))
        {
            meter.CountConsentAsked();
            return ConsentPage.Ask(context, request, route, caller, session, accounts);
        }

        return CodeFor(request, caller, session, origin) is { } to ? TypedResults.Redirect(to) : Busy(context, caller);
    }

    /// <summary>Serves POST: the button of the page. Everything is asked again.</summary>
    public async Task<IResult> ConsentAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        if (await ConsentPage.ReadAsync(context, sessions) is not (var request, var caller, var session))
        {
            return Page(
                context, StatusCodes.Status403Forbidden, "Not from this page", "Only the page of the hub itself can say that you want this. Open the address of the tunnel again.", null);
        }

        if (Find(context, request, caller) is not (var route, var origin))
            return NotFound(context, request, caller);
        if (consents.IsNeeded(route, keys.PersonOf(caller)))
        {
            await consents.GiveAsync(caller.Account, route, request.Host, AuditEntry.By(caller, "consent.give", "route:" + route.Name, context.Address()) with
            {
                Detail = new Dictionary<string, string> { ["owner"] = route.Policy.Owner ?? "", ["host"] = request.Host },
            });
            meter.CountConsentGiven();
        }

        return CodeFor(request, caller, session, origin) is { } to ? ConsentPage.Leave(context, to, request.Host) : Busy(context, caller);
    }

    private (Route Route, string Origin)? Find(HttpContext context, AuthorizeRequest request, Caller caller) =>
        (routes.Find(request.Host) ?? paths.Paths?.Find(request.Host)) is { Kind: RouteKind.Http or RouteKind.External } route
            && PolicyJudge.MayPassSomehow(route.Policy, keys.PersonOf(caller), time.GetUtcNow()) && OriginOf(context, route, request.Host) is { } origin
            ? (route, origin)
            : null;

    private string? CodeFor(AuthorizeRequest request, Caller caller, Session session, string origin) =>
        codes.Issue(request.Host, request.Challenge, new DoorKey(caller.Account, session.TokenId)) is { } code ? Dance.CallbackOf(origin, code, request.State) : null;

    // Only the host is taken from the address. Scheme and port are those by which the browser reaches this hub, so that a code cannot be
    // sent to whoever listens on another port of the host.
    private static string? OriginOf(HttpContext context, Route route, string host)
    {
        if (route.Kind == RouteKind.External)
            return route.Origins?.GetValueOrDefault(host);
        var port = HostName.PortOf(context.Request.Host.Value) is { } number ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $":{number}") : "";
        var path = host.IndexOf('/', StringComparison.Ordinal) is >= 0 and var at ? at : host.Length; // Of path mode.
        return $"{context.Request.Scheme}://{host[..path]}{port}{host[path..]}";
    }

    private static ContentHttpResult NotFound(HttpContext context, AuthorizeRequest request, Caller caller) => Page(
        context, StatusCodes.Status404NotFound, "No such address",
        $"There is nothing at {request.Host} that you may open; ask whoever gave you the address, or sign in as somebody else.", caller.Account);

    private static ContentHttpResult Busy(HttpContext context, Caller caller) => Page(
        context, StatusCodes.Status503ServiceUnavailable, "Busy", "Too many visitors sign in at this moment; try again in half a minute.", caller.Account);

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
