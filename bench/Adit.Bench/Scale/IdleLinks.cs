using System.Diagnostics;
using Adit.Bench.Load;
using Adit.Bench.Processes;
using Adit.Bench.Report;
using Adit.Bench.Subjects;

namespace Adit.Bench.Scale;

/// <summary>10,000 tunnels on 2,000 links over TLS: what they cost at rest, how soon a new one works, and how they come back.</summary>
internal static class IdleLinks
{
    private const int WarmUpLinks = 200;
    private const int TunnelsPerLink = 5;
    private const int AtOnce = 16;

    public static async Task<IReadOnlyList<Finding>> MeasureAsync(BenchRun run, CancellationToken cancellationToken)
    {
        var links = run.Pick(quick: 400, normal: 2000, full: 2000);
        await using var backend = await BackendProcess.StartAsync(cancellationToken);
        await using var hub = await AditHub.StartAsync(run, tls: true, cancellationToken);
        using var tunnels = new TunnelApi(hub, backend.Port);
        await using var fleet = new LinkFleet(hub, backend.Port);
        var findings = new List<Finding>();

        // The first links compile code and fill pools; the slope beyond them is what one more costs.
        await fleet.GrowAsync(WarmUpLinks, cancellationToken);
        await CreateAsync(0, 1);
        var start = await Quiet.RestingBytesAsync(hub.Id, cancellationToken);
        await fleet.GrowAsync(links, cancellationToken);
        var linked = await Quiet.RestingBytesAsync(hub.Id, cancellationToken);
        findings.Add(Line($"hub memory per idle link, TLS ({links:#,0} links)", (double)(linked - start) / (links - WarmUpLinks) / 1000, "KB", 95));

        await CreateAsync(1, TunnelsPerLink);
        var further = (TunnelsPerLink - 1) * links;
        var full = await Quiet.RestingBytesAsync(hub.Id, cancellationToken);
        findings.Add(Line($"hub memory per further tunnel ({further:#,0} more)", (double)(full - linked) / further / 1000, "KB", 4));
        findings.Add(Line("idle hub, share of a core", 100 * await IdleShareAsync(run, hub.Id, cancellationToken), "%", 2));
        findings.Add(Line("create until routable, p99", await RoutableAsync(run, hub, tunnels, fleet.LinkIds, cancellationToken), "ms", 20));
        findings.AddRange(await Churn.MeasureAsync(run, hub.Id, tunnels, fleet.LinkIds, cancellationToken));
        findings.AddRange(await RestartAsync(hub, tunnels, fleet, links, cancellationToken));
        return findings;

        async Task CreateAsync(int from, int to)
        {
            var names = fleet.LinkIds.Index().SelectMany(l => Enumerable.Range(from, to - from).Select(t => (Name: $"t{l.Index}-{t}", Link: l.Item)));
            await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (tunnel, ct) => await tunnels.CreateAsync(tunnel.Name, tunnel.Link, ct));
        }
    }

    private static async Task<double> IdleShareAsync(BenchRun run, int pid, CancellationToken cancellationToken)
    {
        var (cpu, started) = (ProcFs.CpuTime(pid), Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(run.Pick(3, 30, 60)), TimeProvider.System, cancellationToken);
        return (ProcFs.CpuTime(pid) - cpu) / Stopwatch.GetElapsedTime(started);
    }

    private static async Task<double> RoutableAsync(BenchRun run, AditHub hub, TunnelApi tunnels, IReadOnlyList<string> links, CancellationToken cancellationToken)
    {
        // The first few compile what no request has gone through yet.
        const int WarmUp = 20;
        var (asking, all) = (new Samples(), new Samples());
        for (var i = -WarmUp; i < run.Pick(200, 1000, 2000); i++)
        {
            var name = $"new-{i + WarmUp}";
            var visitor = hub.Visitor(name);
            using var connection = await HttpConnection.OpenAsync(visitor);
            var started = Stopwatch.GetTimestamp();
            await tunnels.CreateAsync(name, links[(i + WarmUp) % links.Count], cancellationToken);
            if (i >= 0)
                asking.AddSince(started);
            await connection.ExchangeAsync(HttpConnection.Get(visitor, "/")).AsTask().WithinAsync(name); // fails unless the tunnel's own backend answers
            if (i >= 0)
                all.AddSince(started);
            await tunnels.RemoveAsync(name, cancellationToken);
        }

        BenchRun.Say(
            $"create until routable: p50 {all.Percentile(0.5) / 1000:0.0} ms, p99 {all.Percentile(0.99) / 1000:0.0} ms; "
            + $"the hub's answer to the creation: p50 {asking.Percentile(0.5) / 1000:0.0} ms, p99 {asking.Percentile(0.99) / 1000:0.0} ms");
        return all.Percentile(0.99) / 1000;
    }

    private static async Task<IReadOnlyList<Finding>> RestartAsync(
        AditHub hub, TunnelApi tunnels, LinkFleet fleet, int links, CancellationToken cancellationToken)
    {
        // As `adit tunnel` does: with each new link, say again what it serves.
        fleet.OnConnected = async (number, link) =>
        {
            for (var t = 0; t < TunnelsPerLink; t++)
                await tunnels.CreateAsync($"t{number}-{t}", link, cancellationToken);
        };
        fleet.ForgetConnects();
        var started = Stopwatch.GetTimestamp();
        await hub.RestartAsync();
        await Until.TrueAsync(() => fleet.ServeTimes.Count >= links, "all links and their tunnels to be back", null, cancellationToken);
        var back = Since(fleet.ConnectTimes);
        BenchRun.Say("links back by second: " + string.Join(' ', back.CountBy(t => (int)t).OrderBy(c => c.Key).Select(c => $"{c.Key}: {c.Value}")));
        var busiest = back.Max(t => back.Count(u => u >= t && u < t + 1));
        return
        [
            Line($"hub restart until all {links:#,0} links are back", back[^1], "s", 10),
            Line($"hub restart until all {links * TunnelsPerLink:#,0} tunnels are served again", Since(fleet.ServeTimes)[^1], "s", null),
            Line("busiest second of the return, share of the links", 100.0 * busiest / links, "%", 50),
        ];

        double[] Since(IReadOnlyCollection<long> times) => [.. times.Select(t => Stopwatch.GetElapsedTime(started, t).TotalSeconds).Order().Take(links)];
    }

    private static Finding Line(string what, double value, string unit, double? bound) => new()
    {
        Measurement = ScaleBench.Name,
        What = what,
        Value = value,
        Unit = unit,
        Target = bound is { } most ? Target.AtMostValue(most) : null,
    };
}
