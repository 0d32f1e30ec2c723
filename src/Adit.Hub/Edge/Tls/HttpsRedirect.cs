using System.Buffers;
using System.Globalization;
using System.Net;
using Adit.Link;

namespace Adit.Hub.Edge.Tls;

/// <summary>
/// Where a request in clear is sent when the hub has a TLS listener: to the same place over HTTPS, with 308 so that method and body stay
/// (RFC 9110 section 15.4.9). Not redirected: ACME challenges (their authority asks in clear), health (load balancers ask in clear), the
/// authority's certificate (fetched before TLS is trusted), and links from this machine (they gain nothing by TLS).
/// </summary>
/// <param name="httpsPort">The port of the TLS listener as visitors see it.</param>
internal sealed class HttpsRedirect(int httpsPort)
{
    private static readonly SearchValues<char> NotInHosts = SearchValues.Create("/\\@?# \t\r\n");

    /// <summary>The address to redirect to; null when the request is served in clear.</summary>
    /// <param name="host">The Host header.</param>
    /// <param name="target">The request target as sent, in origin form.</param>
    /// <param name="remote">The peer.</param>
    public string? LocationFor(string host, string target, IPAddress? remote)
    {
        if (target.Length == 0 || target[0] != '/' || IsServedInClear(target, remote))
            return null;
        var name = WithoutPort(host);
        if (name.IsEmpty || name.ContainsAny(NotInHosts))
            return null;

        // '//evil' after the authority is harmless here: the address is absolute.
        return httpsPort == 443
            ? $"https://{name}{target}"
            : string.Create(CultureInfo.InvariantCulture, $"https://{name}:{httpsPort}{target}");
    }

    private static bool IsServedInClear(string target, IPAddress? remote)
    {
        var end = target.IndexOf('?', StringComparison.Ordinal);
        var path = end < 0 ? target.AsSpan() : target.AsSpan(0, end);
        return path.StartsWith(AcmeChallengeAnswers.PathPrefix, StringComparison.Ordinal)
            || path is "/healthz" or "/readyz" or OwnAuthorityEndpoint.Path
            || (remote is not null && IPAddress.IsLoopback(remote) && path.StartsWith(LinkProtocol.ControlPath, StringComparison.Ordinal));
    }

    private static ReadOnlySpan<char> WithoutPort(string host)
    {
        var colon = host.LastIndexOf(':');
        return colon > host.LastIndexOf(']') ? host.AsSpan(0, colon) : host;
    }
}
