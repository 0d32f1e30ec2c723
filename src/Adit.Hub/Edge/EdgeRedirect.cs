using System.Net;
using Adit.Hub.Edge.Tls;
using Microsoft.AspNetCore.Http.Features;

namespace Adit.Hub.Edge;

/// <summary>
/// Sends visitors who come in clear to the TLS listener, unless a proxy that is trusted has done TLS for them, or it is this machine that
/// asks the hub itself: the command line beside a hub needs no certificate to reach it.
/// </summary>
internal sealed class EdgeRedirect(HttpsRedirect redirect, TrustedProxies trusted, OwnHosts own)
{
    /// <summary>Where to send a request; null to serve it.</summary>
    public string? LocationFor(IFeatureCollection features, IHttpRequestFeature request, string authority)
    {
        if (request.Scheme != "http")
            return null;
        var peer = features.Get<IHttpConnectionFeature>()?.RemoteIpAddress;
        if (peer is not null && IPAddress.IsLoopback(peer) && own.Contains(HostName.Of(authority)))
            return null;
        return trusted.Contains(peer) ? null : redirect.LocationFor(authority, request.RawTarget, peer);
    }

    /// <summary>Answers 308, which keeps method and body.</summary>
    public static Task AnswerAsync(IFeatureCollection features, string location)
    {
        var response = features.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = (int)HttpStatusCode.PermanentRedirect;
        response.Headers.Location = location;
        response.Headers.ContentLength = 0;
        return Task.CompletedTask;
    }
}
