using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>A WebSocket that somebody may not have any more ends with a close frame that says why, and the application sees its visitor leave.</summary>
public sealed class WebSocketEndTests
{
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_client_whose_session_ends_is_told_4401_and_the_application_that_it_left()
    {
        await using var app = await EchoApp.StartAsync();
        await using var doors = await DoorHub.StartAsync(target: app.Port);
        using var socket = await OpenAsync(doors, await doors.TicketAsync("anna"));
        await EndsAsync(socket, 4401, () => doors.Sessions.EndAsync(doors.Sessions.List("anna").Single().Session.Id));
        Assert.Equal((WebSocketCloseStatus)1001, await app.Closed.Task.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_client_that_the_policy_shuts_out_is_told_4403()
    {
        await using var app = await EchoApp.StartAsync();
        await using var doors = await DoorHub.StartAsync(target: app.Port);
        using var socket = await OpenAsync(doors, await doors.TicketAsync("anna"));
        await EndsAsync(socket, 4403, () => doors.ChangeAsync(new ChangeTunnelRequest { Access = "user:bob" }));
    }

    [Fact]
    public async Task A_client_whose_account_is_disabled_is_told_4401()
    {
        await using var app = await EchoApp.StartAsync();
        await using var doors = await DoorHub.StartAsync(target: app.Port);
        using var socket = await OpenAsync(doors, await doors.TicketAsync("anna"));
        await EndsAsync(socket, 4401, () => doors.Accounts.ChangeAsync("anna", static a => a with { State = AccountState.Disabled }));
    }

    [Fact]
    public async Task A_stranger_where_signing_in_would_help_is_told_4401()
    {
        await using var app = await EchoApp.StartAsync();
        await using var doors = await DoorHub.StartAsync("public", target: app.Port);
        using var socket = await OpenAsync(doors, null);
        await EndsAsync(socket, 4401, () => doors.ChangeAsync(new ChangeTunnelRequest { Access = "owner" }));
    }

    [Fact]
    public async Task A_client_that_talks_all_the_time_is_told_too()
    {
        await using var app = await EchoApp.StartAsync();
        await using var doors = await DoorHub.StartAsync(target: app.Port);
        using var socket = await OpenAsync(doors, await doors.TicketAsync("anna"));
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var talking = Task.Run(async () =>
        {
            var message = new byte[3_000];
            try
            {
                while (true)
                    await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, enough.Token);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
            {
                // Closed.
            }
        });
        await EndsAsync(socket, 4401, () => doors.Sessions.EndAsync(doors.Sessions.List("anna").Single().Session.Id));
        await enough.CancelAsync();
        await talking;
    }

    [Fact]
    public async Task A_frame_under_way_is_finished_before_the_close_and_nothing_of_the_next_gets_through()
    {
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = Sending("\u0082\u0006abc", rest.Task, "def\u0082\u0003xyz");
        await using var doors = await DoorHub.StartAsync(app: app);
        var (peer, _) = await doors.UpgradeAsync($"Cookie: {await doors.TicketAsync("anna")}", $"Origin: http://{doors.DemoHost}");
        await using var hers = peer;
        await hers.ReadUntilAsync("abc");
        await doors.Sessions.EndAsync(doors.Sessions.List("anna").Single().Session.Id);
        var started = Stopwatch.GetTimestamp();
        rest.SetResult();
        Assert.Equal("def\u0088\u0019\u0011\u0031Not signed in any more.", await hers.ReadToEndAsync());
        Assert.True(Stopwatch.GetElapsedTime(started) < Promised);
    }

    [Fact]
    public async Task A_frame_that_does_not_end_in_time_is_broken_off()
    {
        await using var app = Sending("\u0082\u0006abc", new TaskCompletionSource().Task, "");
        await using var doors = await DoorHub.StartAsync(app: app);
        var (peer, _) = await doors.UpgradeAsync($"Cookie: {await doors.TicketAsync("anna")}", $"Origin: http://{doors.DemoHost}");
        await using var hers = peer;
        await hers.ReadUntilAsync("abc");
        var started = Stopwatch.GetTimestamp();
        await doors.Sessions.EndAsync(doors.Sessions.List("anna").Single().Session.Id);
        Assert.Equal("", await hers.ReadToEndAsync());
        Assert.True(Stopwatch.GetElapsedTime(started) < Promised);
    }

    [Fact]
    public async Task A_visitor_who_does_not_read_holds_up_nothing()
    {
        await using var app = new RawServer(static async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            var frame = "\u0082\u007f" + new string('\0', 5) + "\u0001\0\0" + new string('x', 65_536);
            while (true)
                await peer.SendAsync(frame);
        });
        await using var doors = await DoorHub.StartAsync(app: app);
        var (peer, _) = await doors.UpgradeAsync($"Cookie: {await doors.TicketAsync("anna")}", $"Origin: http://{doors.DemoHost}");
        await using var hers = peer;
        var open = doors.Hub.Services.GetRequiredService<OpenDoors>();
        Assert.Equal(1, open.Count);
        await doors.Sessions.EndAsync(doors.Sessions.List("anna").Single().Session.Id);
        await Eventually.HoldsAsync(() => open.Count == 0, "closed");
    }

    [Fact]
    public async Task Another_protocol_is_broken_off_for_the_hub_does_not_speak_it()
    {
        await using var app = new RawServer(static async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nhello");
            await peer.ReadToEndAsync();
        });
        await using var doors = await DoorHub.StartAsync(app: app);
        await using var hers = await RawPeer.ConnectAsync(doors.Port);
        await hers.SendAsync(
            $"GET /ws HTTP/1.1\r\nHost: {doors.DemoHost}\r\nConnection: Upgrade\r\nUpgrade: chat\r\nOrigin: http://{doors.DemoHost}\r\nCookie: {await doors.TicketAsync("anna")}\r\n\r\n");
        await hers.ReadUntilAsync("hello");
        await doors.Sessions.EndAsync(doors.Sessions.List("anna").Single().Session.Id);
        Assert.Equal("", await hers.ReadToEndAsync());
    }

    [Fact]
    public async Task A_websocket_within_HTTP2_is_told_the_same()
    {
        await using var app = await EchoApp.StartAsync();
        using var data = new TempDirectory();
        var keys = new TestKeys();
        await using var edge = await TestEdge.StartAsync(
            app.Port,
            static r => new Route { Name = r.Name, Kind = r.Kind, Policy = new RoutePolicy { Owner = "ada" }, Upstream = r.Upstream, Meter = r.Meter },
            o => o with { DataDirectory = data.Path },
            front: HttpProtocols.Http2,
            services: s => s.AddSingleton<IDoorKeys>(keys));
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.SetRequestHeader("Authorization", "Bearer of-ada");
        using var invoker = new HttpMessageInvoker(LoopbackHttp.CreateHandler());
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await socket.ConnectAsync(new Uri($"ws://{TestEdge.Host}:{edge.Port}/ws"), invoker, deadline.Token);
        await EchoAsync(socket);
        await EndsAsync(socket, 4401, () =>
        {
            keys.Revoked = true;
            edge.Services.GetRequiredService<OpenDoors>().Changed();
            return Task.CompletedTask;
        });
    }

    private static RawServer Sending(string first, Task when, string then) => new(async peer =>
    {
        await peer.ReadHeadAsync();
        await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + first);
        await when.WaitAsync(TimeSpan.FromSeconds(20));
        await peer.SendAsync(then);
        await peer.ReadToEndAsync();
    });

    private static async Task<ClientWebSocket> OpenAsync(DoorHub doors, string? ticket)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", $"http://{doors.DemoHost}");
        if (ticket is not null)
            socket.Options.SetRequestHeader("Cookie", ticket);
        using var invoker = new HttpMessageInvoker(LoopbackHttp.CreateHandler());
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await socket.ConnectAsync(new Uri($"ws://{doors.DemoHost}/ws"), invoker, deadline.Token);
        await EchoAsync(socket);
        return socket;
    }

    private static async Task EchoAsync(ClientWebSocket socket)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await socket.SendAsync("hi"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, deadline.Token);
        var buffer = new byte[16];
        var echo = await socket.ReceiveAsync(buffer, deadline.Token);
        Assert.Equal("hi", Encoding.ASCII.GetString(buffer, 0, echo.Count));
    }

    private static async Task EndsAsync(ClientWebSocket socket, int code, Func<Task> change)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await change();
        var started = Stopwatch.GetTimestamp();
        var buffer = new byte[16 * 1024];
        WebSocketReceiveResult received;
        do
            received = await socket.ReceiveAsync(buffer, deadline.Token);
        while (received.MessageType != WebSocketMessageType.Close);
        Assert.True(Stopwatch.GetElapsedTime(started) < Promised, $"It took {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms.");
        Assert.Equal((code, code == 4401 ? "Not signed in any more." : "Not allowed any more."), ((int)received.CloseStatus!, received.CloseStatusDescription));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    /// <summary>A real server of WebSockets that sends back what it gets and notes how the first of them was closed.</summary>
    private sealed class EchoApp : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private EchoApp(WebApplication app) => _app = app;

        public int Port => new Uri(_app.Urls.First()).Port;

        public TaskCompletionSource<WebSocketCloseStatus?> Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static async Task<EchoApp> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(static k => k.Listen(IPAddress.Loopback, 0));
            var echo = new EchoApp(builder.Build());
            echo._app.UseWebSockets();
            echo._app.Run(async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                var buffer = new byte[16 * 1024];
                while (true)
                {
                    var received = await socket.ReceiveAsync(buffer, context.RequestAborted);
                    if (received.MessageType == WebSocketMessageType.Close)
                        break;
                    await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
                }

                echo.Closed.TrySetResult(socket.CloseStatus);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            });
            await echo._app.StartAsync();
            return echo;
        }

        public async ValueTask DisposeAsync()
        {
            using var now = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await _app.StopAsync(now.Token);
            await _app.DisposeAsync();
        }
    }
}
