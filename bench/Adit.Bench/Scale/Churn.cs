using System.Diagnostics;
using Adit.Bench.Processes;
using Adit.Bench.Report;

namespace Adit.Bench.Scale;

/// <summary>200 tunnels made and as many removed each second: does the hub keep up, and does its memory stay where it is?</summary>
internal static class Churn
{
    private const int PerSecond = 200;
    private const int LiveAtOnce = 100;
    private const int Lanes = 4;

    public static async Task<IReadOnlyList<Finding>> MeasureAsync(
        BenchRun run, int hubPid, TunnelApi tunnels, IReadOnlyList<string> links, CancellationToken cancellationToken)
    {
        var seconds = run.Pick(quick: 3, normal: 60, full: 600);
        var before = await Quiet.RestingBytesAsync(hubPid, cancellationToken);
        var memory = new List<long>();
        var started = Stopwatch.GetTimestamp();
        var lanes = Enumerable.Range(0, Lanes).Select(lane => LaneAsync(lane, seconds * PerSecond / Lanes)).ToArray();
        var all = Task.WhenAll(lanes);
        while (!all.IsCompleted)
        {
            memory.Add(ProcFs.PrivateBytes(hubPid));
            await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken));
        }

        await all;
        var rate = seconds * PerSecond / Stopwatch.GetElapsedTime(started).TotalSeconds;

        var after = await Quiet.RestingBytesAsync(hubPid, cancellationToken);
        return
        [
            new Finding
            {
                Measurement = ScaleBench.Name, What = $"tunnels made and removed for {seconds} s", Value = rate, Unit = "/s",
                Target = Target.AtLeastValue(PerSecond * 0.99),
            },
            new Finding
            {
                Measurement = ScaleBench.Name, What = "hub memory at rest after it, beside before it", Value = after / 1e6, Unit = "MB",
                ReferenceName = "before", Reference = before / 1e6, Ratio = (double)after / before, Target = Target.AtMostTimes(1.05),
            },
            new Finding { Measurement = ScaleBench.Name, What = "hub memory during it, at most", Value = memory.Max() / 1e6, Unit = "MB" },
        ];

        async Task LaneAsync(int lane, int count)
        {
            var live = new Queue<string>();
            for (var i = 0; i < count; i++)
            {
                var due = TimeSpan.FromSeconds((double)i * Lanes / PerSecond) - Stopwatch.GetElapsedTime(started);
                if (due > TimeSpan.Zero)
                    await Task.Delay(due, TimeProvider.System, cancellationToken);

                var name = $"churn-{lane}-{i}";
                await tunnels.CreateAsync(name, links[(lane + i * Lanes) % links.Count], cancellationToken);
                live.Enqueue(name);
                if (live.Count > LiveAtOnce / Lanes)
                    await tunnels.RemoveAsync(live.Dequeue(), cancellationToken);
            }

            while (live.TryDequeue(out var name))
                await tunnels.RemoveAsync(name, cancellationToken);
        }
    }
}
