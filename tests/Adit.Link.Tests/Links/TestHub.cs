using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Adit.Link.Links;

/// <summary>The least that is a hub: a real Kestrel with the two endpoints of the link protocol.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestHub(WebApplication app, LinkHost host)
    {
        _app = app;
        Host = host;
        Address = new Uri(app.Urls.First());
    }

    public LinkHost Host { get; }

    public Uri Address { get; }

    public static async Task<TestHub> StartAsync(LinkHostOptions? options = null, int port = 0, bool refuseUpgrade = false)
    {
        var host = new LinkHost(options ?? new LinkHostOptions());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port, l => l.Protocols = HttpProtocols.Http1));
        var app = builder.Build();
        app.UseWebSockets();
        app.Map(LinkProtocol.ControlPath, async context =>
        {
            if (context.Request.Headers.Authorization != "Bearer good")
            {
                context.Response.StatusCode = 401;
                await context.Response.WriteAsync("The token is not known.");
                return;
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = LinkProtocol.SubProtocol, KeepAliveInterval = TimeSpan.Zero });
            await host.ServeControlAsync(socket, new LinkPrincipal { TokenId = "t", Account = "ann" }, null, context.RequestAborted);
        });
        app.Map(LinkProtocol.DataPath, context => LinkDataEndpoint.ServeAsync(context, host, refuseUpgrade));
        await app.StartAsync();
        return new TestHub(app, host);
    }

    public LinkClient Client(Func<LinkStream, Task>? onStream = null, Func<LinkClientOptions, LinkClientOptions>? change = null)
    {
        var options = new LinkClientOptions { Hub = Address, Token = "good", Name = "test", OnStream = onStream, Proxy = null };
        return new LinkClient(change?.Invoke(options) ?? options);
    }

    public async Task<HubLink> LinkAsync(Predicate<HubLink>? which = null)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (Host.Links.FirstOrDefault(l => which?.Invoke(l) ?? true) is { } link)
                return link;
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(20), "No link was made.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

internal static class LinkDataEndpoint
{
    // The hub proper has this in Adit.Hub/Links; here it stands for any web server that can upgrade.
    public static async Task ServeAsync(HttpContext context, LinkHost host, bool refuseUpgrade)
    {
        if (DataHandshake.TicketOf(context.Request.Headers.Authorization) is not { } ticket || host.Redeem(ticket) is not { } admission)
        {
            context.Response.StatusCode = 401;
            return;
        }

        if (context.WebSockets.IsWebSocketRequest)
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = LinkProtocol.SubProtocol, KeepAliveInterval = TimeSpan.Zero });
            await admission.ServeAsync(new StreamWire(System.Net.WebSockets.WebSocketStream.Create(socket, System.Net.WebSockets.WebSocketMessageType.Binary), null, context.Abort));
            return;
        }

        if (refuseUpgrade)
        {
            admission.Dispose();
            context.Response.StatusCode = 426;
            return;
        }

        context.Response.Headers.Upgrade = LinkProtocol.DataUpgrade;
        var stream = await context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpUpgradeFeature>()!.UpgradeAsync();
        await admission.ServeAsync(new StreamWire(stream, null, context.Abort));
    }
}
