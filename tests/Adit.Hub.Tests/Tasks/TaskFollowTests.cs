using Adit.Api;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks;

/// <summary>A log as it grows, and when that is over.</summary>
public sealed class TaskFollowTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Following_a_log_ends_when_whoever_follows_may_not_any_more()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        var task = await hub.ReadyAsync("site");
        await hub.Runner.LogAsync(task.Id, 1, "before");
        using var api = hub.Hub.Api(hub.Ann.Secret);
        using var following = await api.GetAsync($"/api/v1/tasks/{task.Id}/logs/follow?from=1", HttpCompletionOption.ResponseHeadersRead, Ct);
        using var reader = new StreamReader(await following.Content.ReadAsStreamAsync(Ct));
        await reader.ReadLineAsync(Ct);
        using var admin = hub.Hub.Api();
        using var revoked = await admin.DeleteAsync($"/api/v1/tokens/{hub.Ann.Id}", Ct);
        Assert.True(revoked.IsSuccessStatusCode);
        await hub.Runner.LogAsync(task.Id, 2, "after");
        var rest = await reader.ReadToEndAsync(Ct).WaitAsync(TimeSpan.FromSeconds(20), Ct);
        Assert.DoesNotContain("after", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_a_log_ends_with_its_last_line_also_when_that_comes_after_the_end()
    {
        await using var hub = await TaskHub.StartAsync(time: new ManualTimeProvider()); // It stands: nothing here waits for a heartbeat.
        var task = await hub.ReadyAsync("site");
        using var api = hub.Hub.Api(hub.Ann.Secret);
        using var following = await api.GetAsync($"/api/v1/tasks/{task.Id}/logs/follow?from=1", HttpCompletionOption.ResponseHeadersRead, Ct);
        await hub.Runner.LogAsync(task.Id, 1, "early");
        await hub.Runner.ReportAsync(task.Id, TaskState.Failed, static seen => seen with { ExitCode = 1, LogEnd = 4 });
        await hub.StateAsync(task.Id, TaskState.Failed);
        using var reader = new StreamReader(await following.Content.ReadAsStreamAsync(Ct));
        var read = reader.ReadToEndAsync(Ct);
        await hub.Runner.LogAsync(task.Id, 2, "late");
        await hub.Runner.LogAsync(task.Id, 3, "last");
        var all = await read.WaitAsync(TimeSpan.FromSeconds(20), Ct);
        Assert.InRange(all.IndexOf("last", StringComparison.Ordinal), all.IndexOf("late", StringComparison.Ordinal), all.IndexOf("event: end", StringComparison.Ordinal));
        Assert.Contains("early", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_a_log_ends_with_its_task()
    {
        await using var hub = await TaskHub.StartAsync(time: new ManualTimeProvider());
        var task = await hub.ReadyAsync("site");
        using var api = hub.Hub.Api(hub.Ann.Secret);
        using var following = await api.GetAsync($"/api/v1/tasks/{task.Id}/logs/follow?from=1", HttpCompletionOption.ResponseHeadersRead, Ct);
        using var reader = new StreamReader(await following.Content.ReadAsStreamAsync(Ct));
        await reader.ReadLineAsync(Ct);
        await hub.Runner.ReportAsync(task.Id, TaskState.Failed, static seen => seen with { ExitCode = 1 });
        Assert.Contains("event: end", await reader.ReadToEndAsync(Ct).WaitAsync(TimeSpan.FromSeconds(20), Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_the_log_of_a_task_whose_runner_sends_no_more_ends_all_the_same()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        var task = await hub.ReadyAsync("site");
        await hub.Runner.ReportAsync(task.Id, TaskState.Failed, static seen => seen with { ExitCode = 1, LogEnd = 400 });
        using var api = hub.Hub.Api(hub.Ann.Secret);
        var read = api.GetStringAsync($"/api/v1/tasks/{task.Id}/logs/follow?from=1", Ct);
        await Eventually.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(5));
                return read.IsCompleted;
            },
            "the end is said",
            cancellationToken: Ct);
        Assert.Contains("event: end", await read, StringComparison.Ordinal);
    }
}
