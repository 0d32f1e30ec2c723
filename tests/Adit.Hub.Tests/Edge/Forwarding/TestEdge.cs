using System.Net;
using System.Net.Sockets;
using System.Text;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Adit.Link;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tests.Edge.Forwarding;

/// <summary>A real Kestrel with the edge before it, and a route <c>demo.adit.test</c> that leads over real streams to a port.</summary>
internal sealed class TestEdge : IAsyncDisposable
{
    public const string Host = "demo.adit.test";

    private readonly WebApplication _app;

    private TestEdge(WebApplication app, RouteTable routes, PairUpstream upstream, RouteMeter meter)
    {
        _app = app;
        Routes = routes;
        Upstream = upstream;
        Meter = meter;
        Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    public int Port { get; }

    public RouteTable Routes { get; }

    public PairUpstream Upstream { get; }

    public RouteMeter Meter { get; }

    public Forwarder Forwarder => _app.Services.GetRequiredService<Forwarder>();

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts one whose route leads to <paramref name="target"/> on loopback.</summary>
    public static async Task<TestEdge> StartAsync(
        int target,
        Func<Route, Route>? route = null,
        Func<HubOptions, HubOptions>? options = null,
        ForwarderOptions? forwarding = null,
        UpstreamProtocol protocol = UpstreamProtocol.Http1,
        HttpProtocols front = HttpProtocols.Http1,
        TimeProvider? time = null,
        Action<IServiceCollection>? services = null)
    {
        var hub = new HubOptions { DataDirectory = "unused", Domain = "adit.test" };
        hub = options?.Invoke(hub) ?? hub;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        services?.Invoke(builder.Services);
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l =>
        {
            l.Protocols = front;
            l.UseHalfClose();
        }));
        builder.Services.AddEdge(hub, forwarding);
        var app = builder.Build();
        app.MapGet("/hub", (HttpContext c) => $"hub {c.Request.Host}");
        await app.StartAsync();

        var upstream = new PairUpstream(target, protocol);
        var meter = new RouteMeter();
        var made = new Route
        {
            Name = "demo",
            Kind = RouteKind.Http,
            Policy = new RoutePolicy { IsPublic = true },
            Upstream = upstream,
            Meter = meter,
        };
        var routes = app.Services.GetRequiredService<RouteTable>();
        routes.Set([Host], route?.Invoke(made) ?? made);
        return new TestEdge(app, routes, upstream, meter);
    }

    /// <summary>Connects a visitor who speaks in raw bytes.</summary>
    public Task<RawPeer> ConnectAsync() => RawPeer.ConnectAsync(Port);

    /// <summary>Sends one request of raw bytes on a connection of its own and reads all that comes until the edge closes.</summary>
    public async Task<string> ExchangeAsync(string request)
    {
        await using var visitor = await ConnectAsync();
        await visitor.SendAsync(request);
        return await visitor.ReadToEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Upstream.DisposeAsync();
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>An upstream whose streams are real data connections to a client in this process, which pumps to a port.</summary>
internal sealed class PairUpstream(int port, UpstreamProtocol protocol) : Upstream, IAsyncDisposable
{
    private readonly List<LinkStream> _acceptors = [];
    private int _opened;

    public override UpstreamProtocol Protocol => protocol;

    public override bool IsUp => Up;

    public bool Up { get; set; } = true;

    public override string Authority => $"127.0.0.1:{port}";

    /// <summary>How many streams were ever opened.</summary>
    public int Opened => Volatile.Read(ref _opened);

    public override async ValueTask<LinkStream> OpenAsync(string? from, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _opened);
        var pair = await LinkStreamPair.OpenAsync();
        lock (_acceptors)
        {
            _acceptors.Add(pair.Acceptor);
        }

        _ = ServeAsync(pair.Acceptor);
        return pair.Opener;
    }

    /// <summary>Breaks every stream there is, as a lost link does.</summary>
    public void BreakAll()
    {
        lock (_acceptors)
        {
            foreach (var stream in _acceptors)
                stream.Reset(ResetCode.LinkLost, "The link was cut.");
        }
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return default;
    }

    private async Task ServeAsync(LinkStream stream)
    {
        await using var _ = stream;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            stream.Reset(ResetCode.Refused, e.Message);
            return;
        }

        var wire = new SocketWire(socket);
        await stream.ConfirmOpenedAsync();
        await StreamPump.RunAsync(wire, stream);
        wire.Close();
    }
}

/// <summary>One end of a TCP connection, spoken in raw bytes. Every wait has a deadline.</summary>
internal sealed class RawPeer(Socket socket) : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private string _pending = "";

    public Socket Socket => socket;

    public Stream Stream => _stream;

    public static async Task<RawPeer> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Deadline);
        return new RawPeer(socket);
    }

    public Task SendAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask().WaitAsync(Deadline);

    public void EndSending() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Drops the connection with RST.</summary>
    public void Abort() => socket.Close(0);

    /// <summary>Reads until a text has come; returns all up to and including it.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        int at;
        while ((at = _pending.IndexOf(end, StringComparison.Ordinal)) < 0)
        {
            var count = await _stream.ReadAsync(_buffer).AsTask().WaitAsync(Deadline);
            if (count == 0)
                throw new EndOfStreamException($"The peer closed before '{end}'; it sent: {_pending}");
            _pending += Encoding.Latin1.GetString(_buffer, 0, count);
        }

        var text = _pending[..(at + end.Length)];
        _pending = _pending[text.Length..];
        return text;
    }

    /// <summary>Reads a head.</summary>
    public Task<string> ReadHeadAsync() => ReadUntilAsync("\r\n\r\n");

    /// <summary>Reads exactly so many bytes.</summary>
    public async Task<string> ReadAsync(int count)
    {
        while (_pending.Length < count)
        {
            var read = await _stream.ReadAsync(_buffer).AsTask().WaitAsync(Deadline);
            if (read == 0)
                throw new EndOfStreamException($"The peer closed; it sent: {_pending}");
            _pending += Encoding.Latin1.GetString(_buffer, 0, read);
        }

        var text = _pending[..count];
        _pending = _pending[count..];
        return text;
    }

    /// <summary>Reads until the peer closes or resets.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder(_pending);
        _pending = "";
        try
        {
            while (await _stream.ReadAsync(_buffer).AsTask().WaitAsync(Deadline) is > 0 and var count)
                text.Append(Encoding.Latin1.GetString(_buffer, 0, count));
        }
        catch (IOException)
        {
            // A reset ends it too.
        }

        return text.ToString();
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}

/// <summary>An application of raw bytes: each connection is served by a script.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<RawPeer, int, Task> _serve;
    private int _connections;

    public RawServer(Func<RawPeer, Task> serve)
        : this((peer, _) => serve(peer))
    {
    }

    public RawServer(Func<RawPeer, int, Task> serve)
    {
        _serve = serve;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>One that reads a head and answers with these bytes, then closes.</summary>
    public static RawServer Answering(string response) => new(async peer =>
    {
        await peer.ReadHeadAsync();
        await peer.SendAsync(response);
        peer.EndSending();
        await peer.ReadToEndAsync();
    });

    /// <summary>One that answers each request (without body) with 200 and the request's head as its body, keeping alive.</summary>
    public static RawServer Echoing() => new(async peer =>
    {
        while (true)
        {
            var head = await peer.ReadHeadAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {head.Length}\r\n\r\n{head}");
        }
    });

    public ValueTask DisposeAsync()
    {
        _listener.Stop();
        _listener.Dispose();
        return default;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                socket.NoDelay = true;
                _ = ServeAsync(new RawPeer(socket), Interlocked.Increment(ref _connections));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(RawPeer peer, int number)
    {
        try
        {
            await _serve(peer, number);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or EndOfStreamException or TimeoutException)
        {
            // The other side went.
        }
        finally
        {
            await peer.DisposeAsync();
        }
    }
}
