using System.Net;
using System.Net.Sockets;
using System.Text;
using Adit.Api;
using Adit.Link;
using Adit.Runner.Tunnels;
using Adit.Testing;

namespace Adit.Runner.Tests.Tunnels;

public sealed class TargetDialerTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static TargetDialer Dialer(string target, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, params string[] rules) =>
        new(TimeProvider.System, resolve) { Allowed = new AllowList([(TunnelTarget.Parse(target, TunnelKind.Tcp), false)], rules) };

    private static (Socket Listener, int Port) Listen(AddressFamily family = AddressFamily.InterNetwork)
    {
        var listener = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0));
        listener.Listen();
        return (listener, ((IPEndPoint)listener.LocalEndPoint!).Port);
    }

    [Fact]
    public async Task A_stream_reaches_its_target_and_half_close_passes_both_ways()
    {
        var (listener, port) = Listen();
        using var _ = listener;
        await using var pair = await LinkStreamPair.OpenAsync(new OpenRequest { Target = $"tcp:localhost:{port}" });
        var serving = Dialer($"localhost:{port}").ServeAsync(pair.Acceptor, CancellationToken.None);
        using var target = await listener.AcceptAsync().WaitAsync(Deadline);
        await pair.Opener.WaitOpenedAsync().AsTask().WaitAsync(Deadline);

        await pair.Opener.WriteAsync("question"u8.ToArray());
        await pair.Opener.EndAsync();
        Assert.Equal("question", await ReadAllAsync(target));
        await target.SendAsync("answer"u8.ToArray());
        target.Shutdown(SocketShutdown.Send);

        var answer = new byte[16];
        var count = await pair.Opener.ReadAsync(answer).AsTask().WaitAsync(Deadline);
        Assert.Equal("answer", Encoding.ASCII.GetString(answer, 0, count));
        Assert.Equal(0, await pair.Opener.ReadAsync(answer).AsTask().WaitAsync(Deadline));
        await pair.Opener.DisposeAsync();
        await serving.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_target_does_not_take_what_it_got_before_a_failure_for_all_there_was()
    {
        var (listener, port) = Listen();
        using var _ = listener;
        await using var pair = await LinkStreamPair.OpenAsync(new OpenRequest { Target = $"tcp:localhost:{port}" });
        var defect = pair.Acceptor.ReceiveAsync().AsTask(); // A second receiver is a defect, and no reset and no broken connection.
        var serving = Dialer($"localhost:{port}").ServeAsync(pair.Acceptor, CancellationToken.None);
        using var target = await listener.AcceptAsync().WaitAsync(Deadline);

        await Assert.ThrowsAsync<SocketException>(() => target.ReceiveAsync(new byte[1]).WaitAsync(Deadline));

        await serving.WaitAsync(Deadline);
        await Assert.ThrowsAsync<LinkStreamException>(() => defect);
    }

    [Fact]
    public async Task Localhost_is_found_when_only_IPv6_listens()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        var (listener, port) = Listen(AddressFamily.InterNetworkV6);
        using var _ = listener;

        var wire = await Dialer($"localhost:{port}").ConnectAsync(new OpenRequest { Target = $"tcp:localhost:{port}" }, CancellationToken.None).WaitAsync(Deadline);

        wire.Abort();
    }

    [Theory]
    [InlineData("tcp:127.0.0.1:22")]
    [InlineData("tcp:169.254.169.254:80")]
    [InlineData("tcp:example.com:80")]
    [InlineData("tls:127.0.0.1:22")]
    [InlineData("unix:/etc/passwd")]
    [InlineData("control")]
    [InlineData("tcp:")]
    [InlineData("tcp:127.0.0.1:8080:22")]
    [InlineData("")]
    public async Task What_is_not_on_the_allow_list_is_forbidden_without_a_packet(string target)
    {
        var dialer = Dialer("127.0.0.1:8080", (_, _) => throw new InvalidOperationException("Nothing may be looked up."));

        var e = await Assert.ThrowsAsync<LinkStreamException>(() => dialer.ConnectAsync(new OpenRequest { Target = target }, CancellationToken.None).WaitAsync(Deadline));

        Assert.Equal(ResetCode.Forbidden, e.Code);
    }

    [Fact]
    public async Task A_name_that_is_rebound_to_loopback_is_forbidden()
    {
        var (listener, port) = Listen();
        using var _ = listener;
        var dialer = Dialer($"db.example.com:{port}", (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

        var e = await Assert.ThrowsAsync<LinkStreamException>(
            () => dialer.ConnectAsync(new OpenRequest { Target = $"tcp:db.example.com:{port}" }, CancellationToken.None).WaitAsync(Deadline));

        Assert.Equal(ResetCode.Forbidden, e.Code);
        Assert.Contains("resolves to 127.0.0.1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_where_nothing_listens_is_told_to_the_hub_as_refused()
    {
        var port = Ports.Free();
        await using var pair = await LinkStreamPair.OpenAsync(new OpenRequest { Target = $"tcp:127.0.0.1:{port}" });
        var dialer = Dialer($"127.0.0.1:{port}");
        LinkStreamException? seen = null;
        dialer.Failed += (_, e) => seen = e;

        var serving = dialer.ServeAsync(pair.Acceptor, CancellationToken.None);
        var e = await Assert.ThrowsAsync<LinkStreamException>(() => pair.Opener.ReceiveAsync().AsTask().WaitAsync(Deadline));

        Assert.Equal(ResetCode.Refused, e.Code);
        Assert.Contains($"Nothing listens on 127.0.0.1:{port}", e.Message, StringComparison.Ordinal);
        Assert.Equal(ResetCode.Refused, seen?.Code);
        await pair.Opener.DisposeAsync();
        await serving.WaitAsync(Deadline);
        Assert.Equal(0, dialer.OpenStreams);
    }

    [Fact]
    public async Task A_target_that_never_answers_times_out()
    {
        var time = new ManualTimeProvider();
        var resolving = new TaskCompletionSource();
        var dialer = new TargetDialer(time, async (_, cancellationToken) =>
        {
            resolving.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
            return [];
        })
        {
            Allowed = new AllowList([(TunnelTarget.Parse("slow.example.com:80", TunnelKind.Tcp), false)], []),
        };

        var connecting = dialer.ConnectAsync(new OpenRequest { Target = "tcp:slow.example.com:80" }, CancellationToken.None);
        await resolving.Task.WaitAsync(Deadline);
        time.Advance(TimeSpan.FromSeconds(11));

        var e = await Assert.ThrowsAsync<LinkStreamException>(() => connecting.WaitAsync(Deadline));
        Assert.Equal(ResetCode.TimedOut, e.Code);
    }

    [Fact]
    public async Task A_unix_socket_is_a_target()
    {
        using var folder = new TempDirectory();
        var path = folder.File("app.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();

        var wire = await Dialer("unix:" + path).ConnectAsync(new OpenRequest { Target = "unix:" + path }, CancellationToken.None).WaitAsync(Deadline);
        using var accepted = await listener.AcceptAsync().WaitAsync(Deadline);
        await wire.SendAsync("hello"u8.ToArray());
        wire.Close();

        Assert.Equal("hello", await ReadAllAsync(accepted));
    }

    [Fact]
    public async Task A_target_that_speaks_no_TLS_is_told_as_a_failure_of_TLS()
    {
        var (listener, port) = Listen();
        using var _ = listener;
        var connecting = Dialer($"127.0.0.1:{port}").ConnectAsync(new OpenRequest { Target = $"tls:127.0.0.1:{port}" }, CancellationToken.None);
        using (var target = await listener.AcceptAsync().WaitAsync(Deadline))
            await target.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());

        var e = await Assert.ThrowsAsync<LinkStreamException>(() => connecting.WaitAsync(Deadline));
        Assert.Equal(ResetCode.TargetTls, e.Code);
    }

    private static async Task<string> ReadAllAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[256];
        while (await socket.ReceiveAsync(buffer).WaitAsync(Deadline) is > 0 and var count)
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        return text.ToString();
    }
}
