using System.Runtime.InteropServices;
using System.Text.Json;
using Adit.Bench.Content;
using Adit.Bench.Processes;
using Adit.Bench.Report;
using Adit.Bench.Scale;
using Adit.Bench.Tasks;

namespace Adit.Bench;

/// <summary>All measurements by name, those of <c>bench/tunnels</c> and those of <c>bench/content</c>, and a run of some of them.</summary>
internal static class Measurements
{
    /// <summary>Those of <c>bench/content</c>, in the order in which they run.</summary>
    public static IReadOnlyDictionary<string, Func<BenchRun, CancellationToken, Task<IReadOnlyList<Finding>>>> Content { get; } =
        new Dictionary<string, Func<BenchRun, CancellationToken, Task<IReadOnlyList<Finding>>>>
        {
            ["mixed"] = KeepersBench.MixedAsync,
            ["small"] = KeepersBench.SmallAsync,
            ["unchanged"] = KeepersBench.UnchangedAsync,
            ["edit"] = KeepersBench.EditAsync,
        };

    /// <summary>Those of <c>bench/tunnels</c>, in the order in which they run.</summary>
    public static IReadOnlyDictionary<string, Func<BenchRun, CancellationToken, Task<IReadOnlyList<Finding>>>> Tunnels { get; } =
        new Dictionary<string, Func<BenchRun, CancellationToken, Task<IReadOnlyList<Finding>>>>
        {
            [StartBench.Name] = StartBench.RunAsync,
            [RequestsBench.Name] = RequestsBench.RunAsync,
            [ThroughputBench.Name] = ThroughputBench.RunAsync,
            [LatencyBench.Name] = LatencyBench.RunAsync,
            [FairnessBench.Name] = FairnessBench.RunAsync,
            [ScaleBench.Name] = ScaleBench.RunAsync,
            [GateBench.Name] = GateBench.RunAsync,
            [TasksBench.Name] = TasksBench.RunAsync,
            [RunnerBench.Name] = RunnerBench.RunAsync,
        };

    /// <summary>
    /// Runs the named measurements of a bench, or all of it, and prints what they found. A measurement that fails does not stop the others.
    /// Gives the exit code: 0 when all were taken, met or not; 1 when one could not be taken.
    /// </summary>
    public static async Task<int> RunAsync(string bench, string adit, IReadOnlyList<string> names, Effort effort, bool json, CancellationToken cancellationToken)
    {
        var scratch = Directory.CreateTempSubdirectory("adit-bench-").FullName;
        var run = new BenchRun(adit, scratch, effort);
        var findings = new List<Finding>();
        var failed = new Dictionary<string, string>();
        try
        {
            var all = bench == "content" ? Content : Tunnels;
            foreach (var (name, measure) in all.Where(m => names.Count == 0 || names.Contains(m.Key)))
            {
                await Console.Error.WriteLineAsync($"{name}:");
                try
                {
                    findings.AddRange(await measure(run, cancellationToken));
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    failed[name] = e.Message;
                    await Console.Error.WriteLineAsync($"{name} failed: {e}");
                }
                finally
                {
                    await Child.EndAllAsync();
                }
            }
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }

        var command = $"bench/{bench} {string.Join(' ', names)}{(effort == Effort.Normal ? "" : $" --{effort.ToString().ToLowerInvariant()}")}".Replace("  ", " ", StringComparison.Ordinal);
        var report = new RunReport(TimeProvider.System.GetUtcNow(), command.TrimEnd(), Machine(), findings, failed);
        await Console.Out.WriteLineAsync(json ? JsonSerializer.Serialize(report, ReportJson.Default.RunReport) : Table(report));
        return failed.Count == 0 ? 0 : 1;
    }

    private static string Table(RunReport report)
    {
        var failed = string.Concat(report.Failed.Select(f => $"\n{f.Key} could not be measured: {f.Value}"));
        return $"`{report.Command}` on {report.At:yyyy-MM-dd}, {report.Machine}\n\n{MarkdownTable.Render(report.Findings)}{failed}";
    }

    private static string Machine()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        return $"{Environment.ProcessorCount} x {model ?? RuntimeInformation.ProcessArchitecture.ToString()}, {RuntimeInformation.FrameworkDescription}";
    }
}
