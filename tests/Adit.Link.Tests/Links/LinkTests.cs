using System.Text;
using Adit.Link.Streams;

namespace Adit.Link.Links;

public sealed class LinkTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_hub_opens_streams_to_the_client()
    {
        await using var hub = await TestHub.StartAsync();
        using var stop = new CancellationTokenSource();
        var run = hub.Client(EchoAndDisposeAsync).RunAsync(stop.Token);
        var link = await hub.LinkAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => AskAsync(link, $"question {i}"))).WaitAsync(Deadline);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"question {i}"), answers);
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Data_connections_are_used_again()
    {
        await using var hub = await TestHub.StartAsync();
        using var stop = new CancellationTokenSource();
        var run = hub.Client(EchoAndDisposeAsync).RunAsync(stop.Token);
        var link = await hub.LinkAsync();

        for (var i = 0; i < 100; i++)
            Assert.Equal("again", await AskAsync(link, "again").WaitAsync(Deadline));

        Assert.InRange(link.Connections, 1, 4);
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task The_client_opens_streams_to_the_hub()
    {
        await using var hub = await TestHub.StartAsync(new LinkHostOptions { OnStream = (_, stream) => LinkStreamTests.EchoAsync(stream) });
        using var stop = new CancellationTokenSource();
        var client = hub.Client();
        var linked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.Connected += _ => linked.TrySetResult(); // The hub knows the link before its client does.
        var run = client.RunAsync(stop.Token);
        await linked.Task.WaitAsync(Deadline, stop.Token);

        for (var i = 0; i < 20; i++)
        {
            await using var stream = await client.OpenAsync(new OpenRequest { Target = "tunnel:db" }, stop.Token);
            await stream.WriteAsync("hello"u8.ToArray());
            await stream.EndAsync();
            Assert.Equal("hello", await LinkStreamTests.ReadAllAsync(stream));
        }

        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Where_plain_upgrades_do_not_pass_data_goes_in_websocket_framing()
    {
        await using var hub = await TestHub.StartAsync(refuseUpgrade: true);
        using var stop = new CancellationTokenSource();
        var run = hub.Client(EchoAndDisposeAsync).RunAsync(stop.Token);
        var link = await hub.LinkAsync();

        var text = new string('x', 500_000);
        Assert.Equal(text, await AskUntilAnsweredAsync(link, text).WaitAsync(Deadline));
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_wrong_token_is_refused_for_good()
    {
        await using var hub = await TestHub.StartAsync();
        var client = hub.Client(change: o => o with { Token = "bad" });

        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(() => client.RunAsync(CancellationToken.None).WaitAsync(Deadline));

        Assert.Equal("unauthorized", refusal.Code);
        Assert.Contains("The token is not known.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_comes_back_to_a_hub_that_restarted_and_its_streams_serve_again()
    {
        var hub = await TestHub.StartAsync();
        using var stop = new CancellationTokenSource();
        var run = hub.Client(EchoAndDisposeAsync).RunAsync(stop.Token);
        await hub.LinkAsync();
        var port = hub.Address.Port;
        await hub.DisposeAsync();

        await using var again = await TestHub.StartAsync(port: port);
        var link = await again.LinkAsync();
        Assert.Equal("back", await AskUntilAnsweredAsync(link, "back").WaitAsync(Deadline));
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_stream_outlives_the_control_connection()
    {
        await using var hub = await TestHub.StartAsync();
        using var stop = new CancellationTokenSource();
        var client = hub.Client(EchoAndDisposeAsync);
        var run = client.RunAsync(stop.Token);
        var link = await hub.LinkAsync();
        await using var stream = await link.OpenAsync(new OpenRequest { Target = "x" }, stop.Token);
        await stream.WriteAsync("before "u8.ToArray());

        link.Control.Abort();
        var next = await hub.LinkAsync(l => l != link);

        await stream.WriteAsync("and after"u8.ToArray());
        await stream.EndAsync();
        Assert.Equal("before and after", await LinkStreamTests.ReadAllAsync(stream));
        Assert.Equal("new", await AskUntilAnsweredAsync(next, "new").WaitAsync(Deadline));
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_client_at_its_limit_of_connections_says_so()
    {
        await using var hub = await TestHub.StartAsync(new LinkHostOptions { DialTimeout = TimeSpan.FromSeconds(2) });
        using var stop = new CancellationTokenSource();
        var run = hub.Client(EchoAndDisposeAsync, o => o with { MaxConnections = 2 }).RunAsync(stop.Token);
        var link = await hub.LinkAsync();
        await using var one = await link.OpenAsync(new OpenRequest { Target = "x" }, stop.Token);
        await using var two = await link.OpenAsync(new OpenRequest { Target = "x" }, stop.Token);

        var open = link.OpenAsync(new OpenRequest { Target = "x" }, stop.Token).AsTask();

        var failure = await Assert.ThrowsAsync<LinkStreamException>(() => open.WaitAsync(Deadline));
        Assert.Equal(ResetCode.TimedOut, failure.Code);
        Assert.Contains("at its limit of 2 connections", failure.Message, StringComparison.Ordinal);
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_ticket_is_good_once()
    {
        await using var hub = await TestHub.StartAsync();
        using var stop = new CancellationTokenSource();
        var run = hub.Client(EchoAndDisposeAsync).RunAsync(stop.Token);
        var link = await hub.LinkAsync();
        var ticket = hub.Host.Tickets.Issue(link, DataRole.HubOpens);

        Assert.NotNull(hub.Host.Redeem(ticket));
        Assert.Null(hub.Host.Redeem(ticket));
        Assert.Null(hub.Host.Redeem("AAAAAAAAAAAAAAAAAAAAAA"));
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    private static async Task EchoAndDisposeAsync(LinkStream stream)
    {
        await using (stream)
            await LinkStreamTests.EchoAsync(stream);
    }

    private static async Task<string> AskAsync(HubLink link, string question)
    {
        await using var stream = await link.OpenAsync(new OpenRequest { Target = "tcp:127.0.0.1:1" }, CancellationToken.None);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(question));
        await stream.EndAsync();
        return await LinkStreamTests.ReadAllAsync(stream);
    }

    private static async Task<string> AskUntilAnsweredAsync(HubLink link, string question)
    {
        while (true)
        {
            try
            {
                return await AskAsync(link, question);
            }
            catch (LinkStreamException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }
}
