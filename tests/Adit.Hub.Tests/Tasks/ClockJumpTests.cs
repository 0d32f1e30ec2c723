using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tasks.Idle;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks;

/// <summary>The hub's wall clock is set by a day, forth or back: what counts time that has passed does not notice.</summary>
public sealed class ClockJumpTests
{
    private readonly ManualTimeProvider _time = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task What_runs_goes_on_and_its_idle_time_is_what_has_passed(int days)
    {
        await using var hub = await TaskHub.StartAsync(time: _time);
        await hub.TemplateAsync("hour", "  idle: {timeout: 60m, minUptime: 0s}");
        var task = await hub.ReadyAsync("site", "hour");
        var engine = hub.Service<IdleEngine>();
        await engine.LookAsync(Ct);
        var before = (await hub.ShowAsync(task.Id)).Idle!.StopsAt - engine.Now;

        _time.ShiftWallClock(TimeSpan.FromDays(days));
        _time.Advance(TimeSpan.FromSeconds(6));
        await engine.LookAsync(Ct);

        var now = await hub.ShowAsync(task.Id);
        Assert.Equal((TaskState.Ready, true, false), (now.State, now.IsWanted, now.Idle!.IsWarned));
        Assert.Equal(before - TimeSpan.FromSeconds(6), now.Idle.StopsAt - engine.Now);
        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
        Assert.True((await RunnerAsync(hub)).IsUp);
        Assert.True(now.Cost is null or >= 0);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_runner_that_is_away_has_its_ninety_seconds(int days)
    {
        await using var hub = await TaskHub.StartAsync(time: _time);
        var task = await hub.ReadyAsync("site");
        await hub.Runner.DisposeAsync();
        await Eventually.HoldsAsync(async () => !(await RunnerAsync(hub)).IsUp, "the runner is away", cancellationToken: Ct);
        _time.ShiftWallClock(TimeSpan.FromDays(days));
        _time.Advance(TimeSpan.FromSeconds(80));
        Assert.Equal(TaskState.Ready, (await hub.ShowAsync(task.Id)).State);
        _time.Advance(TimeSpan.FromSeconds(10));
        await _time.AdvanceUntilAsync(hub.StateAsync(task.Id, TaskState.Lost), TimeSpan.FromSeconds(1));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task What_is_counted_by_the_clock_is_never_less_than_nothing(int days)
    {
        await using var hub = await TaskHub.StartAsync(time: _time);
        var task = await hub.RunAsync("train", kind: TaskKind.Job);
        await hub.ReadyAsync(task);
        _time.Advance(TimeSpan.FromSeconds(9));
        _time.ShiftWallClock(TimeSpan.FromDays(days));
        await hub.EndAsync(task);
        await hub.StateAsync(task.Id, TaskState.Stopped);
        using var api = hub.Hub.Api();
        var from = Uri.EscapeDataString(_time.GetUtcNow().AddDays(-10).ToString("O"));
        var to = Uri.EscapeDataString(_time.GetUtcNow().AddDays(10).ToString("O"));
        var report = await api.GetFromJsonAsync($"/api/v1/usage?by=task&from={from}&to={to}", UsageJson.Default.UsageReport, Ct);
        Assert.All(report!.Attempts!, a => Assert.Equal(days > 0 ? 24.0025 : 0, a.Hours, 6));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_clock_that_is_set_forth_holds_no_runner_for_who_has_only_just_come()
    {
        await using var hub = await TaskHub.StartAsync(time: _time, cpus: 2);
        await hub.ReadyAsync(await hub.RunAsync("runs", cpu: 1));
        Assert.Equal(TaskState.Queued, (await hub.RunAsync("large", cpu: 2)).State);
        _time.ShiftWallClock(TimeSpan.FromDays(1));
        Assert.Equal(TaskState.Scheduled, (await hub.RunAsync("small", cpu: 1)).State);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task For_who_waits_for_five_minutes_a_runner_is_held_also_when_the_clock_is_set_back(int days)
    {
        await using var hub = await TaskHub.StartAsync(time: _time, cpus: 2);
        var runs = await hub.RunAsync("runs", cpu: 1);
        await hub.ReadyAsync(runs);
        var large = await hub.RunAsync("large", cpu: 2);
        _time.ShiftWallClock(TimeSpan.FromDays(days));
        _time.Advance(TimeSpan.FromSeconds(301)); // More than a link without a word lasts: the runner comes again.
        await using var again = await FakeRunner.StartAsync(hub.Hub, cpus: 2, has: [new ObservedTask { Id = runs.Id, Attempt = 1, State = TaskState.Ready, Since = _time.GetUtcNow() }]);
        await hub.StateAsync(runs.Id, TaskState.Ready);

        var small = await hub.RunAsync("small", cpu: 1);
        Assert.Equal(TaskState.Queued, small.State);
        Assert.Equal("The runner 'gpu1' is held for a task that has waited longer.", small.Queue!.Reason);
        await again.ReportAsync(runs.Id, TaskState.Stopped);
        await hub.StateAsync(large.Id, TaskState.Scheduled);
        Assert.Equal(TaskState.Queued, (await hub.ShowAsync(small.Id)).State);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_held_for_who_has_waited_long_is_not_given_to_who_has_less()
    {
        await using var hub = await TaskHub.StartAsync(time: _time, cpus: 2);
        var bob = await hub.Hub.TokenAsync("bob");
        var runs = await hub.RunAsync("runs", cpu: 1);
        await hub.ReadyAsync(runs);
        var large = await hub.RunAsync("large", cpu: 2);
        _time.Advance(TimeSpan.FromSeconds(301));
        await using var again = await FakeRunner.StartAsync(hub.Hub, cpus: 2, has: [new ObservedTask { Id = runs.Id, Attempt = 1, State = TaskState.Ready, Since = _time.GetUtcNow() }]);
        await hub.StateAsync(runs.Id, TaskState.Ready);
        var small = await hub.RunAsync("small", cpu: 1, token: bob.Secret);
        Assert.Equal(TaskState.Queued, small.State);

        // It is Bob's turn, who has nothing, at the next look.
        _time.Advance(TimeSpan.FromSeconds(6));
        using var api = hub.Hub.Api();
        Assert.Equal(TaskState.Queued, (await api.GetFromJsonAsync($"/api/v1/tasks/{small.Id}", TasksJson.Default.ApiTask, Ct))!.State);
        await again.ReportAsync(runs.Id, TaskState.Stopped);
        await hub.StateAsync(large.Id, TaskState.Scheduled);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_waits_for_a_quota_holds_no_runner_however_long()
    {
        await using var hub = await TaskHub.StartAsync(time: _time, cpus: 2);
        var bob = await hub.Hub.TokenAsync("bob");
        await hub.QuotaAsync("user/ann", new SetQuotaRequest { Tasks = 1 });
        var runs = await hub.RunAsync("runs", cpu: 1);
        await hub.ReadyAsync(runs);
        Assert.Equal(TaskState.Queued, (await hub.RunAsync("next", cpu: 1)).State);
        _time.Advance(TimeSpan.FromSeconds(301));
        await using var again = await FakeRunner.StartAsync(hub.Hub, cpus: 2, has: [new ObservedTask { Id = runs.Id, Attempt = 1, State = TaskState.Ready, Since = _time.GetUtcNow() }]);
        await hub.StateAsync(runs.Id, TaskState.Ready);
        Assert.Equal(TaskState.Scheduled, (await hub.RunAsync("bobs", cpu: 1, token: bob.Secret)).State);
    }

    private static async Task<ApiRunner> RunnerAsync(TaskHub hub)
    {
        using var api = hub.Hub.Api();
        return (await api.GetFromJsonAsync("/api/v1/runners/gpu1", RunnersJson.Default.ApiRunner, Ct))!;
    }
}
