using System.Net;
using System.Text;
using Adit.Hub.Edge.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// The paths under <c>/_adit/</c> on a route's host: <c>sign-in</c> and <c>sign-out</c> (this host only), <c>start</c> and <c>callback</c>
/// (the <see cref="Dance"/>), <c>logout</c> (the whole hub), and <c>embed/GRANT</c>.
/// </summary>
internal sealed class GatePaths(Gatekeeper gate)
{
    private const string EmbedPath = "/_adit/embed/";
    private const string FormPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    private readonly SignInEndpoint _signIn = new(gate);
    private readonly EmbedEntry _embed = new(gate);

    public Task AnswerAsync(Visit visit, Route route)
    {
        var path = visit.Target.Split('?')[0];
        return (path, visit.Request.Method) switch
        {
            ("/_adit/sign-in", "GET" or "HEAD") => SignInAnswer.WritePageAsync(visit, route.Name, StatusCodes.Status200OK, visit.Prefix + "/", null, gate.Parts.Dance is not null),
            ("/_adit/sign-in", "POST") => _signIn.SignInAsync(visit, route),
            ("/_adit/sign-out", "POST" or "GET") => SignOut(visit),
            ("/_adit/start", "GET") => Start(visit, route),
            ("/_adit/callback", "GET") => Finish(visit, route),
            ("/_adit/logout", "GET") => LogOutPage(visit, route),
            ("/_adit/logout", "POST") => LogOutAsync(visit, route),
            (_, "GET") when path.StartsWith(EmbedPath, StringComparison.Ordinal) => _embed.EnterAsync(visit, route, path[EmbedPath.Length..]),
            _ => NotFound(visit),
        };
    }

    private Task Start(Visit visit, Route route)
    {
        if (gate.Parts.Dance is not { } dance || !CrossSiteAllows(visit))
            return NotFound(visit);
        var query = QueryHelpers.ParseQuery(Dance.QueryOf(visit));
        dance.Start(visit, route, query.TryGetValue("to", out var to) ? to.ToString() : "/");
        return Task.CompletedTask;
    }

    private Task Finish(Visit visit, Route route)
    {
        if (gate.Parts.Dance is not { } dance)
            return NotFound(visit);
        if (dance.TryFinish(visit, route))
        {
            gate.Parts.Meter.CountDance();
            return Task.CompletedTask;
        }

        return PageAsync(visit, StatusCodes.Status400BadRequest, "Signing in did not work", $"""
            <p class="status">400</p>
            <h1>Signing in did not work</h1>
            <p>The way back from the hub was used before, took longer than five minutes, or began in another browser.
            Cookies must be allowed for this address.</p>
            <p><a href="{visit.Prefix}/">Try again</a></p>
            <p class="id">Request {WebUtility.HtmlEncode(visit.Id)}</p>
            """);
    }

    private static Task SignOut(Visit visit)
    {
        if (!CrossSiteAllows(visit))
            return NotFound(visit);
        SignInEndpoint.Redirect(visit, visit.Prefix + "/", DoorCookies.Set(visit, DoorCookies.Ticket(visit), "", TimeSpan.Zero));
        return Task.CompletedTask;
    }

    private static Task LogOutPage(Visit visit, Route route) => PageAsync(visit, StatusCodes.Status200OK, "Sign out", $"""
        <h1>Sign out</h1>
        <p>This signs you out of the hub and of everything behind it in this browser, {WebUtility.HtmlEncode(route.Name)} included.</p>
        <form method="post" action="{visit.Prefix}/_adit/logout"><button>Sign out everywhere</button></form>
        """);

    private async Task LogOutAsync(Visit visit, Route route)
    {
        if (!CrossSite.IsOwnForm(visit))
        {
            visit.Fail(ForwardError.CrossSite);
            await ErrorAnswer.WriteAsync(visit);
            return;
        }

        if (gate.Parts.Sessions is { } sessions)
        {
            var host = Gatekeeper.HostOf(visit);
            var name = DoorCookies.Ticket(visit);
            var holders = new List<DoorKey>();
            foreach (var text in DoorCookies.Find(visit.Request.Headers.Cookie, name))
            {
                if (holders.Count < 4 && gate.Parts.Tickets.Read(text, host) is { Kind: TicketKind.Session } ticket)
                    holders.Add(ticket.Key);
            }

            foreach (var holder in holders)
                await Task.Run(() => sessions.EndAsync(holder, visit.Client)); // Not on the thread that polls sockets: it writes to the database.
        }

        visit.Response.Headers.SetCookie = DoorCookies.Set(visit, DoorCookies.Ticket(visit), "", TimeSpan.Zero);
        await PageAsync(visit, StatusCodes.Status200OK, "Signed out", $"""
            <h1>You are signed out</h1>
            <p>Of the hub, and of everything behind it in this browser.</p>
            <p><a href="{visit.Prefix}/">Back to {WebUtility.HtmlEncode(route.Name)}</a></p>
            """);
    }

    // A link that the visitor followed, or a form of this host; an image on another's page is neither.
    private static bool CrossSiteAllows(Visit visit) =>
        visit.Request.Headers["Sec-Fetch-Mode"].ToString() is "" or "navigate" || CrossSite.IsOwnForm(visit);

    private static Task PageAsync(Visit visit, int status, string title, string content) => ErrorAnswer.WriteAsync(
        visit, status, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(ErrorPage.Page(title, content)), FormPolicy);

    private static Task NotFound(Visit visit)
    {
        visit.Fail(ForwardError.NoSuchHost);
        return ErrorAnswer.WriteAsync(visit);
    }
}
