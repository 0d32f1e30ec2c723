using System.Runtime.Versioning;
using Adit.Api;
using Adit.Runner.Agent;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Agent;

/// <summary>What a runner makes of what the hub says, in whatever order and however often it comes.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentTasksTests
{
    private const string Idle = "while :; do sleep 0.05; done";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_task_that_is_told_many_times_at_once_is_started_once()
    {
        await using var stage = new AgentStage();
        for (var i = 0; i < 10; i++)
        {
            var spec = stage.Spec($"twice{i}", $"echo $$ >> $HOME/started; {Idle}");
            var together = new Barrier(4);
            var message = new DesiredTasks { IsAll = false, Number = 0, Items = [new DesiredTask { Spec = spec, Run = true }] };
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait(Deadline);
                    stage.Tasks.Desire(message, AgentStage.Session);
                },
                TaskCreationOptions.LongRunning)));

            await stage.SeenAsync($"twice{i}", TaskState.Ready);
            Assert.Equal(i + 1, stage.Executor.Starts);
        }

        Assert.All(stage.Tasks.All, static t => Assert.Equal(TaskState.Ready, t.Seen.State));
    }

    [Fact]
    public async Task An_attempt_that_comes_while_the_one_before_is_removed_waits_and_loses_nothing()
    {
        await using var stage = new AgentStage();
        stage.Run(stage.Spec("t", "exit 3", kind: TaskKind.Job));
        await stage.SeenAsync("t", TaskState.Failed);
        var removing = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        stage.Executor.BeforeForget = async () =>
        {
            removing.TrySetResult();
            await go.Task;
        };
        stage.Forget("t", 1);
        var gone = stage.GoneAsync("t");
        await removing.Task.WaitAsync(Deadline);

        stage.Run(stage.Spec("t", $"echo here > $HOME/file; {Idle}", attempt: 2, kind: TaskKind.Job));
        Assert.Null(stage.Find("t"));
        go.SetResult();

        await stage.SeenAsync("t", TaskState.Ready, 2);
        await Eventually.HoldsAsync(() => File.Exists(stage.Home("t", "file")), "its file is there");
        Assert.Equal(TaskState.Ready, stage.Find("t")!.Seen.State);
        Assert.Equal(2, TaskMemory.Read(stage.Place("t"))!.Spec.Attempt);
        await gone.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task What_cannot_be_removed_is_said_once_and_a_new_attempt_runs_nevertheless()
    {
        await using var stage = new AgentStage();
        stage.Run(stage.Spec("t", "exit 3", kind: TaskKind.Job));
        await stage.SeenAsync("t", TaskState.Failed);
        stage.Executor.BeforeForget = static () => throw new ExecutorException("The engine does not answer.");
        stage.Forget("t", 1);
        _ = stage.GoneAsync("t").ContinueWith(static _ => { }, TaskScheduler.Default);
        await Eventually.HoldsAsync(() => stage.Find("t") is null && stage.Notes.Count > 0, "its removal was tried");
        Assert.Contains("The engine does not answer.", Assert.Single(stage.Notes), StringComparison.Ordinal);
        stage.Executor.BeforeForget = static () => Task.CompletedTask;

        await stage.RestartAsync();
        stage.Run(stage.Spec("t", Idle, attempt: 2, kind: TaskKind.Job));

        await stage.SeenAsync("t", TaskState.Ready, 2);
    }

    [Fact]
    public async Task The_home_of_a_session_outlives_its_end_and_restarts_of_the_runner_until_the_hub_forgets_the_task()
    {
        await using var stage = new AgentStage();
        stage.Run(stage.Spec("s", $"echo one > $HOME/notes; {Idle}"));
        await stage.SeenAsync("s", TaskState.Ready);
        await Eventually.HoldsAsync(() => File.Exists(stage.Home("s", "notes")), "it has written its notes");
        stage.Tell(new DesiredTask { Spec = stage.Spec("s", ""), Run = false });
        await stage.SeenAsync("s", TaskState.Stopped);
        stage.Forget("s", 1);
        await stage.GoneAsync("s");
        Assert.Equal("one\n", await File.ReadAllTextAsync(stage.Home("s", "notes")));
        Assert.Empty(stage.Place("s").Attempts());

        await stage.RestartAsync();
        Assert.Empty(stage.Tasks.All);
        Assert.Equal(TaskState.Stopped, Assert.Single(stage.Tasks.Seen()).State);
        stage.TellAll(new DesiredTask { Spec = stage.Spec("s", ""), Run = false, KeepsHome = true });
        Assert.Empty(stage.Tasks.All);
        stage.Run(stage.Spec("s", $"cat $HOME/notes; {Idle}", attempt: 2, firstLine: 8));
        await stage.SeenAsync("s", TaskState.Ready, 2);
        await Eventually.HoldsAsync(() => stage.Lines("s").Count == 1, "it has read its notes");
        Assert.Equal((8, "one"), (stage.Lines("s")[0].Number, stage.Lines("s")[0].Text));

        stage.Tell(new DesiredTask { Spec = stage.Spec("s", "", attempt: 2), Run = false });
        await stage.SeenAsync("s", TaskState.Stopped, 2);
        stage.Forget("s", 2);
        await stage.GoneAsync("s");
        Assert.True(File.Exists(stage.Home("s", "notes")));
        stage.Forget("s", int.MaxValue);
        await Eventually.HoldsAsync(() => !Directory.Exists(stage.Place("s").Path), "its home is gone");
        Assert.Empty(stage.Tasks.Seen());
    }

    [Fact]
    public async Task The_home_of_a_session_goes_when_the_hub_names_all_and_not_it_and_that_of_a_job_with_its_end()
    {
        await using var stage = new AgentStage();
        stage.Run(stage.Spec("s", "touch $HOME/file; exit 1"));
        stage.Run(stage.Spec("j", "touch $HOME/file; exit 1", kind: TaskKind.Job));
        await stage.SeenAsync("s", TaskState.Failed);
        await stage.SeenAsync("j", TaskState.Failed);
        stage.Forget("s", 1);
        stage.Forget("j", 1);
        await stage.GoneAsync("s");
        await stage.GoneAsync("j");
        await Eventually.HoldsAsync(() => !Directory.Exists(stage.Place("j").Path), "the job is gone");
        Assert.True(File.Exists(stage.Home("s", "file")));

        stage.TellAll();

        await Eventually.HoldsAsync(() => !Directory.Exists(stage.Place("s").Path), "the session is gone");
    }

    [Fact]
    public async Task A_message_that_was_overtaken_counts_for_nothing()
    {
        await using var stage = new AgentStage();
        DesiredTasks Message(long number, TaskSpec spec, bool run) => new() { IsAll = false, Number = number, Items = [new DesiredTask { Spec = spec, Run = run }] };
        var spec = stage.Spec("t", Idle);
        stage.Tasks.Desire(Message(5, spec, run: true), AgentStage.Session);
        stage.Tasks.Desire(Message(4, spec, run: false), AgentStage.Session);
        stage.Tasks.Desire(new DesiredTasks { IsAll = true, Number = 3, Items = [] }, AgentStage.Session);
        stage.Tasks.Desire(new DesiredTasks { IsAll = false, Number = 2, Items = [], Forget = [new TaskAttempt(stage.Id("t"), 1)] }, AgentStage.Session);
        stage.Tasks.Desire(Message(9, spec, run: false), "an earlier link");
        await stage.SeenAsync("t", TaskState.Ready);
        Assert.False(stage.Find("t")!.MayGo);
        stage.Tasks.Desire(Message(1, stage.Spec("other", Idle), run: true), AgentStage.Session);
        await stage.SeenAsync("other", TaskState.Ready); // Of which nothing later was said.

        stage.Tasks.Desire(new DesiredTasks { IsAll = true, Number = 6, Items = [] }, AgentStage.Session);
        await stage.SeenAsync("t", TaskState.Stopped);
    }

    [Fact]
    public async Task What_is_to_end_and_is_not_here_is_said_to_have_ended_and_leaves_nothing()
    {
        await using var stage = new AgentStage();

        stage.Tell(new DesiredTask { Spec = stage.Spec("t", Idle), Run = false, KeepsHome = true });

        Assert.Equal((stage.Id("t"), TaskState.Stopped), (Assert.Single(stage.Tasks.Absent()) is var seen ? (seen.Id, seen.State) : default));
        Assert.Empty(stage.Tasks.Absent());
        Assert.False(Directory.Exists(stage.Place("t").Path));
    }

    [Fact]
    public async Task A_place_that_cannot_be_read_stops_no_other_task()
    {
        await using var stage = new AgentStage();
        stage.Run(stage.Spec("good", Idle));
        stage.Run(stage.Spec("bad", Idle));
        await stage.SeenAsync("good", TaskState.Ready);
        await stage.SeenAsync("bad", TaskState.Ready);
        Assert.NotNull(stage.Find("bad")!.Spool);
        var log = stage.Place("bad").LogDirectory;
        Directory.Move(log, log + ".away");
        await File.WriteAllTextAsync(log, "no directory"); // Also root cannot read it.
        Directory.CreateDirectory(Path.Combine(stage.Data, "tasks", "worse", "task.json"));

        await stage.RestartAsync();

        await stage.SeenAsync("good", TaskState.Ready);
        await Eventually.HoldsAsync(() => stage.Find("bad")!.Seen.Progress?.Contains("in trouble", StringComparison.Ordinal) == true, "it says its trouble");
        Assert.Contains(stage.Notes, static n => n.Contains("worse", StringComparison.Ordinal));
        File.Delete(log);
        Directory.Move(log + ".away", log);
        await Eventually.HoldsAsync(() => stage.Find("bad")!.Seen is { State: TaskState.Ready, Progress: null }, "it goes on");
        Assert.Equal(2, stage.Executor.Starts);
    }

    [Fact]
    public async Task An_attempt_that_follows_one_which_a_killed_runner_left_running_ends_that_first()
    {
        await using var stage = new AgentStage();
        stage.Run(stage.Spec("t", $"trap 'echo bye; exit' TERM; echo first; {Idle}"));
        await stage.SeenAsync("t", TaskState.Ready);
        await Eventually.HoldsAsync(() => stage.Lines("t").Count == 1, "it waits for its end");
        var memory = TaskMemory.Read(stage.Place("t"))!;
        await stage.Tasks.DisposeAsync();
        // It was told of the next attempt and killed before it had ended the first.
        (memory with { Spec = stage.Spec("t", $"echo second; {Idle}", attempt: 2), WasReady = false }).Write(stage.Place("t"));

        await stage.RestartAsync();

        await stage.SeenAsync("t", TaskState.Ready, 2);
        await Eventually.HoldsAsync(() => stage.Lines("t").Count == 3, "both have spoken");
        Assert.Equal(["first", "bye", "second"], stage.Lines("t").Select(static l => l.Text));
    }
}
