using System.Text;
using Adit.Hub.Edge.Forwarding;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;

namespace Adit.Hub.Edge;

/// <summary>
/// Kestrel with the edge before the ASP.NET pipeline: requests for tunnels are forwarded on Kestrel's own features, with no HttpContext,
/// no middleware and no diagnostics; only what is meant for the hub itself reaches the pipeline.
/// </summary>
internal sealed class EdgeServer(IServer kestrel, RouteTable routes, PathRoutes? paths, OwnHosts own, Forwarder forwarder, EdgeRedirect? redirect) : IServer
{
    private static readonly DigitsOnly Length = new();

    public IFeatureCollection Features => kestrel.Features;

    /// <summary>What the edge needs of Kestrel: header bytes pass unchanged, lengths are digits, and nothing is added to answers.</summary>
    public static void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.RequestHeaderEncodingSelector = static name => name == HeaderNames.ContentLength ? Length : Encoding.Latin1;
        options.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        options.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        options.Limits.MaxRequestLineSize = 32 * 1024;
        options.Limits.MaxRequestHeaderCount = 200;
        options.Limits.MaxRequestBufferSize = 1024 * 1024;
        options.Limits.Http2.InitialStreamWindowSize = 768 * 1024;
        options.Limits.Http2.InitialConnectionWindowSize = 1024 * 1024;
    }

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull =>
        kestrel.StartAsync(new EdgeApplication<TContext>(application, routes, paths, own, forwarder, redirect), cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => kestrel.StopAsync(cancellationToken);

    public void Dispose() => kestrel.Dispose();
}
