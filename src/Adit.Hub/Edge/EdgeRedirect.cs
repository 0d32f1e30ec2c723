using System.Net;
using Adit.Hub.Edge.Tls;
using Microsoft.AspNetCore.Http.Features;

namespace Adit.Hub.Edge;

/// <summary>Sends visitors who come in clear to the TLS listener, unless a proxy that is trusted has done TLS for them.</summary>
internal sealed class EdgeRedirect(HttpsRedirect redirect, TrustedProxies trusted)
{
    /// <summary>Where to send a request; null to serve it.</summary>
    public string? LocationFor(IFeatureCollection features, IHttpRequestFeature request, string authority)
    {
        if (request.Scheme != "http")
            return null;
        var peer = features.Get<IHttpConnectionFeature>()?.RemoteIpAddress;
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
