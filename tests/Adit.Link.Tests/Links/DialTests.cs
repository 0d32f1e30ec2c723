using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;
using Adit.Link.Streams;
using Adit.Testing;

namespace Adit.Link.Links;

/// <summary>What the hub asks a client to dial: what is waited for, what is kept warm, and no more than the client will hold.</summary>
public sealed partial class DialTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Who_gave_up_waiting_is_not_dialled_for()
    {
        await using var hub = await TestHub.StartAsync();
        using var client = await IdleClientAsync(hub);
        var link = await hub.LinkAsync();

        for (var i = 0; i < 50; i++)
        {
            using var enough = new CancellationTokenSource();
            var open = link.OpenAsync(new OpenRequest { Target = "x" }, enough.Token).AsTask();
            enough.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => open.WaitAsync(Deadline));
        }

        Assert.Equal(2, hub.Host.Tickets.Count); // Of the welcome, and of the first who waited.
    }

    [Fact]
    public async Task A_lost_ticket_fails_who_waits_and_not_who_gave_up()
    {
        await using var hub = await TestHub.StartAsync();
        using var client = await IdleClientAsync(hub);
        var link = await hub.LinkAsync();
        using var enough = new CancellationTokenSource();
        var first = link.OpenAsync(new OpenRequest { Target = "x" }, enough.Token).AsTask();
        enough.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Deadline));
        var second = link.OpenAsync(new OpenRequest { Target = "x" }, CancellationToken.None).AsTask();

        link.TicketLost(DataRole.HubOpens, "it is out of sockets");
        Assert.False(second.IsCompleted); // Another ticket is still out.
        link.TicketLost(DataRole.HubOpens, "it is out of sockets");

        var failure = await Assert.ThrowsAsync<LinkStreamException>(() => second.WaitAsync(Deadline));
        Assert.Equal(ResetCode.Busy, failure.Code);
        Assert.Contains("out of sockets", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ticket_that_is_shown_too_late_is_lost_although_no_sweep_has_seen_it()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(new LinkHostOptions { Time = time });
        using var client = await IdleClientAsync(hub);
        var link = await hub.LinkAsync();
        time.Advance(LinkProtocol.TicketLife + TimeSpan.FromSeconds(1));

        Assert.Null(hub.Host.Redeem(client.Tickets.Single()));
        _ = link.OpenAsync(new OpenRequest { Target = "x" }, CancellationToken.None).AsTask();

        Assert.Equal(2, hub.Host.Tickets.Count); // For who waits, and the warm one anew.
    }

    [Fact]
    public async Task An_admission_that_came_to_nothing_is_asked_for_anew()
    {
        await using var hub = await TestHub.StartAsync();
        using var client = await IdleClientAsync(hub);
        var link = await hub.LinkAsync();

        hub.Host.Redeem(client.Tickets.Single())!.Dispose(); // As when the upgrade throws.
        _ = link.OpenAsync(new OpenRequest { Target = "x" }, CancellationToken.None).AsTask();

        Assert.Equal(2, hub.Host.Tickets.Count);
    }

    [Fact]
    public async Task A_client_is_not_asked_for_more_connections_than_it_will_hold()
    {
        await using var hub = await TestHub.StartAsync();
        using var client = await IdleClientAsync(hub, maxConnections: 5);
        var link = await hub.LinkAsync();

        for (var i = 0; i < 10; i++)
            _ = link.OpenAsync(new OpenRequest { Target = "x" }, CancellationToken.None).AsTask();

        Assert.Equal(5, hub.Host.Tickets.Count);
        await client.SayAsync("""{"type":"want","count":64}""");
        await client.SayAsync("""{"type":"ping","stamp":1}""");
        while (!(await client.HearAsync()).Contains("pong", StringComparison.Ordinal))
        {
        }

        Assert.Equal(5, hub.Host.Tickets.Count);
    }

    [Fact]
    public async Task Streams_beyond_a_clients_limit_wait_and_all_are_served()
    {
        await using var hub = await TestHub.StartAsync();
        using var stop = new CancellationTokenSource();
        var run = hub.Client(EchoAsync, o => o with { MaxConnections = 3 }).RunAsync(stop.Token);
        var link = await hub.LinkAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => AskAsync(link, $"question {i}"))).WaitAsync(Deadline);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"question {i}"), answers);
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Who_waits_at_the_limit_gets_the_place_of_a_connection_that_dies()
    {
        var time = new ManualTimeProvider();
        var fails = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var served = 0;
        await using var hub = await TestHub.StartAsync(new LinkHostOptions { Time = time });
        using var stop = new CancellationTokenSource();
        var client = hub.Client(
            async stream =>
            {
                if (Interlocked.Increment(ref served) > 1)
                {
                    await EchoAsync(stream);
                    return;
                }

                await fails.Task;
                throw new InvalidOperationException("a defect");
            },
            o => o with { MaxConnections = 1 });
        var run = client.RunAsync(stop.Token);
        var link = await hub.LinkAsync();
        var stream = await link.OpenAsync(new OpenRequest { Target = "x" }, stop.Token).AsTask().WaitAsync(Deadline);
        var asking = AskAsync(link, "next");

        fails.SetResult();
        await Assert.ThrowsAsync<LinkStreamException>(() => stream.ReceiveAsync().AsTask().WaitAsync(Deadline));
        await stream.DisposeAsync();
        await Eventually.HoldsAsync(() => link.Connections == 0 && client.Connections == 0, "the connection to be gone");
        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("next", await asking.WaitAsync(Deadline));
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_request_that_is_too_long_takes_no_connection_out_of_the_pool()
    {
        await using var hub = await TestHub.StartAsync();
        using var stop = new CancellationTokenSource();
        var run = hub.Client(EchoAsync).RunAsync(stop.Token);
        var link = await hub.LinkAsync();

        for (var i = 0; i < 5; i++)
            await Assert.ThrowsAsync<ArgumentException>(async () => await link.OpenAsync(new OpenRequest { Target = new string('x', 5000) }, stop.Token));

        Assert.Equal("short", await AskAsync(link, "short").WaitAsync(Deadline));
        Assert.InRange(link.Connections, 1, 2);
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Whoever_hears_that_a_link_is_closed_may_use_it()
    {
        await using var hub = await TestHub.StartAsync();
        using var client = await IdleClientAsync(hub);
        var link = await hub.LinkAsync();
        var answered = false;
        link.Closed.Register(() => answered = Task.Run(async () =>
        {
            await Assert.ThrowsAsync<LinkStreamException>(async () => await link.OpenAsync(new OpenRequest { Target = "x" }, CancellationToken.None));
        }).Wait(TimeSpan.FromSeconds(5)));

        link.Close("the test");

        Assert.True(answered);
    }

    private static async Task EchoAsync(LinkStream stream)
    {
        await using (stream)
            await LinkStreamTests.EchoAsync(stream);
    }

    private static async Task<string> AskAsync(HubLink link, string question)
    {
        await using var stream = await link.OpenAsync(new OpenRequest { Target = "x" }, CancellationToken.None);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(question));
        await stream.EndAsync();
        return await LinkStreamTests.ReadAllAsync(stream);
    }

    private static async Task<IdleClient> IdleClientAsync(TestHub hub, int maxConnections = 0)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(LinkProtocol.SubProtocol);
        socket.Options.SetRequestHeader("Authorization", "Bearer good");
        await socket.ConnectAsync(new UriBuilder(hub.Address) { Scheme = "ws", Path = LinkProtocol.ControlPath }.Uri, CancellationToken.None);
        var client = new IdleClient(socket);
        await client.SayAsync($$"""{"type":"hello","protocol":1,"minProtocol":1,"client":{"name":"x"},"maxConnections":{{maxConnections}} }""");
        client.Tickets = [.. TicketWord().Matches(await client.HearAsync()).Select(m => m.Groups[1].Value)];
        return client;
    }

    [GeneratedRegex("\"([A-Za-z0-9_-]{22})\"")]
    private static partial Regex TicketWord();

    /// <summary>A client that says hello and dials nothing.</summary>
    private sealed class IdleClient(ClientWebSocket socket) : IDisposable
    {
        public IReadOnlyList<string> Tickets { get; set; } = [];

        public Task SayAsync(string message) =>
            socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

        public async Task<string> HearAsync()
        {
            var buffer = new byte[8192];
            var result = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Deadline);
            return Encoding.UTF8.GetString(buffer, 0, result.Count);
        }

        public void Dispose() => socket.Dispose();
    }
}
