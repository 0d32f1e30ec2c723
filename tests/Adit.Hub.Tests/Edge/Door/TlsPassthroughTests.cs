using System.Net.Security;
using System.Net.Sockets;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Door;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Edge.Tls;
using Adit.Link;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Door;

public sealed class TlsPassthroughTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly OwnAuthority _authority;

    public TlsPassthroughTests() => _authority = OwnAuthority.Open(_directory.Path, TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task A_connection_is_carried_to_the_upstream_untouched_and_half_closes_both_ways()
    {
        await using var door = await DoorFixture.StartAsync();
        await using var upstream = new TargetUpstream(_authority);
        var meter = Publish(door, upstream);

        using var socket = await DoorFixture.ConnectAsync(door.TlsPort);
        await using var tls = new SslStream(new NetworkStream(socket));

        // The upstream's own certificate: the hub has no part in it.
        await tls.AuthenticateAsClientAsync(new TlsTrust { Pin = _authority.Fingerprint }.OptionsFor("Kube.Hub.test", 443, new SslApplicationProtocol("h2")))
            .WaitAsync(TimeSpan.FromSeconds(20));
        var payload = new byte[300_000];
        new Random(1).NextBytes(payload);
        var writing = tls.WriteAsync(payload).AsTask();
        var back = new byte[payload.Length];
        await tls.ReadExactlyAsync(back).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await writing;
        Assert.Equal(payload, back);

        await tls.ShutdownAsync();
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await tls.ReadAsync(back).AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        await Eventually.HoldsAsync(() => meter.OpenStreams == 0, "the stream is closed");
        Assert.True(meter.BytesIn > payload.Length && meter.BytesOut > payload.Length);
        Assert.Equal(socket.LocalEndPoint!.ToString(), upstream.From);
        Assert.Equal(1, door.Meter.PassthroughTotal);
    }

    [Fact]
    public async Task A_connection_goes_on_while_the_hub_drains_and_the_hub_ends_with_it()
    {
        await using var door = await DoorFixture.StartAsync(new DoorOptions { DrainTimeout = TimeSpan.FromSeconds(20) });
        await using var upstream = new TargetUpstream(_authority);
        Publish(door, upstream);
        using var socket = await DoorFixture.ConnectAsync(door.TlsPort);
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(new TlsTrust { Pin = _authority.Fingerprint }.OptionsFor("kube.hub.test", 443, new SslApplicationProtocol("h2")))
            .WaitAsync(TimeSpan.FromSeconds(20));

        var stopping = door.StopAsync();
        await Eventually.HoldsAsync(() => IsClosedAsync(door.TlsPort), "the door takes nobody new");
        await tls.WriteAsync("still here"u8.ToArray());
        var back = new byte[10];
        await tls.ReadExactlyAsync(back).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("still here", System.Text.Encoding.ASCII.GetString(back));
        Assert.False(stopping.IsCompleted);

        socket.Close();
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Only_public_routes_are_passed_since_nobody_can_show_a_token()
    {
        await using var door = await DoorFixture.StartAsync();
        await using var upstream = new TargetUpstream(_authority);
        Publish(door, upstream, isPublic: false);
        Assert.Equal("\u0015\u0003\u0003\u0000\u0002\u0002\u0031", await AnswerAsync(door));
        Assert.Null(upstream.From);
    }

    [Fact]
    public async Task An_upstream_that_is_down_is_answered_with_an_alert()
    {
        await using var door = await DoorFixture.StartAsync();
        var meter = Publish(door, new DownUpstream());
        Assert.Equal("\u0015\u0003\u0003\u0000\u0002\u0002\u0050", await AnswerAsync(door));
        await Eventually.HoldsAsync(() => meter.OpenStreams == 0, "the stream is closed");
    }

    [Fact]
    public async Task More_connections_than_the_route_may_have_are_answered_with_an_alert()
    {
        await using var door = await DoorFixture.StartAsync();
        await using var upstream = new TargetUpstream(_authority);
        Publish(door, upstream, most: 0);
        Assert.Equal("\u0015\u0003\u0003\u0000\u0002\u0002\u0050", await AnswerAsync(door));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    private static async ValueTask<bool> IsClosedAsync(int port)
    {
        try
        {
            using var probe = await DoorFixture.ConnectAsync(port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static async Task<string> AnswerAsync(DoorFixture door)
    {
        using var socket = await DoorFixture.ConnectAsync(door.TlsPort);
        return await DoorFixture.ExchangeAsync(socket, ClientHellos.Build("kube.hub.test", ["h2"]));
    }

    private static RouteMeter Publish(DoorFixture door, Upstream upstream, bool isPublic = true, int most = 10)
    {
        var meter = new RouteMeter();
        door.Routes.Set(["kube.hub.test"], new Route
        {
            Name = "kube",
            Kind = RouteKind.TlsPassthrough,
            Policy = new RoutePolicy { IsPublic = isPublic },
            Upstream = upstream,
            Limits = new RouteLimits { MaxConcurrent = most },
            Meter = meter,
        });
        return meter;
    }

    private sealed class DownUpstream : Upstream
    {
        public override UpstreamProtocol Protocol => UpstreamProtocol.Http1;

        public override bool IsUp => false;

        public override string Authority => "down";

        public override ValueTask<LinkStream> OpenAsync(string? from, CancellationToken cancellationToken) =>
            throw new LinkStreamException(ResetCode.Unreachable, "No client is connected.");
    }

    // A TLS server that sends back what it gets, behind a real stream and the client's pump.
    private sealed class TargetUpstream(OwnAuthority authority) : Upstream, IAsyncDisposable
    {
        private readonly List<LinkStreamPair> _pairs = [];
        private readonly List<Task> _tasks = [];

        public string? From { get; private set; }

        public override UpstreamProtocol Protocol => UpstreamProtocol.Http1;

        public override bool IsUp => true;

        public override string Authority => "target";

        public override async ValueTask<LinkStream> OpenAsync(string? from, CancellationToken cancellationToken)
        {
            From = from;
            var pair = await LinkStreamPair.OpenAsync();
            var (near, far) = await LinkStreamPair.ConnectedSocketsAsync();
            _pairs.Add(pair);
            _tasks.Add(EchoAsync(far));
            _tasks.Add(StreamPump.RunAsync(new SocketWire(near), pair.Acceptor));
            return pair.Opener;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var pair in _pairs)
                await pair.DisposeAsync();
            await Task.WhenAll(_tasks).WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private async Task EchoAsync(Socket socket)
        {
            var (chain, key) = authority.Issue(["kube.hub.test"], TimeProvider.System.GetUtcNow());
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(PemPair.Load(chain, key, "target").ForHttp);
            await tls.CopyToAsync(tls);
            await tls.ShutdownAsync();
        }
    }
}
