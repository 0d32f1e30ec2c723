using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tasks;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;

namespace Adit.Hub.Tests.Runners;

/// <summary>Whose tasks a runner takes: its owner's alone where it is private, whoever its owner is.</summary>
public sealed class PrivateRunnerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_private_runner_takes_its_owners_tasks_and_no_others()
    {
        await using var hub = await TestHub.StartAsync();
        await using var runner = await FakeRunner.StartAsync(hub, "box", isPrivate: true);
        var ann = await hub.PersonAsync("ann");
        foreach (var wanted in new[] { null, "box" })
        {
            using var refused = await LaunchAsync(hub, ann, "mine", wanted);
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains("There is no runner that you may use: start one of your own with 'adit runner', or ask an admin to add one that everybody may use", await refused.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        }

        // Another admin's are somebody else's too.
        using (var other = await LaunchAsync(hub, await hub.PersonAsync("root", PlatformRole.Admin), "theirs"))
            Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        using var own = await LaunchAsync(hub, hub.AdminToken, "own");
        Assert.Equal("box", (await own.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!.Runner);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_may_not_use_it_does_not_see_it_and_admins_and_auditors_do()
    {
        await using var hub = await TestHub.StartAsync();
        await using var runner = await FakeRunner.StartAsync(hub, "box", isPrivate: true);
        var (ann, otto) = (await hub.PersonAsync("ann"), await hub.PersonAsync("otto", PlatformRole.Auditor));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Get, "runners/box"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Patch, "runners/box", Private(false)));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(otto, HttpMethod.Patch, "runners/box", Private(false)));
        Assert.True((await ShowAsync(hub, otto, "box")).IsPrivate);
        Assert.True((await ShowAsync(hub, hub.AdminToken, "box")).IsPrivate);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_said_on_the_hub_wins_over_what_the_runner_says_at_its_next_start()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.PersonAsync("ann");
        await using (await FakeRunner.StartAsync(hub, "box", isPrivate: true))
        {
            await ChangeAsync(hub, "box", false);
            using var shared = await LaunchAsync(hub, ann, "mine");
            Assert.Equal(HttpStatusCode.Created, shared.StatusCode);
        }

        await hub.RestartAsync();
        await using (await FakeRunner.StartAsync(hub, "box", isPrivate: true))
        {
            Assert.False((await ShowAsync(hub, ann, "box")).IsPrivate);
            await ChangeAsync(hub, "box", true);
        }

        await using (await FakeRunner.StartAsync(hub, "box"))
            Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Get, "runners/box"));
        Assert.Equal(["yes", "no"], (await hub.AuditAsync("action=runner.change")).Select(static e => e.Detail!["private"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_runner_follows_what_it_was_started_as_until_somebody_says_otherwise()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.PersonAsync("ann");
        await using (await FakeRunner.StartAsync(hub, "box"))
            Assert.False((await ShowAsync(hub, ann, "box")).IsPrivate);
        await using (await FakeRunner.StartAsync(hub, "box", isPrivate: true))
            Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Get, "runners/box"));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_waits_for_a_runner_that_becomes_private_is_told_so_and_starts_when_it_is_shared()
    {
        await using var hub = await TestHub.StartAsync();
        await using var runner = await FakeRunner.StartAsync(hub, "box", cpus: 1);
        var ann = await hub.PersonAsync("ann");
        using var before = await LaunchAsync(hub, hub.AdminToken, "first");
        var first = (await before.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!.Id;
        using var answer = await LaunchAsync(hub, ann, "waits");
        var task = (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!;
        Assert.Equal(TaskState.Queued, task.State);
        await ChangeAsync(hub, "box", true);
        await runner.ReportAsync(first, TaskState.Ready);
        await runner.ReportAsync(first, TaskState.Stopped);
        await Eventually.HoldsAsync(
            async () => (await TaskAsync(hub, ann, task.Id)).Queue?.Reason.StartsWith("There is no runner that you may use", StringComparison.Ordinal) == true, "it is told that it may not go there");
        await ChangeAsync(hub, "box", false);
        await Eventually.HoldsAsync(async () => (await TaskAsync(hub, ann, task.Id)).Runner == "box", "it has its turn");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_users_runner_is_the_users_alone_and_cannot_be_shared()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.PersonAsync("ann");
        await using var runner = await FakeRunner.StartAsync(hub, "laptop", token: ann);
        Assert.True((await ShowAsync(hub, ann, "laptop")).IsPrivate);
        using var refused = await hub.SendAsync(ann, HttpMethod.Patch, "runners/laptop", Private(false));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("only what an admin's token brought can be shared", await refused.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_hubs_own_user_is_shared_by_a_word_of_its_own_alone()
    {
        await using var hub = await TestHub.StartAsync();
        await using var runner = await FakeRunner.StartAsync(hub, "box", isPrivate: true, isHubUser: true);
        var ann = await hub.PersonAsync("ann");
        foreach (var word in new bool?[] { null, false })
        {
            using var refused = await hub.SendAsync(null, HttpMethod.Patch, "runners/box", Private(false, word));
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            var (code, detail) = await TaskCalls.ProblemAsync(refused);
            Assert.Equal("hub-user", code);
            Assert.StartsWith("The runner 'box' is that of 'adit up': tasks of everybody would run as the hub's own user", detail, StringComparison.Ordinal);
            Assert.True((await ShowAsync(hub, hub.AdminToken, "box")).IsPrivate);
        }

        // The word alone shares nothing, whoever says it.
        using (var nothing = await hub.SendAsync(null, HttpMethod.Patch, "runners/box", JsonContent.Create(new ChangeRunnerRequest { SharesHubUser = true }, RunnersJson.Default.ChangeRunnerRequest)))
            Assert.True((await nothing.Content.ReadFromJsonAsync(RunnersJson.Default.ApiRunner, Ct))!.IsPrivate);
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Patch, "runners/box", Private(false, true)));
        using var shared = await hub.SendAsync(null, HttpMethod.Patch, "runners/box", Private(false, true));
        Assert.False((await shared.Content.ReadFromJsonAsync(RunnersJson.Default.ApiRunner, Ct))!.IsPrivate);
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(hub.AdminToken, HttpMethod.Patch, "runners/box", Private(false))); // It is already.
        using var keyless = await hub.SendAsync(null, HttpMethod.Patch, "runners/box", new StringContent("""{"taints":[{"value":"b"}]}""", System.Text.Encoding.UTF8, "application/json"));
        Assert.StartsWith("What must be there is not in 'taints[0]': 'key';", (await TaskCalls.ProblemAsync(keyless)).Detail, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> LaunchAsync(TestHub hub, string token, string name, string? runner = null) => hub.SendAsync(token, HttpMethod.Post, "tasks", JsonContent.Create(
        new CreateTaskRequest { Template = "command", Name = name, Kind = TaskKind.Job, Command = ["true"], Runner = runner, Resources = new TaskResources { Cpu = 1 } }, TasksJson.Default.CreateTaskRequest));

    private static async Task<ApiTask> TaskAsync(TestHub hub, string token, string task)
    {
        using var answer = await hub.SendAsync(token, HttpMethod.Get, "tasks/" + task);
        return (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!;
    }

    private static async Task<ApiRunner> ShowAsync(TestHub hub, string token, string name)
    {
        using var answer = await hub.SendAsync(token, HttpMethod.Get, "runners/" + name);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(RunnersJson.Default.ApiRunner, Ct))!;
    }

    private static async Task ChangeAsync(TestHub hub, string name, bool isPrivate)
    {
        using var answer = await hub.SendAsync(null, HttpMethod.Patch, "runners/" + name, Private(isPrivate));
        Assert.Equal(isPrivate, (await answer.Content.ReadFromJsonAsync(RunnersJson.Default.ApiRunner, Ct))!.IsPrivate);
    }

    private static JsonContent Private(bool isPrivate, bool? sharesHubUser = null) => JsonContent.Create(new ChangeRunnerRequest { IsPrivate = isPrivate, SharesHubUser = sharesHubUser }, RunnersJson.Default.ChangeRunnerRequest);
}
