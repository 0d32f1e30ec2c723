using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Adit.Link;

namespace Adit.Runner.Hubs;

/// <summary>How to reach one hub and who one is there.</summary>
public sealed record HubAccess
{
    /// <summary>The hub: <c>http://</c> or <c>https://</c>, host, port, no path.</summary>
    public required Uri Url { get; init; }

    /// <summary>The token; empty for nobody, who signs in first.</summary>
    public required string Token { get; init; }

    /// <summary>Decides whether a certificate is the hub's.</summary>
    public TlsTrust Trust { get; init; } = TlsTrust.System;

    /// <summary>The proxy to go through: HTTPS_PROXY, HTTP_PROXY and NO_PROXY by default.</summary>
    public IWebProxy? Proxy { get; init; } = HttpClient.DefaultProxy;

    /// <summary>Reads a hub's address as people write it: a scheme is optional (https, or http for this machine).</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Uri ParseUrl(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim().TrimEnd('/');
        if (!trimmed.Contains("://", StringComparison.Ordinal))
        {
            var isLocal = trimmed.StartsWith("localhost", StringComparison.OrdinalIgnoreCase)
                || trimmed.StartsWith("127.", StringComparison.Ordinal)
                || trimmed.StartsWith("[::1]", StringComparison.Ordinal);
            trimmed = (isLocal ? "http://" : "https://") + trimmed;
        }

        return Uri.TryCreate(trimmed, UriKind.Absolute, out var url)
            && url.Scheme is "http" or "https" && url.PathAndQuery == "/" && url.UserInfo.Length == 0 && url.Fragment.Length == 0
            ? url
            : throw new FormatException($"'{text}' is no address of a hub; write http://HOST:PORT or https://HOST, without a path.");
    }

    /// <summary>A client for the hub's API.</summary>
    /// <param name="patience">How long the hub may take to answer; 30 s when null.</param>
    public HttpClient CreateHttpClient(TimeSpan? patience = null)
    {
#pragma warning disable CA2000 // The client owns its handler.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // A redirect would carry the token elsewhere.
            UseCookies = false,
            Proxy = Proxy,
            UseProxy = Proxy is not null,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20), // A client that idles holds no connection for an API it does not call.
            ConnectCallback = ConnectAsync,
            SslOptions = Trust.OptionsFor(Url.IdnHost, Url.Port, SslApplicationProtocol.Http11),
        };
#pragma warning restore CA2000
        var http = new HttpClient(handler) { BaseAddress = Url, Timeout = patience ?? TimeSpan.FromSeconds(30), DefaultRequestVersion = HttpVersion.Version11 };
        if (Token.Length > 0)
            http.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        return http;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = await SocketDialer.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
