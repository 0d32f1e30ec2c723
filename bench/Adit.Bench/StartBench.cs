using System.Diagnostics;
using Adit.Bench.Processes;
using Adit.Bench.Report;
using Adit.Bench.Subjects;

namespace Adit.Bench;

/// <summary>What it takes to start: help, a ready hub, and the memory of a hub and a client that have nothing to do.</summary>
internal static class StartBench
{
    public const string Name = "start";

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        var help = await HelpAsync(run, cancellationToken);
        var rounds = new Rounds();
        for (var round = 0; round < run.Pick(2, 5, 9); round++)
        {
            var started = Stopwatch.GetTimestamp();
            await using var hub = await AditHub.StartAsync(run, tls: false, cancellationToken);
            rounds.Add("ready", Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        await using var backend = await BackendProcess.StartAsync(cancellationToken);
        await using var idle = await AditHub.StartAsync(run, tls: false, cancellationToken);
        await RestAsync();
        var hubBytes = ProcFs.ResidentBytes(idle.Id);
        var client = await idle.ExposeHttpAsync(backend.Port, cancellationToken);
        await RestAsync();
        var clientBytes = ProcFs.ResidentBytes(client.Processes[1]);
        return
        [
            Line("adit --help: CPU", help, "ms", 100),
            Line("hub: first start until /readyz", rounds.Median("ready"), "ms", 1000),
            Line("hub: idle, resident", hubBytes / 1e6, "MB", 90),
            Line("client: idle with one tunnel, resident", clientBytes / 1e6, "MB", 45),
        ];

        Task RestAsync() => Task.Delay(TimeSpan.FromSeconds(run.Pick(2, 10, 30)), TimeProvider.System, cancellationToken);
    }

    // Many starts in one difference: the kernel's clock for ended children ticks every 10 ms.
    private static async Task<double> HelpAsync(BenchRun run, CancellationToken cancellationToken)
    {
        var times = run.Pick(5, 20, 40);
        var before = ProcFs.EndedChildrenCpuTime();
        for (var i = 0; i < times; i++)
        {
            await using var help = Child.Start("adit --help", run.Adit, ["--help"]);
            await Until.TrueAsync(() => help.HasExited, "adit --help to end", null, cancellationToken);
        }

        return (ProcFs.EndedChildrenCpuTime() - before).TotalMilliseconds / times;
    }

    private static Finding Line(string what, double value, string unit, double bound) => new()
    {
        Measurement = Name,
        What = what,
        Value = value,
        Unit = unit,
        Target = Target.AtMostValue(bound),
    };
}
