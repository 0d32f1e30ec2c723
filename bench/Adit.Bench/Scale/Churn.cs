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

        // The first fifth fills caches and grows the heap to its working size.
        var fifth = Math.Max(1, memory.Count / 5);
        var (early, late) = (Middle(memory[fifth..Math.Min(memory.Count, 2 * fifth + 1)]), Middle(memory[^fifth..]));
        return
        [
            new Finding
            {
                Measurement = ScaleBench.Name, What = $"tunnels made and removed for {seconds} s", Value = rate, Unit = "/s",
                Target = Target.AtLeastValue(PerSecond * 0.99),
            },
            new Finding
            {
                Measurement = ScaleBench.Name, What = "hub memory after it, beside early in it", Value = late / 1e6, Unit = "MB",
                ReferenceName = "early", Reference = early / 1e6, Ratio = late / early, Target = Target.AtMostTimes(1.05),
            },
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

    private static double Middle(List<long> values) => values.Order().ElementAt(values.Count / 2);
}
