using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Door;
using Adit.Link;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Door;

public sealed class DoorTests
{
    private static readonly byte[] HttpRequest = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray();

    private static readonly DoorOptions Proxied = new() { ProxyProtocolFrom = TrustedProxies.Parse(["127.0.0.0/8"]) };

    [Fact]
    public async Task A_request_in_clear_reaches_Kestrel()
    {
        await using var door = await DoorFixture.StartAsync();
        using var socket = await DoorFixture.ConnectAsync(door.PlainPort);
        var answer = await DoorFixture.ExchangeAsync(socket, HttpRequest);
        Assert.Contains("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Equal(1, door.Meter.HttpTotal);
    }

    [Fact]
    public async Task A_data_connection_in_clear_reaches_the_link_and_finds_all_its_bytes()
    {
        await using var door = await DoorFixture.StartAsync();
        using var socket = await DoorFixture.ConnectAsync(door.PlainPort);
        var head = "GET /_adit/link/data HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray();
        var answer = await DoorFixture.ExchangeAsync(socket, head);
        Assert.Equal($"link {head.Length} {socket.LocalEndPoint}", answer);
        Assert.Equal(1, door.Meter.LinkDataTotal);
    }

    [Fact]
    public async Task A_data_connection_whose_first_bytes_come_one_by_one_is_recognised()
    {
        await using var door = await DoorFixture.StartAsync();
        using var socket = await DoorFixture.ConnectAsync(door.PlainPort);
        foreach (var b in "GET /_adit/link/data"u8.ToArray())
            await socket.SendAsync(new[] { b });
        Assert.StartsWith("link ", await DoorFixture.ExchangeAsync(socket, " HTTP/1.1\r\n\r\n"u8.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /_adit/link/datum HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /_adit/link HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    public async Task A_request_that_only_resembles_a_data_connection_reaches_Kestrel(string request)
    {
        await using var door = await DoorFixture.StartAsync();
        using var socket = await DoorFixture.ConnectAsync(door.PlainPort);
        Assert.Contains("HTTP/1.1 200", await DoorFixture.ExchangeAsync(socket, Encoding.ASCII.GetBytes(request)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kestrel_and_links_share_the_TLS_port_by_ALPN()
    {
        await using var door = await DoorFixture.StartAsync();
        Assert.Contains("HTTP/1.1 127.0.0.1", await TlsExchangeAsync(door, "a.hub.test", HttpRequest, "http/1.1"), StringComparison.Ordinal);
        Assert.StartsWith("link 3 ", await TlsExchangeAsync(door, "hub.test", "abc"u8.ToArray(), "adit-link"), StringComparison.Ordinal);
        Assert.Equal(1, door.Meter.HttpTotal);
        Assert.Equal(1, door.Meter.LinkDataTotal);
    }

    [Fact]
    public async Task A_certificate_made_by_the_own_authority_serves_HTTP_2()
    {
        await using var door = await DoorFixture.StartAsync();
        var trust = new TlsTrust { Pin = door.Pin };
        using var handler = new SocketsHttpHandler { SslOptions = trust.OptionsFor("127.0.0.1", door.TlsPort, SslApplicationProtocol.Http2) };
        using var client = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        Assert.StartsWith("HTTP/2", await client.GetStringAsync($"https://127.0.0.1:{door.TlsPort}/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hello_that_comes_in_pieces_is_waited_for_without_spinning()
    {
        await using var door = await DoorFixture.StartAsync();
        using var socket = await DoorFixture.ConnectAsync(door.TlsPort);
        await using var tls = new SslStream(new Dripping(new NetworkStream(socket)));
        await tls.AuthenticateAsClientAsync(new TlsTrust { Pin = door.Pin }.OptionsFor("hub.test", 1, new SslApplicationProtocol("adit-link")))
            .WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("adit-link", tls.NegotiatedApplicationProtocol.ToString());
    }

    [Fact]
    public async Task HTTP_in_clear_on_the_TLS_port_is_told_so()
    {
        await using var door = await DoorFixture.StartAsync();
        using var socket = await DoorFixture.ConnectAsync(door.TlsPort);
        var answer = await DoorFixture.ExchangeAsync(socket, HttpRequest);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.EndsWith("Use https:// (or wss://) in the address.\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\u0000\u0001\u0002\u0003 garbage")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n")]
    public async Task Garbage_on_the_TLS_port_is_closed_without_an_answer(string garbage)
    {
        await using var door = await DoorFixture.StartAsync();
        using var socket = await DoorFixture.ConnectAsync(door.TlsPort);
        var answer = await DoorFixture.ExchangeAsync(socket, Encoding.Latin1.GetBytes(garbage));
        Assert.DoesNotContain("200", answer, StringComparison.Ordinal);
        Assert.Equal(1, door.Meter.RefusedTotal);
    }

    [Fact]
    public async Task A_hello_of_64_KB_is_refused_with_an_alert()
    {
        await using var door = await DoorFixture.StartAsync();
        using var socket = await DoorFixture.ConnectAsync(door.TlsPort);
        var answer = await DoorFixture.ExchangeAsync(socket, ClientHellos.Build("hub.test", ["h2"], padding: 65_000));
        Assert.Equal("\u0015\u0003\u0003\u0000\u0002\u0002\u0032", answer);
    }

    [Fact]
    public async Task A_PROXY_header_of_a_trusted_proxy_names_the_visitor()
    {
        await using var door = await DoorFixture.StartAsync(Proxied);
        byte[][] headers =
        [
            "PROXY TCP4 203.0.113.7 10.0.0.1 51234 443\r\n"u8.ToArray(),
            ProxyHeaderTests.Binary(0x21, 0x11, [203, 0, 113, 7, 10, 0, 0, 1, 0xC8, 0x22, 0x01, 0xBB, 0xE1, 0, 1, 7]),
        ];
        foreach (var header in headers)
        {
            using var http = await DoorFixture.ConnectAsync(door.PlainPort);
            Assert.EndsWith("203.0.113.7:51234", (await DoorFixture.ExchangeAsync(http, [.. header, .. HttpRequest])).TrimEnd('\r', '\n', '0'), StringComparison.Ordinal);
            using var link = await DoorFixture.ConnectAsync(door.PlainPort);
            await link.SendAsync(header);
            var answer = await DoorFixture.ExchangeAsync(link, "GET /_adit/link/data HTTP/1.1\r\n\r\n"u8.ToArray());
            Assert.Equal("link 33 203.0.113.7:51234", answer);
        }
    }

    [Fact]
    public async Task A_PROXY_header_may_come_before_TLS()
    {
        await using var door = await DoorFixture.StartAsync(Proxied);
        var answer = await TlsExchangeAsync(door, "hub.test", "abc"u8.ToArray(), "adit-link", "PROXY TCP6 2001:db8::9 ::1 7 443\r\n"u8.ToArray());
        Assert.Equal("link 3 [2001:db8::9]:7", answer);
    }

    [Fact]
    public async Task A_LOCAL_header_leaves_the_proxy_as_the_peer()
    {
        await using var door = await DoorFixture.StartAsync(Proxied);
        using var socket = await DoorFixture.ConnectAsync(door.PlainPort);
        var answer = await DoorFixture.ExchangeAsync(socket, [.. ProxyHeaderTests.Binary(0x20, 0, []), .. HttpRequest]);
        Assert.Contains("127.0.0.1:", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trusted_proxy_without_a_valid_header_is_closed()
    {
        await using var door = await DoorFixture.StartAsync(Proxied);
        foreach (var bytes in new[] { HttpRequest, "PROXY TCP4 x\r\n"u8.ToArray(), ProxyHeaderTests.Binary(0x21, 0x11, new byte[3]) })
        {
            using var socket = await DoorFixture.ConnectAsync(door.PlainPort);
            Assert.Equal(string.Empty, await DoorFixture.ExchangeAsync(socket, bytes));
        }

        Assert.Equal(0, door.Meter.HttpTotal);
        Assert.Equal(3, door.Meter.RefusedTotal);
    }

    [Fact]
    public async Task A_PROXY_header_of_anyone_else_is_not_believed()
    {
        await using var door = await DoorFixture.StartAsync(new DoorOptions { ProxyProtocolFrom = TrustedProxies.Parse(["192.0.2.0/24"]) });
        using var socket = await DoorFixture.ConnectAsync(door.PlainPort);
        var answer = await DoorFixture.ExchangeAsync(socket, [.. "PROXY TCP4 203.0.113.7 10.0.0.1 51234 443\r\n"u8, .. HttpRequest]);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_connection_is_closed_after_its_time_and_a_dripping_one_sooner()
    {
        var time = new ManualTimeProvider();
        await using var door = await DoorFixture.StartAsync(time: time);
        using var silent = await DoorFixture.ConnectAsync(door.PlainPort);
        using var dripping = await DoorFixture.ConnectAsync(door.TlsPort);
        await dripping.SendAsync(new byte[] { 22, 3, 1 });
        await Eventually.HoldsAsync(() => door.Meter.AcceptedTotal == 2, "both are accepted");

        var closed = DoorFixture.ReadToEndAsync(dripping);
        await time.AdvanceUntilAsync(closed, TimeSpan.FromMilliseconds(200));
        Assert.Equal(1, door.Meter.TimedOutTotal);

        var alsoClosed = DoorFixture.ReadToEndAsync(silent);
        await time.AdvanceUntilAsync(alsoClosed, TimeSpan.FromMilliseconds(200));
        Assert.Equal(2, door.Meter.TimedOutTotal);
    }

    [Fact]
    public async Task The_one_that_waited_longest_makes_room_for_a_newcomer()
    {
        await using var door = await DoorFixture.StartAsync(new DoorOptions { MostWaiting = 2 });
        using var first = await DoorFixture.ConnectAsync(door.PlainPort);
        await Eventually.HoldsAsync(() => door.Meter.AcceptedTotal == 1, "the first is accepted");
        using var second = await DoorFixture.ConnectAsync(door.PlainPort);
        using var third = await DoorFixture.ConnectAsync(door.PlainPort);
        Assert.Equal(string.Empty, await DoorFixture.ReadToEndAsync(first));
        Assert.Contains("200", await DoorFixture.ExchangeAsync(third, HttpRequest), StringComparison.Ordinal);
        Assert.Contains("200", await DoorFixture.ExchangeAsync(second, HttpRequest), StringComparison.Ordinal);
        Assert.Equal(1, door.Meter.EvictedTotal);
    }

    [Fact]
    public async Task A_half_open_handshake_of_a_link_is_closed_after_its_time()
    {
        var time = new ManualTimeProvider();
        await using var door = await DoorFixture.StartAsync(time: time);
        using var socket = await DoorFixture.ConnectAsync(door.TlsPort);
        await socket.SendAsync(await ClientHellos.RealAsync("hub.test", "adit-link"));
        var closed = DoorFixture.ReadToEndAsync(socket);
        await time.AdvanceUntilAsync(closed, TimeSpan.FromMilliseconds(200));
        Assert.Equal(0, door.Meter.LinkDataTotal);
    }

    [Fact]
    public async Task Stopping_closes_who_waits_and_ends_link_handlers()
    {
        var door = await DoorFixture.StartAsync();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        door.LinkData = async (_, stopping) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended.SetResult();
        };
        using var silent = await DoorFixture.ConnectAsync(door.PlainPort);
        using var link = await DoorFixture.ConnectAsync(door.PlainPort);
        await link.SendAsync("GET /_adit/link/data HTTP/1.1\r\n\r\n"u8.ToArray());
        await Eventually.HoldsAsync(() => door.Meter.LinkDataTotal == 1, "the link is there");

        await door.DisposeAsync();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(string.Empty, await DoorFixture.ReadToEndAsync(silent));
        Assert.Equal(string.Empty, await DoorFixture.ReadToEndAsync(link));
    }

    private static async Task<string> TlsExchangeAsync(DoorFixture door, string name, byte[] send, string protocol, byte[]? before = null)
    {
        using var socket = await DoorFixture.ConnectAsync(door.TlsPort);
        await socket.SendAsync(before ?? []);
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(new TlsTrust { Pin = door.Pin }.OptionsFor(name, door.TlsPort, new SslApplicationProtocol(protocol)))
            .WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(protocol, tls.NegotiatedApplicationProtocol.ToString());
        await tls.WriteAsync(send);
        using var reader = new StreamReader(tls, Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    // Sends in pieces of 100 bytes.
    private sealed class Dripping(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (; !buffer.IsEmpty; buffer = buffer[Math.Min(100, buffer.Length)..])
            {
                await inner.WriteAsync(buffer[..Math.Min(100, buffer.Length)], cancellationToken);
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
            }
        }
    }
}
