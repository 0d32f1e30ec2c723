using System.Globalization;
using System.Security.Cryptography;
using Adit.Hub.Edge.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Signing in to a route by the hub's own session, with redirects: away to the hub's host, where the session's cookie is, and back with a
/// code that is exchanged for a ticket of this host. Neither host ever sees the cookie of the other.
/// </summary>
/// <remarks>
/// <code>
///   browser          route's host                                  hub's host
///      | GET /x ------> |  no ticket                                     |
///      | &lt;-- 302 ------ |  state, verifier and /x sealed in a cookie      |
///      | GET /apps/authorize?app_host&amp;challenge&amp;state -----------------> |  session? policy? code for (host, challenge, session)
///      | &lt;------------------------------------------------------ 302 --- |
///      | GET /_adit/callback?code&amp;state -> |  cookie's state the same?     |
///      | &lt;-- 303 to /x, ticket ------------ |  code and verifier good?      |
/// </code>
/// </remarks>
internal sealed class Dance(DanceStates states, DanceCodes codes, DoorTickets tickets, string domain, Uri? outside)
{
    private const string Callback = "/_adit/callback";
    private const int MostStates = 6;

    /// <summary>The codes, for the hub's own host to issue.</summary>
    public DanceCodes Codes { get; } = codes;

    /// <summary>Sends the visitor to the hub's host.</summary>
    /// <param name="visit">Who.</param>
    /// <param name="route">Where it wanted to go.</param>
    /// <param name="target">The path and query there.</param>
    public void Start(Visit visit, Route route, string target)
    {
        var host = Gatekeeper.HostOf(visit);
        var (state, text) = states.Begin(host, ReturnPath.Safe(target, visit.Prefix));
        visit.Response.Headers.Clear();
        ForgetStates(visit, more: 1);
        visit.Response.Headers.Append(
            "Set-Cookie", DoorCookies.Set(visit, DoorCookies.State(visit) + state.Name, text, DanceStates.Life));
        Redirect(visit, StatusCodes.Status302Found, QueryHelpers.AddQueryString(HubOf(visit, route) + "/apps/authorize", new Dictionary<string, string?>
        {
            ["app_host"] = host,
            ["challenge"] = DanceCodes.ChallengeOf(state.Verifier),
            ["state"] = state.StateText,
        }));
    }

    /// <summary>Where the browser goes with a code.</summary>
    /// <param name="origin">Scheme, host and port of the route, in path mode its path too; without a slash at the end.</param>
    /// <param name="code">The code.</param>
    /// <param name="state">What the browser brought.</param>
    public static string CallbackOf(string origin, string code, string state) =>
        QueryHelpers.AddQueryString(origin + Callback, new Dictionary<string, string?> { ["code"] = code, ["state"] = state });

    /// <summary>The browser is back. False when it did not begin here, or the code is not good.</summary>
    public bool TryFinish(Visit visit, Route route)
    {
        var query = QueryHelpers.ParseQuery(QueryOf(visit));
        var (code, said) = (query.TryGetValue("code", out var c) ? c.ToString() : "", query.TryGetValue("state", out var s) ? s.ToString() : "");
        if (code.Length is 0 or > 100 || said.Length is < 8 or > 64 || said[..8].Any(static x => !char.IsAsciiLetterOrDigit(x) && x is not ('-' or '_')))
            return false;
        var host = Gatekeeper.HostOf(visit);
        var name = DoorCookies.State(visit) + said[..8];
        foreach (var text in DoorCookies.Find(visit.Request.Headers.Cookie, name))
        {
            if (states.Open(host, text) is not { } state || !IsSame(state.StateText, said) || !Codes.TryRedeem(code, host, state.Verifier, out var holder))
                continue;
            visit.Response.Headers.Append(
                "Set-Cookie",
                DoorCookies.Set(visit, DoorCookies.Ticket(visit), tickets.Issue(host, TicketKind.Session, holder, Gatekeeper.LifeOn(route))));
            visit.Response.Headers.Append("Set-Cookie", DoorCookies.Set(visit, name, "", TimeSpan.Zero));
            Redirect(visit, StatusCodes.Status303SeeOther, ReturnPath.Safe(state.Target, visit.Prefix));
            return true;
        }

        return false;
    }

    /// <summary>The address of the hub as this visitor reaches it, without a slash at the end.</summary>
    public string HubOf(Visit visit, Route route)
    {
        if (route.HubUrl is { } told)
            return told;
        if (route.Kind == RouteKind.External && outside is not null)
            return outside.GetLeftPart(UriPartial.Authority);
        return HostName.PortOf(visit.Authority) is { } port
            ? string.Create(CultureInfo.InvariantCulture, $"{visit.Scheme}://{domain}:{port}")
            : $"{visit.Scheme}://{domain}";
    }

    /// <summary>The query of a visit, with its question mark.</summary>
    public static string QueryOf(Visit visit) =>
        visit.Request.RawTarget.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at ? visit.Request.RawTarget[at..] : "";

    private static void Redirect(Visit visit, int status, string to)
    {
        visit.Response.StatusCode = status;
        var headers = visit.Response.Headers;
        headers.Location = to;
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Request-Id"] = visit.Id;
        headers.ContentLength = 0;
    }

    // A browser that begins again and again, in many windows or because something there fails, must not end with more cookies than fit.
    private static void ForgetStates(Visit visit, int more)
    {
        var prefix = DoorCookies.State(visit);
        var names = visit.Request.Headers.Cookie
            .SelectMany(static field => (field ?? "").Split(';', StringSplitOptions.TrimEntries))
            .Where(pair => pair.StartsWith(prefix, StringComparison.Ordinal))
            .Select(static pair => DoorCookies.NameOf(pair).ToString())
            .Where(static name => name.All(static x => char.IsAsciiLetterOrDigit(x) || x is '-' or '_'))
            .Distinct(StringComparer.Ordinal)
            .Take(50)
            .ToArray();
        if (names.Length + more <= MostStates)
            return;
        foreach (var name in names)
            visit.Response.Headers.Append("Set-Cookie", DoorCookies.Set(visit, name, "", TimeSpan.Zero));
    }

    private static bool IsSame(string one, string other) => CryptographicOperations.FixedTimeEquals(
        System.Text.Encoding.ASCII.GetBytes(one), System.Text.Encoding.ASCII.GetBytes(other));
}
