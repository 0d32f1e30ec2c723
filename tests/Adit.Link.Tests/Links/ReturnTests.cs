using System.Threading.Channels;

namespace Adit.Link.Links;

public sealed class ReturnTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task After_a_drain_a_client_that_comes_too_early_waits_at_least_half_as_long_again()
    {
        var hub = await TestHub.StartAsync();
        using var stop = new CancellationTokenSource();
        var waits = Channel.CreateUnbounded<TimeSpan>();
        var client = hub.Client(change: options => options with { Random = new Least() });
        client.Disconnected += (_, wait) => waits.Writer.TryWrite(wait);
        var linked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.Connected += _ => linked.TrySetResult();
        var run = client.RunAsync(stop.Token);
        await linked.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);

        await hub.Host.DrainAsync("the hub is stopping", TimeSpan.FromSeconds(3));
        await hub.DisposeAsync();

        // A fifth of each wait is certain, the rest is chance.
        Assert.Equal(3 / 5.0, (await NextAsync()).TotalSeconds, 0.001);
        Assert.Equal(1.5 / 5, (await NextAsync()).TotalSeconds, 0.001);
        Assert.Equal(2 / 5.0, (await NextAsync()).TotalSeconds, 0.001); // As ever from here on: 0.5, 1, 2, 4, 8 s.
        stop.Cancel();
        await run.WaitAsync(Deadline, TestContext.Current.CancellationToken);

        async Task<TimeSpan> NextAsync() =>
            await waits.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    private sealed class Least : Random
    {
        public override double NextDouble() => 0;
    }
}
