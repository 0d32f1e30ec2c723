using System.Net;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Adit.Hub.Access.Doors;

/// <summary>
/// The page that asks whether an application of somebody else may learn who one is, and what its button sends. It is of the hub's own host,
/// has no script, and nobody frames it; what is sent counts only with the session's proof and from this very page.
/// </summary>
internal static class ConsentPage
{
    private const int MostForm = 8 * 1024;

    private const string ContentSecurityPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    /// <summary>Asks.</summary>
    public static ContentHttpResult Ask(HttpContext context, AuthorizeRequest request, Route route, Caller caller, Session session, AccountDirectory accounts)
    {
        var owner = route.Policy.Owner ?? "";
        var called = accounts.Find(owner)?.DisplayName is { } name ? $"{name} ({owner})" : owner;
        var email = caller.Identity.Email is { } address ? $"<li>your e-mail address: <strong>{Text(address)}</strong></li>" : "";
        var groups = caller.Groups.Count > 0 ? $"<li>your groups: <strong>{Text(string.Join(", ", caller.Groups.Order(StringComparer.Ordinal)))}</strong></li>" : "";
        return Page(context, StatusCodes.Status200OK, $"Open {request.Host}?", $"""
            <p class="status">First visit</p>
            <h1>Open {Text(request.Host)}?</h1>
            <p>This application belongs to <strong>{Text(called)}</strong>. With each visit it will learn:</p>
            <ul>
            <li>your name: <strong>{Text(caller.Account)}</strong></li>
            {email}
            {groups}
            </ul>
            <p>It learns no password and gets no access to the hub.</p>
            <form method="post" action="/apps/authorize">
            <input type="hidden" name="app_host" value="{Text(request.Host)}">
            <input type="hidden" name="challenge" value="{Text(request.Challenge)}">
            <input type="hidden" name="state" value="{Text(request.State)}">
            <input type="hidden" name="csrf" value="{Text(session.Csrf)}">
            <button>Continue</button>
            <a class="button" href="/">Back</a>
            </form>
            <p class="soft" style="margin-top:1.25rem">You are asked once, and again when it belongs to somebody else. Take it back under <a href="/account">My account</a>.</p>
            """);
    }

    /// <summary>
    /// Sends the browser on. Not by a redirect: browsers hold one that follows a form to the hosts that the form's page allows, wherever the
    /// application sends its visitor next.
    /// </summary>
    public static ContentHttpResult Leave(HttpContext context, string to, string host) => Page(context, StatusCodes.Status200OK, $"Opening {host}", $"""
        <h1>Opening {Text(host)}</h1>
        <p><a href="{Text(to)}">Go on</a> if nothing happens.</p>
        """, $"<meta http-equiv=\"refresh\" content=\"0;url={Text(to)}\">");

    /// <summary>Reads what the button sent. Null when this page of this session did not send it.</summary>
    public static async Task<(AuthorizeRequest Request, Caller Caller, Session Session)?> ReadAsync(HttpContext context, SessionRegistry sessions)
    {
        if (!IsOwnForm(context.Request) || !IsForm(context.Request.ContentType) || context.Request.ContentLength is not (>= 0 and <= MostForm))
            return null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = MostForm;
        IFormCollection form;
        try
        {
            form = await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (InvalidDataException)
        {
            return null; // More or longer fields than any form has.
        }

        foreach (var candidate in SessionCookie.Candidates(context.Request))
        {
            if (sessions.Authenticate(candidate) is not (var session, var caller) || !IsSame(form["csrf"].ToString(), session.Csrf))
                continue;
            return AuthorizeRequest.Of(form["app_host"], form["challenge"], form["state"]) is { } request ? (request, caller, session) : null;
        }

        return null;
    }

    private static bool IsForm(string? type) => type?.Split(';')[0].Trim().Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true;

    // Stricter than for the API: a form always comes from somewhere, and browsers say from where.
    private static bool IsOwnForm(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site
        ? site == "same-origin"
        : request.Headers.Origin.Count == 1 && RequestOrigin.IsOurs(request);

    private static bool IsSame(string said, string csrf) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(said), Encoding.UTF8.GetBytes(csrf));

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static ContentHttpResult Page(HttpContext context, int status, string title, string content, string head = "")
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        headers["Cross-Origin-Opener-Policy"] = "same-origin"; // Whoever opened the window cannot move it under somebody's click.
        headers["Referrer-Policy"] = "same-origin"; // With none at all the form would not say where it comes from.
        return TypedResults.Text(ErrorPage.Page(title, content, head), "text/html; charset=utf-8", Encoding.UTF8, status);
    }
}

/// <summary>What a browser brings to <see cref="AuthorizeEndpoint"/>.</summary>
/// <param name="Host">The host that it wants to open, in lower case, without port.</param>
/// <param name="Challenge">The challenge of the <see cref="Adit.Hub.Edge.Gate.Dance"/>.</param>
/// <param name="State">What it brings back.</param>
internal sealed record AuthorizeRequest(string Host, string Challenge, string State)
{
    private const int ChallengeLength = 43;

    /// <summary>Reads it; null when it is not complete.</summary>
    public static AuthorizeRequest? Of(string? host, string? challenge, string? state) =>
        host is { Length: > 0 and <= 253 } && IsToken(challenge, ChallengeLength, ChallengeLength) && IsToken(state, 16, 64)
            ? new AuthorizeRequest(HostName.Of(host).ToString().ToLowerInvariant(), challenge!, state!)
            : null;

    private static bool IsToken(string? text, int least, int most) =>
        text is not null && text.Length >= least && text.Length <= most && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
