using System.Net.Http.Json;
using Adit.Api;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Tasks;

/// <summary>
/// A hub that is killed (SIGKILL) in each transition of a task's life (docs/reference/tasks.md) and started again on its data: what was acknowledged holds,
/// what happened meanwhile is seen, and of each attempt there is one process.
/// </summary>
public sealed class HubKillTests(TaskStage stage) : IClassFixture<TaskStage>
{
    private Task _runnerBack = Task.CompletedTask;

    /// <summary>The transitions that a person asks for: acknowledged, and then the hub is killed.</summary>
    public static readonly TheoryData<TaskState, TaskState> Asked = new()
    {
        { TaskState.Queued, TaskState.Stopped },
        { TaskState.Scheduled, TaskState.Stopping },
        { TaskState.Preparing, TaskState.Stopping },
        { TaskState.Starting, TaskState.Stopping },
        { TaskState.Ready, TaskState.Stopping },
        { TaskState.Stopped, TaskState.Queued },
        { TaskState.Failed, TaskState.Queued },
    };

    /// <summary>The transitions that follow from what happens on the runner.</summary>
    public static readonly TheoryData<TaskState, TaskState> Seen = new()
    {
        { TaskState.Queued, TaskState.Scheduled },
        { TaskState.Scheduled, TaskState.Preparing },
        { TaskState.Scheduled, TaskState.Starting },
        { TaskState.Scheduled, TaskState.Ready },
        { TaskState.Scheduled, TaskState.Stopped },
        { TaskState.Scheduled, TaskState.Failed },
        { TaskState.Preparing, TaskState.Starting },
        { TaskState.Preparing, TaskState.Ready },
        { TaskState.Preparing, TaskState.Stopped },
        { TaskState.Preparing, TaskState.Failed },
        { TaskState.Starting, TaskState.Ready },
        { TaskState.Starting, TaskState.Stopped },
        { TaskState.Starting, TaskState.Failed },
        { TaskState.Ready, TaskState.Stopped },
        { TaskState.Ready, TaskState.Failed },
        { TaskState.Stopping, TaskState.Stopped },
        { TaskState.Stopping, TaskState.Failed },
    };

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Asked))]
    public async Task What_was_acknowledged_holds_when_the_hub_is_killed_right_after_it(TaskState from, TaskState to)
    {
        await stage.WholeAsync();
        var (task, others) = await ReachAsync(from);
        if (to == TaskState.Queued)
        {
            task.Again();
            task.Open();
        }

        await stage.SayAsync(task, to == TaskState.Queued ? "restart" : "stop");
        await stage.KillHubAsync();
        stage.Runner.Process.Send(Signal.Continue);
        await stage.StartHubAsync();

        if (to == TaskState.Queued)
        {
            Assert.Equal(2, (await stage.StateAsync(task, TaskState.Ready)).Attempt);
            Assert.Equal((2, 1), (task.Starts.Count, task.Alive.Count));
        }
        else
        {
            Assert.False((await stage.ShowAsync(task.Id)).IsWanted);
            if (from == TaskState.Preparing)
                await stage.LetPrepareAsync(task);
            if (from is TaskState.Starting or TaskState.Ready)
                await Eventually.HoldsAsync(() => task.IsAsked, "it is asked to end");
            task.End(0);
            await stage.StateAsync(task, TaskState.Stopped);
            Assert.InRange(task.Starts.Count, 0, from == TaskState.Queued ? 0 : 1);
        }

        await LeaveAsync(task, others);
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Seen))]
    public async Task What_happens_while_the_hub_is_dead_is_seen_when_it_is_back(TaskState from, TaskState to)
    {
        await stage.WholeAsync();
        var (task, others) = await ReachAsync(from, to);
        await stage.KillHubAsync();
        await CrossAsync(task, others, from, to);
        await stage.StartHubAsync();
        await ArriveAsync(task, others, from, to);
    }

    [Theory(Timeout = 120_000)]
    [Trait("Category", "Long")]
    [MemberData(nameof(Seen))]
    public async Task A_hub_that_is_killed_in_that_very_moment_brings_the_task_there(TaskState from, TaskState to)
    {
        await stage.WholeAsync();
        var (task, others) = await ReachAsync(from, to);
        await CrossAsync(task, others, from, to);
        await stage.KillHubAsync();
        await stage.StartHubAsync();
        await ArriveAsync(task, others, from, to);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_launch_that_was_acknowledged_is_not_lost_and_runs_once()
    {
        await stage.WholeAsync();
        var task = await stage.LaunchAsync();
        await stage.KillHubAsync();
        task.Open();
        await stage.StartHubAsync();
        await stage.StateAsync(task, TaskState.Ready);
        Assert.Equal((1, 1), (task.Starts.Count, task.Alive.Count));
        await stage.EndAsync(task);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_tasks_used_is_counted_once_however_often_the_hub_is_killed()
    {
        await stage.WholeAsync();
        var (task, _) = await ReachAsync(TaskState.Starting);
        for (var i = 0; i < 2; i++)
        {
            await stage.KillHubAsync();
            await stage.StartHubAsync();
        }

        Assert.Null(Assert.Single(await UsedAsync(task)).Ended);
        await stage.WholeAsync();
        task.End(0);
        var end = (await stage.StateAsync(task, TaskState.Stopped)).Ended!.Value;
        await stage.KillHubAsync();
        await stage.StartHubAsync();
        await stage.StateAsync(task, TaskState.Stopped); // An end that was seen and not yet on disk comes again from the runner.
        await Eventually.HoldsAsync(async () => (await UsedAsync(task)).All(static u => u.Ended is not null), "its end is counted");
        var used = Assert.Single(await UsedAsync(task));
        Assert.Equal(1, used.Attempt);
        Assert.InRange((used.Ended!.Value - end).Duration().TotalSeconds, 0, 5); // By the runner's clock, where it said so as it came back.
        Assert.Equal((used.Ended!.Value - used.Started).TotalHours, used.Hours, 6);
        await stage.EndAsync(task);
    }

    [Fact(Timeout = 400_000)]
    [Trait("Category", "Long")]
    public async Task A_hub_that_is_killed_while_tasks_are_lost_takes_up_those_that_are_wanted_and_ends_those_that_are_not()
    {
        await stage.WholeAsync();
        var (kept, _) = await ReachAsync(TaskState.Ready);
        var (stopped, _) = await ReachAsync(TaskState.Ready);
        var (given, _) = await ReachAsync(TaskState.Ready);
        await stage.KillRunnerAsync();
        foreach (var task in new[] { kept, stopped, given })
            await stage.StateAsync(task, TaskState.Lost, TimeSpan.FromSeconds(150));
        await stage.SayAsync(stopped, "stop");
        await AditProcess.RunAsync(["rm", given.Task.Name], stage.Hub.ClientEnvironment);

        await stage.KillHubAsync();
        await stage.StartHubAsync();
        Assert.Equal((TaskState.Lost, false), await stage.ShowAsync(stopped.Id) is var now ? (now.State, now.IsWanted) : default);
        Assert.Equal(TaskState.Lost, (await stage.ShowAsync(kept.Id)).State);
        Assert.Equal([1, 1, 1], new[] { kept, stopped, given }.Select(static t => t.Alive.Count));
        await stage.StartRunnerAsync();
        await stage.StateAsync(kept, TaskState.Ready);
        await Eventually.HoldsAsync(() => stopped.IsAsked && given.IsAsked, "what is not wanted is asked to end");
        stopped.End(0);
        given.End(0);
        await stage.StateAsync(stopped, TaskState.Stopped);
        Assert.Equal((1, 1), (kept.Starts.Count, kept.Alive.Count));
        foreach (var task in new[] { kept, stopped })
            await stage.EndAsync(task);
        await Eventually.HoldsAsync(() => stage.Left(given) is null, "nothing is left of what was given up");
    }

    [Fact]
    public void Every_transition_of_the_table_is_met()
    {
        var table = File.ReadLines(Repository.Find("docs", "reference", "tasks.md"))
            .Where(static l => l.StartsWith("| `", StringComparison.Ordinal)).TakeWhile(static l => l.Count(static c => c == '|') == 4)
            .Select(static l => l.Split('|'))
            .SelectMany(static c => c[3].Split(',', StringSplitOptions.TrimEntries).Select(to => (From: State(c[1]), To: State(to))))
            .Where(static p => p.From != TaskState.Lost && p.To != TaskState.Lost); // A hub alone loses nobody: a test of its own.
        Assert.Equal(table.Order(), Asked.Concat(Seen).Select(static r => (From: r.Data.Item1, To: r.Data.Item2)).Order());
    }

    private static bool IsEnd(TaskState state) => state is TaskState.Stopped or TaskState.Failed;

    private static TaskState State(string word) => Enum.Parse<TaskState>(word.Trim(' ', '`'), ignoreCase: true);

    // It fails before it was told to end: its runner was not there to be told, and learns of its failure first.
    private static bool IsUntold(TaskState from, TaskState to) => (from, to) is (TaskState.Stopping, TaskState.Failed);

    // Brings a new task there. The others have what it waits for.
    private async Task<(GatedTask Task, GatedTask? Blocker)> ReachAsync(TaskState state, TaskState? to = null)
    {
        if (to is { } next && IsUntold(state, next))
        {
            var untold = await stage.ReachAsync(TaskState.Ready);
            await stage.KillRunnerAsync();
            await stage.SayAsync(untold, "stop");
            await stage.StateAsync(untold, TaskState.Stopping);
            return (untold, null);
        }

        if (state == TaskState.Queued)
        {
            var blocker = await stage.LaunchAsync(TaskKind.Job, Environment.ProcessorCount);
            await stage.StateAsync(blocker, TaskState.Ready);
            var waiting = await stage.LaunchAsync();
            Assert.Equal(TaskState.Queued, waiting.Task.State);
            return (waiting, blocker);
        }

        return (await stage.ReachAsync(state), null);
    }

    private async Task<IReadOnlyList<UsageAttempt>> UsedAsync(GatedTask task)
    {
        using var http = LoopbackHttp.Create(stage.Hub.AdminToken);
        var report = await http.GetFromJsonAsync(new Uri($"{stage.Hub.Url}/api/v1/usage?by=task"), UsageJson.Default.UsageReport);
        return [.. report!.Attempts!.Where(a => a.Task == task.Id)];
    }

    // What makes it go on. The hub may be there or not.
    private async Task CrossAsync(GatedTask task, GatedTask? blocker, TaskState from, TaskState to)
    {
        if (IsUntold(from, to))
        {
            task.End(3);
            if (!stage.Hub.Process.HasExited)
                stage.Hub.Process.Send(Signal.Stop);
            _runnerBack = stage.StartRunnerAsync();
            await Eventually.HoldsAsync(() => stage.HasNotedEnd(task), "its runner has noted its end");
            if (!stage.Hub.Process.HasExited)
                stage.Hub.Process.Send(Signal.Continue);
            return;
        }

        if (from == TaskState.Scheduled && to == TaskState.Preparing)
            await stage.HoldPreparingAsync(task);
        if (to is TaskState.Ready or TaskState.Scheduled)
            task.Open();
        if (IsEnd(to))
            task.End(to == TaskState.Stopped ? 0 : 3);
        blocker?.End(0);
        stage.Runner.Process.Send(Signal.Continue);
        if (from == TaskState.Preparing)
            await stage.LetPrepareAsync(task);
    }

    private async Task ArriveAsync(GatedTask task, GatedTask? blocker, TaskState from, TaskState to)
    {
        await _runnerBack;
        var now = await stage.StateAsync(task, to == TaskState.Scheduled ? TaskState.Ready : to);
        if (IsEnd(to))
            Assert.Equal(to == TaskState.Stopped ? 0 : 3, now.ExitCode);
        if (to == TaskState.Preparing)
        {
            await stage.LetPrepareAsync(task);
            await stage.StateAsync(task, TaskState.Starting);
        }

        await task.StartedAsync();
        Assert.Equal((1, 1, IsEnd(to) ? 0 : 1), (now.Attempt, task.Starts.Count, task.Alive.Count));
        await LeaveAsync(task, blocker);
    }

    private async Task LeaveAsync(GatedTask task, GatedTask? blocker)
    {
        blocker?.End(0);
        await stage.EndAsync(task);
        if (blocker is not null)
            await stage.EndAsync(blocker);
    }
}
