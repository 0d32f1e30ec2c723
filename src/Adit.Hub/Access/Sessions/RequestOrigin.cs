using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Access.Sessions;

/// <summary>
/// Whether a request that carries a cookie was caused by a page of the hub itself. All tunnels are one site to a browser, so SameSite alone
/// does not keep their pages from sending the cookie along (Fetch Metadata; Origin where the browser sends none of that).
/// </summary>
internal static class RequestOrigin
{
    /// <summary>Whether a page of ours, or the user itself, caused it; or something that is no browser.</summary>
    public static bool IsOurs(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is "same-origin" or "none";
        return request.Headers.Origin.ToString() is not { Length: > 0 } origin
            || (Uri.TryCreate(origin, UriKind.Absolute, out var from)
                && Uri.TryCreate($"{from.Scheme}://{request.Host}", UriKind.Absolute, out var own)
                && from.Authority.Equals(own.Authority, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether it is a plain navigation: a link on another's page leads here and changes nothing.</summary>
    public static bool IsNavigation(HttpRequest request) =>
        IsRead(request.Method) && request.Headers["Sec-Fetch-Mode"].ToString() == "navigate" && request.Headers["Sec-Fetch-Dest"].ToString() is "" or "document";

    /// <summary>Whether a method changes nothing (RFC 9110 9.2.1).</summary>
    public static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
