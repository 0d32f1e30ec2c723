using System.Threading.Channels;
using Adit.Testing;

namespace Adit.Link.Links;

/// <summary>A hub, or something that stands where one is looked for, that does not do as the protocol says.</summary>
public sealed class HostileHubTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("HTTP/1.1")]
    [InlineData("HTTP/1.")]
    [InlineData("HTTP/1.1   1")]
    [InlineData("HTTP/1.1 1")]
    [InlineData("HTTP/1.1 -12 No")]
    [InlineData("HTTP/1.1 +12 No")]
    [InlineData("HTTP/1.1 1011")]
    [InlineData("HTTP/1.1\t101 Switching")]
    [InlineData("HTTP/2 101")]
    [InlineData("")]
    public async Task An_answer_that_is_no_HTTP_is_tried_again_later(string status)
    {
        using var hub = new RawHub();
        using var stop = new CancellationTokenSource();
        var reasons = Channel.CreateUnbounded<string>();
        var client = hub.Client();
        client.Disconnected += (reason, _) => reasons.Writer.TryWrite(reason);
        var run = client.RunAsync(stop.Token);

        var (stream, _) = await hub.AcceptAsync().WaitAsync(Deadline);
        await using (stream)
            await RawHub.AnswerAsync(stream, status + "\r\n\r\n");

        Assert.Contains("not HTTP/1.1", await reasons.Reader.ReadAsync().AsTask().WaitAsync(Deadline), StringComparison.Ordinal);
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_hub_that_never_welcomes_is_given_up_by_the_clients_own_clock()
    {
        using var hub = new RawHub();
        using var stop = new CancellationTokenSource();
        var time = new ManualTimeProvider();
        var reasons = Channel.CreateUnbounded<string>();
        var client = hub.Client(o => o with { Time = time });
        client.Disconnected += (reason, _) => reasons.Writer.TryWrite(reason);
        var run = client.RunAsync(stop.Token);
        using var control = await hub.AcceptControlAsync().WaitAsync(Deadline);
        await time.WaitForTimersAsync(2);

        time.Advance(TimeSpan.FromSeconds(15));

        Assert.Contains("did not answer in time", await reasons.Reader.ReadAsync().AsTask().WaitAsync(Deadline), StringComparison.Ordinal);
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public async Task A_hub_that_asks_to_be_left_alone_for_weeks_is_tried_again_within_minutes(int retryAfter)
    {
        using var hub = new RawHub();
        using var stop = new CancellationTokenSource();
        var waits = Channel.CreateUnbounded<TimeSpan>();
        var client = hub.Client();
        client.Disconnected += (_, wait) => waits.Writer.TryWrite(wait);
        var run = client.RunAsync(stop.Token);
        using var control = await hub.AcceptControlAsync().WaitAsync(Deadline);
        await RawHub.SayAsync(control, """{"type":"welcome","protocol":1,"link":"l1","heartbeatMs":14000}""");

        await RawHub.SayAsync(control, $$"""{"type":"bye","code":"closed","retryAfterMs":{{retryAfter}} }""");

        Assert.InRange(await waits.Reader.ReadAsync().AsTask().WaitAsync(Deadline), TimeSpan.Zero, LinkProtocol.LongestRetryAfter);
        stop.Cancel();
        await run.WaitAsync(Deadline);
    }

    [Fact]
    public async Task When_the_control_connection_is_lost_the_client_drops_its_idle_data_connections()
    {
        using var hub = new RawHub();
        using var stop = new CancellationTokenSource();
        var client = hub.Client();
        var run = client.RunAsync(stop.Token);
        var control = await hub.AcceptControlAsync().WaitAsync(Deadline);
        await RawHub.SayAsync(control, """{"type":"welcome","protocol":1,"link":"l1","heartbeatMs":14000,"tickets":["T1"]}""");
        var (data, _) = await hub.AcceptAsync().WaitAsync(Deadline);
        await using var owned = data;
        await RawHub.AnswerAsync(data, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: adit-link\r\n\r\n");
        await Eventually.HoldsAsync(() => client.Connections == 1, "the data connection");

        control.Abort();

        try
        {
            Assert.Equal(0, await data.ReadAsync(new byte[1]).AsTask().WaitAsync(Deadline));
        }
        catch (IOException)
        {
            // Reset: as good.
        }

        stop.Cancel();
        await run.WaitAsync(Deadline);
    }
}
