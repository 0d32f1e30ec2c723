using Adit.Api;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Tasks;

/// <summary>A runner that is killed (SIGKILL) while its tasks are on their way, alone or together with the hub: tasks are taken up again, once, or their end is said.</summary>
public sealed class RunnerKillTests(TaskStage stage) : IClassFixture<TaskStage>
{
    [Theory(Timeout = 120_000)]
    [InlineData(TaskState.Scheduled, false)]
    [InlineData(TaskState.Scheduled, true)]
    [InlineData(TaskState.Preparing, false)]
    [InlineData(TaskState.Preparing, true)]
    [InlineData(TaskState.Starting, false)]
    [InlineData(TaskState.Starting, true)]
    [InlineData(TaskState.Ready, false)]
    [InlineData(TaskState.Ready, true)]
    [InlineData(TaskState.Stopping, false)]
    [InlineData(TaskState.Stopping, true)]
    public async Task What_a_killed_runner_left_is_taken_up_where_it_is_and_never_doubled(TaskState state, bool isHubKilledToo)
    {
        var task = await stage.ReachAsync(state);
        await DieAsync(isHubKilledToo);
        await ComeBackAsync(isHubKilledToo);

        if (state == TaskState.Preparing)
            await stage.LetPrepareAsync(task);
        if (state == TaskState.Stopping)
        {
            Assert.False((await stage.ShowAsync(task.Id)).IsWanted);
            task.End(0);
            await stage.StateAsync(task, TaskState.Stopped);
        }
        else
        {
            if (state != TaskState.Ready)
                await stage.StateAsync(task, TaskState.Starting);
            task.Open();
            await stage.StateAsync(task, TaskState.Ready);
        }

        Assert.Equal((1, 1, state == TaskState.Stopping ? 0 : 1), ((await stage.ShowAsync(task.Id)).Attempt, task.Starts.Count, task.Alive.Count));
        await stage.EndAsync(task);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(TaskState.Starting, 3, TaskState.Failed, false)]
    [InlineData(TaskState.Ready, 0, TaskState.Stopped, false)]
    [InlineData(TaskState.Ready, 3, TaskState.Failed, false)]
    [InlineData(TaskState.Ready, 3, TaskState.Failed, true)]
    [InlineData(TaskState.Stopping, 3, TaskState.Stopped, false)]
    [InlineData(TaskState.Stopping, 3, TaskState.Stopped, true)]
    public async Task What_ended_while_its_runner_was_dead_has_its_exit_code(TaskState state, int code, TaskState end, bool isHubKilledToo)
    {
        var task = await stage.ReachAsync(state);
        await DieAsync(isHubKilledToo);
        task.End(code);
        await Eventually.HoldsAsync(() => task.Alive.Count == 0, "it has ended");
        await ComeBackAsync(isHubKilledToo);

        Assert.Equal(code, (await stage.StateAsync(task, end)).ExitCode);
        Assert.Single(task.Starts);
        await stage.EndAsync(task);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(TaskState.Starting)]
    [InlineData(TaskState.Ready)]
    public async Task A_stop_that_was_acknowledged_while_the_runner_was_dead_is_not_lost_when_the_hub_dies_too(TaskState state)
    {
        var task = await stage.ReachAsync(state);
        await stage.KillRunnerAsync();
        await stage.SayAsync(task, "stop");
        await stage.KillHubAsync();
        await ComeBackAsync(isHubKilledToo: true);
        await Eventually.HoldsAsync(() => task.IsAsked, "it is asked to end");
        task.End(0);
        await stage.StateAsync(task, TaskState.Stopped);
        Assert.Single(task.Starts);
        await stage.EndAsync(task);
    }

    [Fact(Timeout = 120_000)]
    public async Task Kills_of_both_sides_one_after_the_other_make_no_second_process()
    {
        var task = await stage.ReachAsync(TaskState.Ready);
        for (var i = 0; i < 3; i++)
        {
            await DieAsync(isHubKilledToo: i != 1);
            await ComeBackAsync(isHubKilledToo: i != 1);
        }

        await stage.StateAsync(task, TaskState.Ready);
        Assert.Equal((1, 1), (task.Starts.Count, task.Alive.Count));
        await stage.EndAsync(task);
    }

    private async Task DieAsync(bool isHubKilledToo)
    {
        if (isHubKilledToo)
            await stage.KillHubAsync();
        await stage.KillRunnerAsync();
    }

    private async Task ComeBackAsync(bool isHubKilledToo)
    {
        if (isHubKilledToo)
            await stage.StartHubAsync();
        await stage.StartRunnerAsync();
    }
}
