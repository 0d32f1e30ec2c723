using System.Net;
using System.Net.Http.Headers;
using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Api;
using Adit.Testing;

namespace Adit.EndToEnd.Tasks;

/// <summary>The command lines of tasks that are promised to stay, with real processes and a real Jupyter.</summary>
[SupportedOSPlatform("linux")]
public sealed class LaunchTests
{
    [Fact(Timeout = 180_000)]
    public async Task A_jobs_exit_code_and_output_are_those_of_launch()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub);
        var output = await AditProcess.RunAsync(
            ["launch", "command", "--name", "hello", "--job", "--wait", "--", "sh", "-c", "echo hi; echo oops >&2; exit 3"], hub.ClientEnvironment, expectedExitCode: 3);
        Assert.Contains("hi\n", output, StringComparison.Ordinal);
        Assert.Contains("oops", await AditProcess.RunAsync(["logs", "hello"], hub.ClientEnvironment), StringComparison.Ordinal);
        var task = await TaskAsync(hub, "hello");
        Assert.Equal((TaskState.Failed, 3), (task.State, task.ExitCode));
        await AditProcess.RunAsync(["launch", "command", "--name", "hello", "--job", "--wait", "--memory", "1GB", "--", "echo", "hi"], hub.ClientEnvironment);

        // What has ended says so in the hub's own words, and what the log cannot do is refused.
        Assert.Equal("adit: The task 'hello' has ended.", await AditProcess.RunAsync(["exec", "hello", "--", "ls"], hub.ClientEnvironment, expectedExitCode: 4));
        Assert.Contains("holds nothing", await AditProcess.RunAsync(["rm", "hello"], hub.ClientEnvironment, expectedExitCode: 4), StringComparison.Ordinal);
        Assert.Contains("--tail takes 0 to 5000 lines, not 10000", await AditProcess.RunAsync(["logs", "hello", "-n", "10000"], hub.ClientEnvironment, expectedExitCode: 2), StringComparison.Ordinal);
        Assert.Contains("leave one out", await AditProcess.RunAsync(["logs", "-f", "hello", "--search", "hi"], hub.ClientEnvironment, expectedExitCode: 2), StringComparison.Ordinal);
        Assert.Equal("", (await AditProcess.RunAsync(["logs", "hello", "-n", "0"], hub.ClientEnvironment)).Trim());
    }

    [Fact(Timeout = 180_000)]
    public async Task What_a_launch_and_the_lists_leave_out_they_say()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub);
        var said = await AditProcess.RunAsync(["launch", "static", "--name", "site", "--wait"], hub.ClientEnvironment);
        Assert.Contains("It is stopped after 15 min without use, and after 7 d in any case.\n", said, StringComparison.Ordinal);
        Assert.Equal((900, 604_800), (await TaskAsync(hub, "site")).IdleTerms is { } terms ? (terms.StopAfterSeconds, terms.MaxAgeSeconds) : default);
        foreach (var name in new[] { "one", "two" })
        {
            said = await AditProcess.RunAsync(["launch", "command", "--name", name, "--job", "--wait", "--", "true"], hub.ClientEnvironment);
            Assert.DoesNotContain("without use", said, StringComparison.Ordinal);
        }

        Assert.EndsWith("1 task; 2 ended: 'adit ps --ended'.", (await AditProcess.RunAsync(["ps"], hub.ClientEnvironment)).TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("2 ended", await AditProcess.RunAsync(["ps", "--ended"], hub.ClientEnvironment), StringComparison.Ordinal);
        var tunnels = await AditProcess.RunAsync(["tunnel", "ls"], hub.ClientEnvironment);
        Assert.DoesNotContain("site--admin", tunnels, StringComparison.Ordinal);
        Assert.StartsWith("There are no tunnels but 1 port of a task (--all shows it).", tunnels, StringComparison.Ordinal);
        Assert.Contains("site--admin", await AditProcess.RunAsync(["tunnel", "ls", "--all"], hub.ClientEnvironment), StringComparison.Ordinal);
        Assert.Contains("site--admin", await AditProcess.RunAsync(["tunnel", "ls", "--json"], hub.ClientEnvironment), StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task Where_there_is_no_browser_the_link_that_signs_in_is_printed()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub);
        using var empty = new TempDirectory();
        var said = await AditProcess.RunAsync(["launch", "static", "--name", "site", "--open"], new Dictionary<string, string?>(hub.ClientEnvironment) { ["PATH"] = empty.Path });
        Assert.Contains($"once: http://site--admin.adit.localhost:{hub.Port}/_adit/sign-in#code=", said, StringComparison.Ordinal);
        Assert.Contains("No browser could be started here", said, StringComparison.Ordinal);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_notebook_is_launched_reached_kept_over_kills_of_both_sides_stopped_and_removed()
    {
        using var hubData = new TempDirectory();
        using var runnerData = new TempDirectory();
        var hub = await HubProcess.StartAsync(hubData.Path);
        var token = await AditProcess.TokenAsync(["runner", "token", "create"], hub.ClientEnvironment);
        var runner = await RunnerProcess.StartAsync(hub, "gpu1", runnerData.Path, token, ["--label", "gpu=a100"]);
        try
        {
            var launched = await AditProcess.RunAsync(["launch", "jupyter", "--name", "demo", "--cpu", "1", "--memory", "2Gi", "--wait", "--json"], hub.ClientEnvironment);
            var task = JsonSerializer.Deserialize(launched.Split('\n').First(static l => l.StartsWith('{')), TasksJson.Default.ApiTask)!;
            Assert.Equal((TaskState.Ready, "gpu1", $"http://demo--admin.adit.localhost:{hub.Port}/"), (task.State, task.Runner, task.Url));
            Assert.Equal(HttpStatusCode.OK, await AskAsync(hub, task, hub.AdminToken));
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(hub, task, null));

            Assert.Contains("Linux", await AditProcess.RunAsync(["exec", "demo", "--", "sh", "-c", "uname; exit 7"], hub.ClientEnvironment, expectedExitCode: 7), StringComparison.Ordinal);
            var missing = await AditProcess.RunAsync(["exec", "demo", "--", "no-such-program"], hub.ClientEnvironment, expectedExitCode: 127);
            Assert.Contains("no-such-program", missing, StringComparison.Ordinal);

            runner.Process.Send(Signal.Kill);
            await runner.Process.WaitForExitAsync();
            var port = hub.Port;
            hub.Process.Send(Signal.Kill);
            await hub.Process.WaitForExitAsync();
            hub = await HubProcess.StartAsync(hubData.Path, port);
            runner = await RunnerProcess.StartAsync(hub, "gpu1", runnerData.Path, token, ["--label", "gpu=a100"]);
            await Eventually.HoldsAsync(async () => await AskAsync(hub, task, hub.AdminToken) == HttpStatusCode.OK, "the notebook is reached again");
            var kept = await TaskAsync(hub, task.Id);
            Assert.Equal((TaskState.Ready, 1), (kept.State, kept.Attempt));

            await AditProcess.RunAsync(["stop", "demo"], hub.ClientEnvironment);
            await Eventually.HoldsAsync(async () => (await TaskAsync(hub, task.Id)).State == TaskState.Stopped, "it is stopped");
            await AditProcess.RunAsync(["restart", "demo"], hub.ClientEnvironment);
            await Eventually.HoldsAsync(async () => await TaskAsync(hub, task.Id) is { State: TaskState.Ready, Attempt: 2 }, "it is ready again", TimeSpan.FromSeconds(60));
            await AditProcess.RunAsync(["stop", "demo"], hub.ClientEnvironment);
            await Eventually.HoldsAsync(async () => (await TaskAsync(hub, task.Id)).State == TaskState.Stopped, "it is stopped again");
            await AditProcess.RunAsync(["rm", "demo"], hub.ClientEnvironment);
            Assert.Contains("There are no tasks", await AditProcess.RunAsync(["ps"], hub.ClientEnvironment), StringComparison.Ordinal);
            Assert.DoesNotContain("demo--admin", await AditProcess.RunAsync(["tunnel", "ls"], hub.ClientEnvironment), StringComparison.Ordinal);
        }
        finally
        {
            await runner.DisposeAsync();
            await hub.DisposeAsync();
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Who_finds_no_room_waits_and_who_never_could_is_told_at_once()
    {
        await using var hub = await HubProcess.StartAsync();
        var none = await AditProcess.RunAsync(["launch", "command", "--job", "--", "true"], hub.ClientEnvironment, expectedExitCode: 4);
        Assert.Contains("There is no runner that you may use: start one of your own with 'adit runner', or ask an admin to add one that everybody may use", none, StringComparison.Ordinal);
        await using var runner = await RunnerProcess.StartAsync(hub);
        var never = await AditProcess.RunAsync(["launch", "command", "--job", "--cpu", "1000", "--", "true"], hub.ClientEnvironment, expectedExitCode: 4);
        Assert.Contains("No runner could ever take it (1000 cores", never, StringComparison.Ordinal);

        var all = Environment.ProcessorCount.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await AditProcess.RunAsync(["launch", "command", "--name", "big", "--job", "--cpu", all, "--", "sleep", "600"], hub.ClientEnvironment);
        Assert.Contains("1. in the queue: The runner 'gpu1' has 0 of", await AditProcess.RunAsync(["launch", "command", "--name", "next", "--job", "--cpu", "1", "--", "true"], hub.ClientEnvironment), StringComparison.Ordinal);
        await AditProcess.RunAsync(["stop", "big"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(
            async () => (await AditProcess.RunAsync(["ps", "--ended", "--json"], hub.ClientEnvironment)).Contains("\"name\":\"next\",\"kind\":\"job\"", StringComparison.Ordinal)
                && (await TaskAsync(hub, "next")).State == TaskState.Stopped,
            "the next has its turn");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_drained_runner_has_no_tasks_and_gets_none()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub);
        await AditProcess.RunAsync(["launch", "command", "--name", "long", "--job", "--", "sleep", "600"], hub.ClientEnvironment);
        await AditProcess.RunAsync(["runner", "drain", "gpu1"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(async () => (await TaskAsync(hub, "long")).State == TaskState.Stopped, "its task ends");
        Assert.Contains("is being drained", await AditProcess.RunAsync(["launch", "command", "--name", "other", "--job", "--", "true"], hub.ClientEnvironment), StringComparison.Ordinal);
        await AditProcess.RunAsync(["runner", "uncordon", "gpu1"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(async () => (await TaskAsync(hub, "other")).State == TaskState.Stopped, "it gets tasks again");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_runners_token_is_good_for_nothing_else_and_another_machine_is_not_the_runner()
    {
        await using var hub = await HubProcess.StartAsync();
        var token = await AditProcess.TokenAsync(["runner", "token", "create"], hub.ClientEnvironment);
        await using var runner = await RunnerProcess.StartAsync(hub, "gpu1", token: token);
        var thief = new Dictionary<string, string?>(hub.ClientEnvironment) { ["ADIT_TOKEN"] = token };
        foreach (var line in new[] { "ps", "tunnel ls", "runner ls", "launch command -- true", "tunnel http 9" })
            await AditProcess.RunAsync(line.Split(' '), thief, expectedExitCode: 3);
        using var elsewhere = new TempDirectory();
        var refused = await AditProcess.RunAsync(["runner", "--name", "gpu1", "--data", elsewhere.Path], thief, expectedExitCode: 4);
        Assert.Contains("is for 'gpu1' and registers no more runners", refused, StringComparison.Ordinal);
        var twice = await AditProcess.RunAsync(["runner", "--name", "gpu1", "--data", runner.DataDirectory], thief, expectedExitCode: 1);
        Assert.Contains("in use by another runner", twice, StringComparison.Ordinal);

        var id = token.Split('_')[1];
        await AditProcess.RunAsync(["token", "revoke", id], hub.ClientEnvironment);
        Assert.Equal(3, await runner.Process.WaitForExitAsync());
    }

    private static async Task<ApiTask> TaskAsync(HubProcess hub, string task)
    {
        using var http = LoopbackHttp.Create(hub.AdminToken);
        await using var answer = await http.GetStreamAsync(new Uri($"{hub.Url}/api/v1/tasks/{task}"));
        return (await JsonSerializer.DeserializeAsync(answer, TasksJson.Default.ApiTask))!;
    }

    private static async Task<HttpStatusCode> AskAsync(HubProcess hub, ApiTask task, string? token)
    {
        using var http = LoopbackHttp.Create();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(task.Url + "api"));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
