using System.Net;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Adit.Hub.Access.Doors;

/// <summary>
/// Answers other proxies that ask whether a request may pass, before they serve it: <c>/authz/forward-auth</c> as Traefik and Caddy ask
/// (X-Forwarded-Method, -Proto, -Host, -Uri), <c>/authz/auth-request</c> as nginx does (X-Original-Method, X-Original-URL). Only trusted
/// proxies are answered; whoever else asked could say anything about where a request came from.
/// </summary>
internal sealed class ForwardAuth(RouteTable routes, GateHolder holder)
{
    /// <summary>Where the pipeline notes that the connection is a trusted proxy's.</summary>
    public static readonly object FromProxy = new();

    // What the gate looks at, besides cookies and authorization.
    private static readonly string[] Passed =
    [
        "Accept", "Authorization", "Cookie", "Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Upgrade-Insecure-Requests",
        "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override",
    ];

    /// <summary>Serves Traefik, Caddy and their like.</summary>
    public IResult Forward(HttpContext context)
    {
        var headers = context.Request.Headers;
        var question = new Asked(
            First(headers["X-Forwarded-Method"].ToString()), First(headers["X-Forwarded-Proto"].ToString()), First(headers["X-Forwarded-Host"].ToString()),
            headers["X-Forwarded-Uri"].ToString());
        return Answer(context, question, knowsRedirects: true);
    }

    /// <summary>Serves nginx.</summary>
    public IResult Request(HttpContext context)
    {
        var headers = context.Request.Headers;
        return Uri.TryCreate(headers["X-Original-URL"].ToString(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? Answer(context, new Asked(headers["X-Original-Method"].ToString(), url.Scheme, url.Authority, TargetOf(headers["X-Original-URL"].ToString())), knowsRedirects: false)
            : Problems.Invalid("The proxy says nothing of the request: set X-Original-URL to its whole address and X-Original-Method to its method.");
    }

    private IResult Answer(HttpContext context, Asked asked, bool knowsRedirects)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (context.Items[FromProxy] is not true)
            return Problems.Forbidden("Only a trusted proxy may ask; name its address in the hub's trusted-proxies.");
        if (holder.Gate is not { } gate || asked.Host.Length == 0 || !asked.Target.StartsWith('/'))
            return Problems.Invalid("The proxy says nothing of the request: X-Forwarded-Host and X-Forwarded-Uri are needed.");
        if (routes.Find(HostName.Of(asked.Host)) is not { Kind: RouteKind.External } route)
            return Refused(ForwardError.NoSuchHost, HostName.Of(asked.Host).ToString(), knowsRedirects);
        var visit = VisitOf(context, asked);
        var refusal = gate.Judge(visit, route, out _);
        if (refusal is null)
            return Allowed(context, visit, gate);
        if (refusal != GateRefusal.SignIn)
            return Refused(refusal.Error, route.Name, knowsRedirects);
        if (knowsRedirects && gate.Parts.Dance is { } dance && CrossSite.IsNavigation(visit))
        {
            dance.Start(visit, route, asked.Target);
            context.Response.Headers.SetCookie = visit.Response.Headers.SetCookie;
            context.Response.Headers["Referrer-Policy"] = "no-referrer";
            return TypedResults.Redirect(visit.Response.Headers.Location.ToString());
        }

        context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"{route.Name}\"";
        return Refused(ForwardError.SignInNeeded, route.Name, knowsRedirects: true);
    }

    private static Ok Allowed(HttpContext context, Visit visit, Gatekeeper gate)
    {
        if (visit.Pass is { } pass)
        {
            foreach (var (name, value) in Identity.Of(pass, Gatekeeper.HostOf(visit), gate.Parts.Assertions))
                context.Response.Headers[name] = value;
        }

        if (visit.RenewedTicket is { } cookie)
            context.Response.Headers.SetCookie = cookie;
        return TypedResults.Ok();
    }

    // nginx knows 401 and 403 for "no" and takes everything else for a failure of ours.
    private static IResult Refused(ForwardError error, string name, bool knowsRedirects)
    {
        var meaning = error.Meaning();
        var status = knowsRedirects || meaning.Status is 401 or 403 ? meaning.Status : StatusCodes.Status403Forbidden;
        return Problems.Of(status, error.Code(), string.Format(System.Globalization.CultureInfo.InvariantCulture, meaning.Advice, name));
    }

    private static Visit VisitOf(HttpContext context, Asked asked)
    {
        var headers = new HeaderDictionary();
        foreach (var name in Passed)
        {
            if (context.Request.Headers.TryGetValue(name, out var values))
                headers[name] = values;
        }

        var request = new HttpRequestFeature
        {
            Method = asked.Method.Length == 0 ? "GET" : asked.Method, RawTarget = asked.Target, Scheme = asked.Scheme == "https" ? "https" : "http",
            Protocol = "HTTP/1.1", Headers = headers,
        };
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set(context.Features.Get<IHttpRequestLifetimeFeature>());
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature { RemoteIpAddress = context.Connection.RemoteIpAddress ?? IPAddress.None });
        var visit = new Visit { Id = context.TraceIdentifier };
        visit.Begin(features, request, asked.Host);
        visit.Shape = context.Request.Headers.SecWebSocketKey.Count > 0 ? RequestShape.Upgrade : RequestShape.Bodiless;
        return visit;
    }

    private static string First(string list) => list.IndexOf(',', StringComparison.Ordinal) is >= 0 and var at ? list[..at].Trim() : list;

    // As it was sent: what a parser made of it might be another path.
    private static string TargetOf(string url)
    {
        var path = url.IndexOf('/', url.IndexOf("://", StringComparison.Ordinal) + 3);
        return path < 0 ? "/" : url[path..];
    }

    private readonly record struct Asked(string Method, string Scheme, string Host, string Target);
}
