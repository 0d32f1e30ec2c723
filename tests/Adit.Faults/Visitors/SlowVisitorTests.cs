using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Visitors;

/// <summary>Visitors who send a byte now and then, to hold what they can.</summary>
public sealed class SlowVisitorTests(OneTunnel tunnel) : IClassFixture<OneTunnel>
{
    private const int Crowd = 300;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Slow_heads_are_ended_and_delay_nobody()
    {
        var before = Descriptors.Sockets(tunnel.Hub.Process.Id);
        var crowd = new List<RawVisitor>();
        for (var i = 0; i < Crowd; i++)
        {
            crowd.Add(await RawVisitor.ConnectAsync(tunnel.Hub.Port, Deadline));
            await crowd[i].SendAsync("GET / HTTP/1.1\r\nHost: one.adit.localhost\r\nX-Slow: ", Deadline);
        }

        await AssertServedAsync();
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(5));
        var ends = crowd.Select(visitor => visitor.ReadToEndAsync(TimeSpan.FromSeconds(60), Deadline)).ToList();
        while (ends.Any(end => !end.IsCompleted) && await pace.WaitForNextTickAsync(Deadline))
        {
            foreach (var visitor in crowd)
            {
                await visitor.SendAsync("x", Deadline);
            }

            await AssertServedAsync();
        }

        Assert.All(await Task.WhenAll(ends), Assert.True);
        crowd.ForEach(visitor => visitor.Dispose());
        await Eventually.HoldsAsync(() => Descriptors.Sockets(tunnel.Hub.Process.Id) <= before + 1, "the sockets are gone");
    }

    [Fact(Timeout = 120_000)]
    public async Task Slow_bodies_delay_nobody_and_go_with_their_visitors()
    {
        await AssertServedAsync();
        var before = (Hub: Descriptors.Sockets(tunnel.Hub.Process.Id), Client: Descriptors.Sockets(tunnel.Client.Id));
        var crowd = new List<RawVisitor>();
        for (var i = 0; i < Crowd; i++)
        {
            crowd.Add(await RawVisitor.ConnectAsync(tunnel.Hub.Port, Deadline));
            await crowd[i].SendAsync("POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nContent-Length: 1000\r\n\r\nx", Deadline);
        }

        await AssertServedAsync();
        crowd.ForEach(visitor => visitor.Dispose());
        await Eventually.HoldsAsync(
            () => Descriptors.Sockets(tunnel.Hub.Process.Id) <= before.Hub + Crowd + 5,
            "the visitors' sockets are gone; data connections may stay warm for a minute");
        await AssertServedAsync();
    }

    private async Task AssertServedAsync() => Assert.EndsWith(
        "one says hello",
        await RawVisitor.AskAsync(tunnel.Hub.Port, "GET / HTTP/1.1\r\nHost: one.adit.localhost\r\nConnection: close\r\n\r\n", TimeSpan.FromSeconds(10), Deadline),
        StringComparison.Ordinal);
}
