using Adit.Hub.Edge.Forwarding;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Whether the page of another host caused a request that carries a cookie of ours. All routes are one site to a browser, so SameSite does
/// not keep the page of one from sending another's cookie along.
/// </summary>
internal static class CrossSite
{
    /// <summary>Whether the cookie of a request must not count.</summary>
    public static bool IsForged(Visit visit)
    {
        var headers = visit.Request.Headers;
        if (visit.Shape is RequestShape.Upgrade or RequestShape.WebSocketOverHttp2)
            return !IsOwn(visit, headers.Origin.ToString()); // Browsers always say where a WebSocket comes from; nothing else keeps it out.
        var isRead = visit.Request.Method is "GET" or "HEAD" or "OPTIONS";
        if (headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is not ("same-origin" or "none") && !(isRead && headers["Sec-Fetch-Mode"].ToString() == "navigate");
        if (headers.Origin.ToString() is { Length: > 0 } origin)
            return !IsOwn(visit, origin);
        return !isRead && !IsOwn(visit, headers.Referer.ToString());
    }

    /// <summary>Whether an address is of the visit's own scheme, host and port.</summary>
    public static bool IsOwn(Visit visit, string address)
    {
        // A proxy that does TLS and that nobody told the hub about leaves http here.
        if (!Uri.TryCreate(address, UriKind.Absolute, out var from) || !(from.Scheme == "https" || (from.Scheme == "http" && !visit.IsSecure)))
            return false;
        return Uri.TryCreate($"{from.Scheme}://{visit.Authority}/", UriKind.Absolute, out var own)
            && from.Host.TrimEnd('.').Equals(own.Host.TrimEnd('.'), StringComparison.OrdinalIgnoreCase) && from.Port == own.Port;
    }

    /// <summary>Whether a page of this very host sent a form.</summary>
    public static bool IsOwnForm(Visit visit) => visit.Request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site
        ? site is "same-origin"
        : IsOwn(visit, visit.Request.Headers.Origin.ToString());

    /// <summary>
    /// Whether a browser shows the answer in a window of its own, so that it can be sent elsewhere: a GET for a page. Where a browser does
    /// not say (in clear), it is known by asking for a secure version, which programs do not.
    /// </summary>
    public static bool IsNavigation(Visit visit)
    {
        var headers = visit.Request.Headers;
        return visit.Request.Method is "GET" or "HEAD" && visit.Shape == RequestShape.Bodiless && ErrorAnswer.WantsHtml(visit)
            && (headers["Sec-Fetch-Dest"].ToString() is "" or "document")
            && (headers["Sec-Fetch-Mode"].ToString() is { Length: > 0 } mode ? mode == "navigate" : headers.UpgradeInsecureRequests == "1");
    }
}
