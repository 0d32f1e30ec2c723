using System.Net;
using System.Net.Http.Json;
using System.Text;
using Adit.Api;
using Adit.Hub.Runners;
using Adit.Hub.Tests.Tunnels;

namespace Adit.Hub.Tests.Runners;

/// <summary>Runners of other versions than the hub's. What they say is written out as they say it, not by the types of today.</summary>
public sealed class VersionTests
{
    private const string Facts = """{"os":"Debian 12","architecture":"x64","cpus":4,"memoryBytes":8589934592,"diskBytes":1099511627776,"gpus":[],"executors":["process"],"warnings":[]""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_runner_of_the_first_version_has_tasks_from_their_start_to_their_end_and_is_to_be_upgraded()
    {
        await using var hub = await TestHub.StartAsync();
        var link = await hub.LinkAsync(name: "old");
        var hello = $$"""{"name":"old","installation":"0123456789abcdef0123","version":"0.0.9","protocol":1,"link":"{{link.Link}}","facts":{{Facts}}},"tasks":[]}""";
        var welcome = await GreetAsync(hub, hello);
        Assert.Equal(1, welcome.Protocol);
        Assert.Equal($"The runner has version 0.0.9 and the hub {RunnerRules.OwnVersion}; they work together, and the older one should be upgraded.", welcome.Notice);

        await GoThroughAsync(hub, hello, link.Link, "\"state\":\"stopped\",\"since\":\"2026-01-01T00:00:00Z\",\"exitCode\":0");
        using var api = hub.Api();
        Assert.Equal(welcome.Notice, (await api.GetFromJsonAsync("/api/v1/runners/old", RunnersJson.Default.ApiRunner, Ct))!.Notice);
    }

    [Fact]
    public async Task A_runner_of_the_next_version_speaks_as_this_hub_does_and_what_it_says_beyond_is_passed_over()
    {
        await using var hub = await TestHub.StartAsync();
        var link = await hub.LinkAsync(name: "new");
        var hello = $$"""
            {"name":"new","installation":"0123456789abcdef0123","version":"99.0.0+abc","protocol":2,"link":"{{link.Link}}","process":"p-1","later":{"a":[1]},
            "facts":{{Facts}},"npus":[{"name":"X"}],"features":["secrets","what-comes-later"]},"labels":{},"taints":[],"tasks":[]}
            """;
        var welcome = await GreetAsync(hub, hello);
        Assert.Equal(1, welcome.Protocol);
        Assert.StartsWith("The runner has version 99.0.0 and the hub ", welcome.Notice);

        await GoThroughAsync(hub, hello, link.Link, "\"state\":\"stopped\",\"since\":\"2026-01-01T00:00:00Z\",\"exitCode\":0,\"logEnd\":2,\"energy\":{\"joules\":4}");
    }

    [Fact]
    public async Task A_runner_that_speaks_no_version_of_this_hub_is_told_to_upgrade_and_is_not_there()
    {
        await using var hub = await TestHub.StartAsync();
        var link = await hub.LinkAsync(name: "ancient");
        using var answer = await PostAsync(
            hub, "session", $$"""{"name":"ancient","installation":"0123456789abcdef0123","version":"0.0.1","protocol":0,"link":"{{link.Link}}","facts":{{Facts}}},"tasks":[]}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("upgrade the runner", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        using var api = hub.Api();
        Assert.Empty((await api.GetFromJsonAsync("/api/v1/runners", RunnersJson.Default.RunnerList, Ct))!.Items);
    }

    // A task that it is told of when it says hello again, its log and its end.
    private static async Task GoThroughAsync(TestHub hub, string hello, string link, string end)
    {
        using var api = hub.Api();
        using var made = await api.PostAsJsonAsync("/api/v1/tasks", new CreateTaskRequest { Template = "command", Name = "job", Command = ["true"] }, TasksJson.Default.CreateTaskRequest, Ct);
        var task = (await made.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!.Id;
        var wanted = Assert.Single((await GreetAsync(hub, hello)).Desired.Items);
        Assert.Equal((task, true, 1), (wanted.Spec.Id, wanted.Run, wanted.Spec.Attempt));
        foreach (var seen in new[] { "preparing", "ready" })
            await SayAsync(hub, "report", $$"""{"link":"{{link}}","tasks":[{"id":"{{task}}","attempt":1,"state":"{{seen}}","since":"2026-01-01T00:00:00Z"}]}""");
        await SayAsync(hub, "logs", $$"""{"link":"{{link}}","task":"{{task}}","lines":[{"number":1,"at":"2026-01-01T00:00:00Z","stream":"out","text":"done"}]}""");
        await SayAsync(hub, "report", $$"""{"link":"{{link}}","tasks":[{"id":"{{task}}","attempt":1,{{end}}}]}""");
        var ended = (await api.GetFromJsonAsync($"/api/v1/tasks/{task}", TasksJson.Default.ApiTask, Ct))!;
        Assert.Equal((TaskState.Stopped, 0), (ended.State, ended.ExitCode));
        Assert.Equal(["done"], (await api.GetFromJsonAsync($"/api/v1/tasks/{task}/logs", TasksJson.Default.LogPage, Ct))!.Lines.Select(static l => l.Text));
    }

    private static async Task<RunnerWelcome> GreetAsync(TestHub hub, string hello)
    {
        using var answer = await PostAsync(hub, "session", hello);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
        return (await answer.Content.ReadFromJsonAsync(RunnersJson.Default.RunnerWelcome, Ct))!;
    }

    private static async Task SayAsync(TestHub hub, string path, string json)
    {
        using var answer = await PostAsync(hub, path, json);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
    }

    private static async Task<HttpResponseMessage> PostAsync(TestHub hub, string path, string json)
    {
        using var api = hub.Api();
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await api.PostAsync("/api/v1/runner/" + path, content, Ct);
    }
}
