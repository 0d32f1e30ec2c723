using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Runners;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tasks;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Runners;

/// <summary>Who may be a runner: one process of an installation, with a token that is for it.</summary>
public sealed class RunnerIdentityTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_copy_of_a_runner_that_is_there_is_refused_and_the_tasks_of_the_first_go_on()
    {
        await using var hub = await TestHub.StartAsync();
        await using var first = await FakeRunner.StartAsync(hub, "box", process: "one");
        var task = await LaunchAsync(hub, "day-of-work");
        await first.ReportAsync(task.Id, TaskState.Ready);
        foreach (var process in new[] { "another", null })
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(() => FakeRunner.StartAsync(hub, "box", process: process));
            Assert.Contains("\"in-use\"", refused.Message, StringComparison.Ordinal);
            Assert.Contains("is connected already", refused.Message, StringComparison.Ordinal);
            Assert.Contains("Give this one a --data and a --name of its own", refused.Message, StringComparison.Ordinal);
        }

        await first.ReportAsync(task.Id, TaskState.Ready); // On the link that it had.
        Assert.Equal(TaskState.Ready, (await ShowAsync(hub, task.Id)).State);
        Assert.NotNull(hub.Services.GetRequiredService<RunnerRegistry>().Find("box")!.Second);
        using var checks = await hub.SendAsync(null, HttpMethod.Get, "checks");
        Assert.Contains("A second machine at 127.0.0.1", await checks.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_same_process_comes_back_at_once_while_its_old_link_still_looks_alive()
    {
        await using var hub = await TestHub.StartAsync(new ManualTimeProvider()); // Nobody waits: the clock stands.
        await using var before = await FakeRunner.StartAsync(hub, "box", process: "one");
        before.IsDeaf = true;
        await using var after = await FakeRunner.StartAsync(hub, "box", process: "one");
        Assert.True(hub.Services.GetRequiredService<RunnerRegistry>().Find("box")!.IsUp);
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_process_takes_over_when_nobody_answers_on_the_old_link()
    {
        await using var hub = await TestHub.StartAsync();
        await using var dead = await FakeRunner.StartAsync(hub, "box", process: "one");
        dead.IsDeaf = true;
        await using var after = await FakeRunner.StartAsync(hub, "box", process: "two");
        Assert.Equal("two", hub.Services.GetRequiredService<RunnerRegistry>().Find("box")!.Session!.Process);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_that_registered_its_runner_registers_no_other_and_is_no_other()
    {
        await using var hub = await TestHub.StartAsync();
        var (a, b) = (await TokenAsync(hub, 1), await TokenAsync(hub, 1));
        await using (await FakeRunner.StartAsync(hub, "one", token: a.Secret))
        await using (await FakeRunner.StartAsync(hub, "two", token: b.Secret))
        {
            foreach (var name in new[] { "three", "two" })
            {
                var refused = await Assert.ThrowsAsync<RefusedException>(() => FakeRunner.StartAsync(hub, name, token: a.Secret));
                Assert.Contains(name == "two" ? "\"in-use\"" : "\"token-bound\"", refused.Message, StringComparison.Ordinal);
            }
        }

        var stolen = await Assert.ThrowsAsync<RefusedException>(() => FakeRunner.StartAsync(hub, "two", token: a.Secret)); // With the installation, too.
        Assert.Contains("registers no more runners: make one for this machine with 'adit runner token create'", stolen.Message, StringComparison.Ordinal);
        Assert.Equal(["one"], (await TokensAsync(hub)).Single(t => t.Id == a.Id).Runners);
        using var list = await hub.SendAsync(null, HttpMethod.Get, "runners/two");
        Assert.Equal(b.Id, (await list.Content.ReadFromJsonAsync(RunnersJson.Default.ApiRunner, Ct))!.Token);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_runner_may_be_given_another_token_and_frees_the_one_it_had()
    {
        await using var hub = await TestHub.StartAsync();
        var (a, b) = (await TokenAsync(hub, 1), await TokenAsync(hub, 1));
        await using (await FakeRunner.StartAsync(hub, "one", token: a.Secret))
        {
        }

        await hub.RestartAsync(); // All of it is on disk.
        await using (await FakeRunner.StartAsync(hub, "one", token: b.Secret))
        await using (await FakeRunner.StartAsync(hub, "two", token: a.Secret))
            Assert.Equal([("one", b.Id), ("two", a.Id)], (await TokensAsync(hub)).Where(static t => t.Runners.Count > 0).Select(static t => (t.Runners[0], t.Id)).Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_without_a_number_registers_many_as_before()
    {
        await using var hub = await TestHub.StartAsync();
        var fleet = await TokenAsync(hub, null);
        await using var one = await FakeRunner.StartAsync(hub, "one", token: fleet.Secret);
        await using var two = await FakeRunner.StartAsync(hub, "two", token: fleet.Secret);
        Assert.Equal(["one", "two"], (await TokensAsync(hub)).Single(t => t.Id == fleet.Id).Runners);
        Assert.Equal(HttpStatusCode.BadRequest, await hub.StatusAsync(null, HttpMethod.Post, "tokens", Request(0)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_revokes_a_runners_token_is_told_which_tasks_are_left_there_and_so_is_the_audit_log()
    {
        await using var hub = await TestHub.StartAsync();
        var token = await TokenAsync(hub, 1);
        await using var runner = await FakeRunner.StartAsync(hub, "box", token: token.Secret);
        var task = await LaunchAsync(hub, "day-of-work");
        await runner.ReportAsync(task.Id, TaskState.Ready);
        using var answer = await hub.SendAsync(null, HttpMethod.Delete, "tokens/" + token.Id);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var left = (await answer.Content.ReadFromJsonAsync(TokensJson.Default.RevokedToken, Ct))!;
        Assert.Equal("box", Assert.Single(left.Runners));
        Assert.Equal("admin/day-of-work on box", Assert.Single(left.Tasks));
        var entry = (await hub.AuditAsync("action=token.revoke")).Single();
        Assert.Equal(("box", "admin/day-of-work on box"), (entry.Detail!["runners"], entry.Detail["tasks"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_is_told_to_end_on_a_runner_that_is_away_says_what_it_waits_for()
    {
        await using var hub = await TestHub.StartAsync();
        ApiTask task;
        await using (var runner = await FakeRunner.StartAsync(hub, "box"))
        {
            task = await LaunchAsync(hub, "left");
            await runner.ReportAsync(task.Id, TaskState.Ready);
        }

        await Eventually.HoldsAsync(() => !hub.Services.GetRequiredService<RunnerRegistry>().Find("box")!.IsUp, "the runner is away");
        using var answer = await hub.SendAsync(null, HttpMethod.Post, $"tasks/{task.Id}/stop");
        var stopped = (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!;
        Assert.Equal(TaskState.Stopping, stopped.State);
        Assert.Equal("waits for its runner 'box', which is not connected", stopped.Progress);
    }

    private static JsonContent Request(int? runners) =>
        JsonContent.Create(new CreateTokenRequest { Name = "runner", Scopes = ["runner:serve"], MaxRunners = runners }, TokensJson.Default.CreateTokenRequest);

    private static async Task<ApiToken> TokenAsync(TestHub hub, int? runners)
    {
        using var answer = await hub.SendAsync(null, HttpMethod.Post, "tokens", Request(runners));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Ct))!;
    }

    private static async Task<IReadOnlyList<ApiToken>> TokensAsync(TestHub hub)
    {
        using var answer = await hub.SendAsync(null, HttpMethod.Get, "tokens");
        return (await answer.Content.ReadFromJsonAsync(TokensJson.Default.TokenList, Ct))!.Items;
    }

    private static async Task<ApiTask> LaunchAsync(TestHub hub, string name)
    {
        using var answer = await hub.SendAsync(null, HttpMethod.Post, "tasks", JsonContent.Create(
            new CreateTaskRequest { Template = "command", Name = name, Kind = TaskKind.Job, Command = ["true"], Resources = new TaskResources { Cpu = 1 } }, TasksJson.Default.CreateTaskRequest));
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Ct));
        return (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!;
    }

    private static async Task<ApiTask> ShowAsync(TestHub hub, string task)
    {
        using var answer = await hub.SendAsync(null, HttpMethod.Get, "tasks/" + task);
        return (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!;
    }
}
