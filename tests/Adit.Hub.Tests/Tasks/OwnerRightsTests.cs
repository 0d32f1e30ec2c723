using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Access;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks;

/// <summary>Tasks of somebody who may not have them any more.</summary>
public sealed class OwnerRightsTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact(Timeout = 60_000)]
    public async Task The_tasks_of_an_account_that_is_disabled_are_ended_and_those_that_wait_never_start()
    {
        await using var hub = await TaskHub.StartAsync(time: _time, cpus: 1);
        var runs = await hub.RunAsync("runs", cpu: 1);
        await hub.ReadyAsync(runs);
        var waits = await hub.RunAsync("waits", cpu: 1);
        using (var disabled = await hub.Hub.SendAsync(
            null, HttpMethod.Patch, "accounts/ann", JsonContent.Create(new ChangeAccountRequest { State = "disabled" }, AccountsJson.Default.ChangeAccountRequest)))
            Assert.True(disabled.IsSuccessStatusCode, await disabled.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        _time.Advance(TimeSpan.FromSeconds(5));
        await _time.AdvanceUntilAsync(hub.Runner.WantedAsync(runs.Id, run: false), TimeSpan.FromMilliseconds(100));
        await hub.Runner.ReportAsync(runs.Id, TaskState.Stopped);
        await StateAsync(hub, runs, TaskState.Stopped, "The account 'ann', whose it is, is disabled or was removed.");
        await StateAsync(hub, waits, TaskState.Stopped, "The account 'ann', whose it is, is disabled or was removed.");
        Assert.Null(hub.Runner.Desired(waits.Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_left_a_project_gets_no_place_for_what_waited_in_it_and_keeps_what_runs()
    {
        await using var hub = await TaskHub.StartAsync(time: _time, cpus: 2);
        var bob = await hub.Hub.PersonAsync("bob");
        (await hub.Hub.CreateProjectAsync(bob, "churn")).Dispose();
        (await hub.Hub.SetMemberAsync(bob, "churn", "account:ann", ProjectRole.Member)).Dispose();
        var runs = await hub.RunAsync("runs", cpu: 1, project: "churn");
        await hub.ReadyAsync(runs);
        var other = await hub.RunAsync("other", cpu: 1);
        await hub.ReadyAsync(other);
        var waits = await hub.RunAsync("waits", cpu: 1, project: "churn");
        using (var left = await hub.Hub.SendAsync(bob, HttpMethod.Delete, "projects/churn/members/account:ann"))
            Assert.True(left.IsSuccessStatusCode, await left.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        await hub.EndAsync(other);
        _time.Advance(TimeSpan.FromSeconds(5));
        await _time.AdvanceUntilAsync(StateAsync(hub, waits, TaskState.Stopped, "Its owner 'ann' is no longer a member of the project 'churn'."), TimeSpan.FromMilliseconds(100));
        await StateAsync(hub, runs, TaskState.Ready, null);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_restart_passes_no_limit_of_its_template()
    {
        await using var hub = await TaskHub.StartAsync();
        await hub.TemplateAsync("one", "  maxPerUser: 1");
        var first = await hub.ReadyAsync("first", "one");
        await hub.PostAsync($"{first.Id}/stop");
        await hub.Runner.ReportAsync(first.Id, TaskState.Stopped);
        await hub.StateAsync(first.Id, TaskState.Stopped);
        await hub.ReadyAsync("second", "one");
        var (status, body) = await hub.PostAsync($"{first.Id}/restart");
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.Contains("lets one have 1 tasks of it", body, StringComparison.Ordinal);
    }

    // By the admin: Ann is not let in any more.
    private static Task StateAsync(TaskHub hub, ApiTask task, TaskState state, string? reason) => Eventually.HoldsAsync(
        () => hub.Service<Hub.Tasks.TaskRegistry>().Find(task.Id) is { Record: var r } && r.State == state && r.Reason == reason, $"{task.Name} is {state}: {reason}");
}
