using System.Text.Json;
using Adit.Testing;

namespace Adit.EndToEnd.Web;

/// <summary>Tasks of a test on a runner of its own. They would outlive both, so they are ended with it.</summary>
internal sealed class WebTasks : IAsyncDisposable
{
    private readonly WebHub _hub;
    private readonly RunnerProcess _runner;

    private WebTasks(WebHub hub, RunnerProcess runner)
    {
        _hub = hub;
        _runner = runner;
    }

    public static async Task<WebTasks> StartAsync(WebHub hub) => new(hub, await RunnerProcess.StartAsync(hub.Process, "gpu1", arguments: ["--label", "gpu=a100"]));

    /// <summary>Starts a task as the first admin and waits until it is in a state.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> StartAsync(object request, string until)
    {
        var id = (await _hub.PostAsync("/api/v1/tasks", request)).GetProperty("id").GetString()!;
        await Eventually.HoldsAsync(async () => (await _hub.GetAsync($"/api/v1/tasks/{id}")).GetProperty("state").GetString() == until, $"the task is {until}");
        return id;
    }

    /// <summary>A command that writes and then waits, at most ten minutes, for a file to appear, writes once more and waits again.</summary>
    public static object Writer(string name, string script, string file) => new
    {
        template = "command",
        name,
        resources = new { cpu = 0.1, memoryBytes = 64_000_000 },
        command = new[] { "sh", "-c", $"{script}; i=0; while [ ! -e '{file}' ] && [ $i -lt 3000 ]; do sleep 0.2; i=$((i+1)); done; echo the file is here; echo a warning >&2; sleep 600" },
    };

    public async ValueTask DisposeAsync()
    {
        var all = await AllAsync();
        foreach (var task in all)
        {
            if (!HasEnded(task))
                await _hub.PostAsync($"/api/v1/tasks/{task.GetProperty("id").GetString()}/stop", new { });
        }

        await Eventually.HoldsAsync(async () => (await AllAsync()).All(HasEnded), "the tasks have ended");
        await _runner.DisposeAsync();
    }

    private async Task<JsonElement[]> AllAsync() => [.. (await _hub.GetAsync("/api/v1/tasks?all=true")).GetProperty("items").EnumerateArray()];

    private static bool HasEnded(JsonElement task) => task.GetProperty("state").GetString() is "stopped" or "failed";
}
