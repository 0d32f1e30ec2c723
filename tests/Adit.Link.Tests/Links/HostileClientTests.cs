using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace Adit.Link.Links;

/// <summary>A client that has a good token and bad intentions.</summary>
public sealed class HostileClientTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_hello_from_the_future_is_told_which_side_to_upgrade()
    {
        await using var hub = await TestHub.StartAsync();

        var bye = await HelloAsync(hub, """{"type":"hello","protocol":9,"minProtocol":8,"client":{"name":"x"}}""");

        Assert.Contains("\"code\":\"version\"", bye, StringComparison.Ordinal);
        Assert.Contains("upgrade the hub", bye, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_client_that_still_speaks_our_version_is_welcome_and_its_unknown_messages_are_ignored()
    {
        await using var hub = await TestHub.StartAsync();
        using var socket = await ConnectAsync(hub);
        await SendAsync(socket, """{"type":"hello","protocol":2,"minProtocol":1,"capabilities":["mux"],"shiny":{"a":1},"client":{"name":"x","mood":"good"}}""");
        var welcome = await ReceiveAsync(socket);
        Assert.Contains("\"type\":\"welcome\"", welcome, StringComparison.Ordinal);
        Assert.Contains("\"protocol\":1", welcome, StringComparison.Ordinal);

        await SendAsync(socket, """{"type":"teleport","to":"mars"}""");
        await SendAsync(socket, """{"type":"ping","stamp":7}""");

        Assert.Equal("""{"type":"pong","stamp":7}""", await ReceiveAsync(socket));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"type":"hello","protocol":1,"minProtocol":1,"client":{"name":"../etc"}}""")]
    [InlineData("""{"type":"hello","protocol":1,"minProtocol":1,"client":{"name":""}}""")]
    [InlineData("""{"type":"hello","protocol":1,"minProtocol":1}""")]
    [InlineData("""{"type":"ping"}""")]
    public async Task A_hello_that_is_none_makes_no_link(string hello)
    {
        await using var hub = await TestHub.StartAsync();
        await HelloAsync(hub, hello);
        Assert.Empty(hub.Host.Links);
    }

    [Fact]
    public async Task An_endless_control_message_ends_the_link_and_not_the_hub()
    {
        await using var hub = await TestHub.StartAsync();
        using var socket = await ConnectAsync(hub);
        await SendAsync(socket, """{"type":"hello","protocol":1,"minProtocol":1,"client":{"name":"x"}}""");
        await ReceiveAsync(socket);
        var link = await hub.LinkAsync();

        try
        {
            for (var i = 0; i < 100; i++)
                await socket.SendAsync(new byte[4096], WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The hub has had enough.
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, link.Closed).WaitAsync(Deadline).ContinueWith(t => Assert.True(t.IsCanceled), TaskScheduler.Default);
    }

    [Fact]
    public async Task Asking_for_a_million_tickets_gives_sixty_four()
    {
        await using var hub = await TestHub.StartAsync();
        using var socket = await ConnectAsync(hub);
        await SendAsync(socket, """{"type":"hello","protocol":1,"minProtocol":1,"client":{"name":"x"}}""");
        await ReceiveAsync(socket);

        await SendAsync(socket, """{"type":"want","count":1000000}""");
        var tickets = await ReceiveAsync(socket);
        await SendAsync(socket, """{"type":"want","count":1000000}""");
        await SendAsync(socket, """{"type":"ping","stamp":1}""");

        Assert.Equal(64, tickets.Split('[')[1].Split(',').Length);
        Assert.Contains("pong", await ReceiveAsync(socket), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_that_no_peer_may_send_cost_their_sender_the_connection_and_nobody_else()
    {
        await using var hub = await TestHub.StartAsync(new LinkHostOptions { OnStream = async (_, s) => await Streams.LinkStreamTests.EchoAsync(s) });
        using var socket = await ConnectAsync(hub);
        await SendAsync(socket, """{"type":"hello","protocol":1,"minProtocol":1,"client":{"name":"x"}}""");
        await ReceiveAsync(socket);
        await SendAsync(socket, """{"type":"want","count":4}""");
        var tickets = (await ReceiveAsync(socket)).Split('[')[1].Split(']')[0].Split(',').Select(t => t.Trim('"')).ToArray();

        foreach (var (ticket, bytes) in tickets.Zip<string, byte[]>(
        [
            [0xFF, 0xFF, 0xFF, 0xFF],                    // an unknown type and a length of 16 MiB
            [2, 0, 0, 1, 65],                            // DATA outside of a stream
            [1, 0, 0, 2, (byte)'{', (byte)'}'],          // OPEN without a target
            [4, 0, 0, 6, 255, 255, 255, 255, 0, 1],      // RESET of a stream to come: ignored between streams, and then the end
        ]))
        {
            using var data = await DataAsync(hub, ticket);
            await data.SendAsync(bytes);
            data.Shutdown(SocketShutdown.Send);
            var rest = new byte[16];
            try
            {
                Assert.Equal(0, await data.ReceiveAsync(rest).WaitAsync(Deadline));
            }
            catch (SocketException)
            {
                // Reset: as good.
            }
        }

        await SendAsync(socket, """{"type":"ping","stamp":3}""");
        Assert.Contains("\"stamp\":3", await ReceiveAsync(socket), StringComparison.Ordinal);
    }

    private static async Task<Socket> DataAsync(TestHub hub, string ticket)
    {
        var socket = await SocketDialer.ConnectAsync("127.0.0.1", hub.Address.Port, CancellationToken.None);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /_adit/link/data HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: adit-link\r\nAuthorization: Ticket {ticket}\r\n\r\n"));
        var head = new byte[4096];
        var length = 0;
        while (!head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
            length += await socket.ReceiveAsync(head.AsMemory(length));
        Assert.StartsWith("HTTP/1.1 101", Encoding.ASCII.GetString(head, 0, length), StringComparison.Ordinal);
        return socket;
    }

    private static async Task<ClientWebSocket> ConnectAsync(TestHub hub)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer good");
        socket.Options.AddSubProtocol(LinkProtocol.SubProtocol);
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{hub.Address.Port}{LinkProtocol.ControlPath}"), CancellationToken.None).WaitAsync(Deadline);
        return socket;
    }

    private static async Task<string> HelloAsync(TestHub hub, string hello)
    {
        using var socket = await ConnectAsync(hub);
        await SendAsync(socket, hello);
        return await ReceiveAsync(socket);
    }

    private static Task SendAsync(WebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    // The next message, or what there was when the connection ended.
    private static async Task<string> ReceiveAsync(WebSocket socket)
    {
        var buffer = new byte[65536];
        try
        {
            var result = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Deadline);
            return Encoding.UTF8.GetString(buffer, 0, result.Count);
        }
        catch (WebSocketException)
        {
            return "";
        }
    }
}
