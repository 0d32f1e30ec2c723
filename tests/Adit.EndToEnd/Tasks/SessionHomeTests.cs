using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Api;
using Adit.Testing;

namespace Adit.EndToEnd.Tasks;

/// <summary>What is left of a session between its end and its next start: its files and its log.</summary>
[SupportedOSPlatform("linux")]
public sealed class SessionHomeTests
{
    [Fact(Timeout = 180_000)]
    public async Task A_session_that_is_started_again_finds_its_files_and_goes_on_with_its_log_and_leaves_nothing_when_it_is_removed()
    {
        await using var hub = await HubProcess.StartAsync();
        using var data = new TempDirectory();
        var token = await AditProcess.TokenAsync(["runner", "token", "create"], hub.ClientEnvironment);
        var runner = await RunnerProcess.StartAsync(hub, "gpu1", data.Path, token);
        try
        {
            await AditProcess.RunAsync(["launch", "command", "--name", "demo", "--wait", "--", "sh", "-c", "echo files: $(ls | wc -l); touch file$(ls | wc -l); sleep 600"], hub.ClientEnvironment);
            var task = await TaskAsync(hub, "demo");
            await LogAsync(hub, "files: 0");
            await StopAsync(hub);
            await AditProcess.RunAsync(["restart", "demo"], hub.ClientEnvironment);
            await LogAsync(hub, "files: 0", "files: 1");

            await StopAsync(hub);
            await runner.Process.DisposeAsync(); // And the runner's next process finds them too.
            runner = await RunnerProcess.StartAsync(hub, "gpu1", data.Path, token);
            await AditProcess.RunAsync(["restart", "demo"], hub.ClientEnvironment);
            await LogAsync(hub, "files: 0", "files: 1", "files: 2");

            await StopAsync(hub);
            Assert.True(Directory.Exists(Path.Combine(data.Path, "tasks", task.Id, "home")));
            await AditProcess.RunAsync(["rm", "demo"], hub.ClientEnvironment);
            await Eventually.HoldsAsync(() => !Directory.Exists(Path.Combine(data.Path, "tasks", task.Id)), "nothing is left of it");
        }
        finally
        {
            await runner.DisposeAsync();
        }
    }

    private static async Task StopAsync(HubProcess hub)
    {
        await AditProcess.RunAsync(["stop", "demo"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(async () => (await TaskAsync(hub, "demo")).State == TaskState.Stopped, "it is stopped");
    }

    private static async Task LogAsync(HubProcess hub, params string[] expected)
    {
        using var http = LoopbackHttp.Create(hub.AdminToken);
        IReadOnlyList<LogLine> lines = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                await using var answer = await http.GetStreamAsync(new Uri($"{hub.Url}/api/v1/tasks/demo/logs?from=1"));
                lines = (await JsonSerializer.DeserializeAsync(answer, TasksJson.Default.LogPage))!.Lines;
                return lines.Count >= expected.Length;
            },
            string.Join(", ", expected));
        Assert.Equal(expected.Select(static (text, i) => (i + 1L, text)), lines.Select(static l => (l.Number, l.Text)));
    }

    private static async Task<ApiTask> TaskAsync(HubProcess hub, string task)
    {
        using var http = LoopbackHttp.Create(hub.AdminToken);
        await using var answer = await http.GetStreamAsync(new Uri($"{hub.Url}/api/v1/tasks/{task}"));
        return (await JsonSerializer.DeserializeAsync(answer, TasksJson.Default.ApiTask))!;
    }
}
