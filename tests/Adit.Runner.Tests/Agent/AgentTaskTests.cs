using System.Diagnostics;
using System.Runtime.Versioning;
using Adit.Api;
using Adit.Runner.Agent;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Agent;

/// <summary>One task of a runner when something around it fails.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentTaskTests
{
    private const string Idle = "while :; do sleep 0.05; done";

    [Fact]
    public async Task After_a_stop_that_failed_its_log_has_each_line_once()
    {
        await using var stage = new AgentStage();
        stage.Run(stage.Spec("t", $"trap 'for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done; exit' TERM; echo 0; {Idle}"));
        await stage.SeenAsync("t", TaskState.Ready);
        await Eventually.HoldsAsync(() => stage.Lines("t").Count == 1, "it waits for its end");
        var tries = 0;
        stage.Executor.BeforeStop = () => Interlocked.Increment(ref tries) < 3 ? throw new ExecutorException("The engine does not answer.") : Task.CompletedTask;

        stage.Tell(new DesiredTask { Spec = stage.Spec("t", Idle), Run = false });

        await stage.SeenAsync("t", TaskState.Stopped);
        Assert.Equal(3, tries);
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8"], stage.Lines("t").Select(static l => l.Text));
    }

    [Fact]
    public async Task A_new_attempt_never_takes_the_one_before_for_its_own_however_that_one_ends()
    {
        await using var stage = new AgentStage();
        stage.Run(stage.Spec("t", $"echo first; {Idle}"));
        await stage.SeenAsync("t", TaskState.Ready);
        await Eventually.HoldsAsync(() => stage.Lines("t").Count == 1, "it has spoken");
        var tries = 0;
        stage.Executor.BeforeStop = () => Interlocked.Increment(ref tries) == 1 ? throw new ExecutorException("The engine does not answer.") : Task.CompletedTask;

        stage.Run(stage.Spec("t", $"echo second; {Idle}", attempt: 2));

        await stage.SeenAsync("t", TaskState.Ready, 2);
        await Eventually.HoldsAsync(() => stage.Lines("t").Count == 2, "both have spoken");
        Assert.Equal(["first", "second"], stage.Lines("t").Select(static l => l.Text));
        Assert.Equal(2, stage.Executor.Starts);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_whose_output_cannot_be_read_ends_and_says_so()
    {
        await using var stage = new AgentStage();
        stage.Run(stage.Spec("t", $"echo first; {Idle}"));
        await stage.SeenAsync("t", TaskState.Ready);
        await Eventually.HoldsAsync(() => stage.Lines("t").Count == 1, "it has spoken");
        await stage.RestartAsync(() => File.Delete(Directory.EnumerateFiles(stage.Place("t").Path, "out", SearchOption.AllDirectories).Single()));
        await stage.SeenAsync("t", TaskState.Ready);

        stage.Tell(new DesiredTask { Spec = stage.Spec("t", Idle), Run = false });

        await stage.SeenAsync("t", TaskState.Stopped);
        Assert.StartsWith("The end of its output is not in its log: ", stage.Find("t")!.Seen.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Whoever_hears_that_a_start_is_called_off_may_ask_for_the_task()
    {
        await using var stage = new AgentStage();
        var prepares = new TaskCompletionSource();
        var calledOff = new TaskCompletionSource<ObservedTask>();
        stage.Executor.OnPrepare = token =>
        {
            token.Register(() => calledOff.SetResult(Task.Run(() => stage.Find("t")!.Seen).WaitAsync(TimeSpan.FromSeconds(5)).GetAwaiter().GetResult()));
            stage.Executor.BeforePrepare = () => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            prepares.SetResult();
        };
        stage.Run(stage.Spec("t", Idle));
        await prepares.Task;

        stage.Tell(new DesiredTask { Spec = stage.Spec("t", Idle), Run = false });

        Assert.Equal(TaskState.Preparing, (await calledOff.Task).State);
        await stage.SeenAsync("t", TaskState.Stopped);
    }

    [Fact]
    public async Task Trouble_that_stays_is_said_once_and_is_over_when_it_is()
    {
        await using var stage = new AgentStage();
        var changes = 0;
        var place = stage.Place("t");
        var memory = new TaskMemory { Spec = stage.Spec("t", Idle), Run = true };
        memory.Write(place);
        var isWell = false;
        var tries = 0;
        stage.Executor.BeforePrepare = () =>
        {
            Interlocked.Increment(ref tries);
            return isWell ? Task.CompletedTask : throw new InvalidOperationException("Nobody foresaw this.");
        };
        await using var task = new AgentTask(place, memory, new Dictionary<string, IExecutor> { ["process"] = stage.Executor }, new GpuDevices(), TimeProvider.System, () => Interlocked.Increment(ref changes));
        await Eventually.HoldsAsync(() => tries == 2, "it was tried again");
        var before = changes;
        await Eventually.HoldsAsync(() => tries == 3, "it was tried a third time");
        Assert.InRange(changes - before, 0, 2); // It prepares, and is in trouble.
        Assert.Contains("Nobody foresaw this.", task.Seen.Progress, StringComparison.Ordinal);

        isWell = true;
        await Eventually.HoldsAsync(() => task.Seen is { State: TaskState.Ready, Progress: null }, "it is ready");
        task.Forget(int.MaxValue, keepsHome: false);
        await Eventually.HoldsAsync(() => task.MayGo, "it has ended");
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_started_and_everything_can_be_ended()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can mount a small disk.");
        await using var stage = new AgentStage();
        Assert.Equal(0, await ProgramAsync("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", stage.Data));
        try
        {
            stage.Run(stage.Spec("old", Idle));
            await stage.SeenAsync("old", TaskState.Ready);
            await Eventually.HoldsAsync(() => TaskMemory.Read(stage.Place("old")) is { WasReady: true } && !File.Exists(Path.Combine(stage.Place("old").Attempt(1), "run")), "nothing of it is written or removed any more");
            await ProgramAsync("dd", "if=/dev/zero", $"of={stage.Data}/fill", "bs=1k", "count=300");

            stage.Run(stage.Spec("new", "true"));
            stage.Run(stage.Spec("old", "true", attempt: 2));
            Assert.Null(stage.Find("new"));
            Assert.Equal((TaskState.Ready, 1), (stage.Find("old")!.Seen.State, stage.Find("old")!.Seen.Attempt));
            Assert.Equal(1, stage.Executor.Starts);

            stage.Tell(new DesiredTask { Spec = stage.Spec("old", Idle), Run = false });
            await stage.SeenAsync("old", TaskState.Stopped);
            Assert.Null(TaskMemory.Read(stage.Place("old"))!.End);
            File.Delete(Path.Combine(stage.Data, "fill"));
            await Eventually.HoldsAsync(() => TaskMemory.Read(stage.Place("old")) is { Run: false, End.State: TaskState.Stopped }, "its end is kept once there is room");
            stage.Run(stage.Spec("old", Idle, attempt: 2)); // The hub says it again.
            await stage.SeenAsync("old", TaskState.Ready, 2);
            stage.TellAll();
            await stage.SeenAsync("old", TaskState.Stopped, 2);
            await stage.Tasks.DisposeAsync();
        }
        finally
        {
            await ProgramAsync("umount", "-l", stage.Data);
        }
    }

    private static async Task<int> ProgramAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
