using System.Diagnostics;
using System.Runtime.Versioning;
using Adit.Api;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Executors;

/// <summary>What is measured has the process for itself.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>What processes cost the runner. The figures are printed; the bounds are those below which something is wrong.</summary>
[SupportedOSPlatform("linux")]
[Collection(nameof(Alone))]
[Trait("Category", "Long")]
public sealed class ExecutorSpeedTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly TempDirectory _folder = new();
    private readonly ProcessExecutor _executor = new(new(), new Random(), TimeProvider.System);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_start_costs_little_more_than_a_shell()
    {
        const int Starts = 60;
        var times = new List<double>();
        for (var i = 0; i < Starts; i++)
        {
            var spec = Spec($"start-{i}", "true");
            var place = new TaskPlace(_folder.Path, spec.Id);
            var began = Stopwatch.GetTimestamp();
            await _executor.PrepareAsync(place, spec, new Progress<string>(), CancellationToken.None);
            await using var execution = await _executor.StartAsync(place, spec, CancellationToken.None);
            var started = Stopwatch.GetElapsedTime(began);
            Assert.Equal(0, (await execution.Ended.WaitAsync(Deadline)).ExitCode);
            if (i >= 10)
                times.Add(started.TotalMilliseconds);
        }

        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine($"prepared and started: p50 {times[times.Count / 2]:0.0} ms, p95 {times[times.Count * 95 / 100]:0.0} ms");
        Assert.True(times[times.Count / 2] < 100, "A start takes more than 100 ms.");
    }

    [Fact]
    public async Task Tasks_that_do_nothing_cost_nothing()
    {
        const int Tasks = 20;
        var executions = new List<IExecution>();
        var spools = new List<TaskSpool>();
        using var done = new CancellationTokenSource();
        for (var i = 0; i < Tasks; i++)
        {
            var spec = Spec($"idle-{i}", "sleep", "1000");
            var place = new TaskPlace(_folder.Path, spec.Id);
            await _executor.PrepareAsync(place, spec, new Progress<string>(), CancellationToken.None);
            executions.Add(await _executor.StartAsync(place, spec, CancellationToken.None));
            spools.Add(new TaskSpool(place.LogDirectory, TimeProvider.System));
            _ = executions[^1].ReadOutputAsync(spools[^1], done.Token);
        }

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(5));
        await timer.WaitForNextTickAsync();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        await timer.WaitForNextTickAsync();
        var used = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds / 5;

        TestContext.Current.TestOutputHelper?.WriteLine($"{Tasks} idle tasks: {used:P2} of a core");
        await done.CancelAsync();
        await Task.WhenAll(executions.Select(e => e.StopAsync(TimeSpan.Zero, CancellationToken.None))).WaitAsync(Deadline);
        spools.ForEach(static s => s.Dispose());
        Assert.True(used < 0.05, "Idle tasks use more than 5% of a core.");
    }

    private static TaskSpec Spec(string name, params string[] command) => new()
    {
        Id = $"{name}-{Environment.ProcessId}",
        Attempt = 1,
        Name = "test",
        Owner = "ada",
        Kind = TaskKind.Job,
        Executor = "process",
        Command = command,
    };
}
