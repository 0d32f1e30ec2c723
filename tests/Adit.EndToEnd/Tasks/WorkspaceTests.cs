using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Adit.Api;
using Adit.Testing;

namespace Adit.EndToEnd.Tasks;

/// <summary>Workspaces that go from one machine to the other, with a real Jupyter.</summary>
[SupportedOSPlatform("linux")]
public sealed class WorkspaceTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task A_notebook_that_was_edited_in_Jupyter_on_one_runner_is_there_on_another_after_stop_and_start()
    {
        if (!File.Exists("/usr/bin/jupyter-notebook"))
            Assert.Skip("/usr/bin/jupyter-notebook is not installed here.");
        await using var hub = await HubProcess.StartAsync();
        await using var first = await RunnerProcess.StartAsync(hub, "first");
        await using var second = await RunnerProcess.StartAsync(hub, "second");
        using var owner = LoopbackHttp.Create(hub.AdminToken);
        var task = await LaunchAsync(hub, "first");
        Assert.Equal("home-admin/demo", task.Workspace?.Volume);
        await WriteAsync(owner, task, "1 + 1");

        // The command line of the contract, and what it says of what was made.
        Assert.Matches("^[0-9a-f]{12} on main: [0-9]+ files, ", await AditProcess.RunAsync(["snapshot", "demo", "-m", "before lunch"], hub.ClientEnvironment));
        var again = JsonSerializer.Deserialize(await AditProcess.RunAsync(["snapshot", "demo", "--json"], hub.ClientEnvironment), VolumesJson.Default.CreatedSnapshot)!;
        Assert.Equal(("before lunch", "manual", "admin", false), (again.Snapshot.Message, again.Snapshot.Cause, again.Snapshot.Author, again.IsNew));
        await WriteAsync(owner, task, "2 + 2");
        Assert.Contains("that of the task 'demo'", await AditProcess.RunAsync(["launch", "jupyter", "--name", "other", "--workspace", "demo"], hub.ClientEnvironment, expectedExitCode: 4), StringComparison.Ordinal);

        await AditProcess.RunAsync(["stop", "demo"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(async () => (task = await ShowAsync(owner, hub)).State == TaskState.Stopped, "it is stopped");
        Assert.Equal(("stop", "main"), (task.Workspace!.Cause, task.Workspace.Branch));
        task = await LaunchAsync(hub, "second");
        Assert.Equal("second", task.Runner);
        using var notebook = JsonDocument.Parse(await owner.GetStringAsync(At(task), Deadline));
        Assert.Equal("2 + 2", notebook.RootElement.GetProperty("content").GetProperty("cells")[0].GetProperty("source").GetString());
        await Eventually.HoldsAsync(() => !Directory.EnumerateDirectories(Path.Combine(first.DataDirectory, "tasks")).Any(), "nothing is left of it on the first");
        await AditProcess.RunAsync(["stop", "demo"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(async () => (await ShowAsync(owner, hub)).State == TaskState.Stopped, "it is stopped");
    }

    [Fact(Timeout = 120_000)]
    public async Task What_changes_is_kept_while_it_runs_as_often_as_its_template_says_and_is_its_users_at_the_next_start()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub);
        using var files = new TempDirectory();
        var user = Environment.UserName == "root" ? ", user: nobody" : ""; // Only root runs tasks as others.
        files.Write("often.yaml", $"apiVersion: adit/v1\nkind: Template\nmetadata: {{slug: often, name: Often}}\nspec:\n  type: session\n  source: {{openCommand: true{user}}}\n  home: workspace\n  workspace: {{every: 1s}}\n");
        await AditProcess.RunAsync(["template", "push", files.File("often.yaml")], hub.ClientEnvironment);
        await AditProcess.RunAsync(
            ["launch", "often", "--name", "demo", "--wait", "--", "sh", "-c", "mkdir -p .cache/pip a/__pycache__; echo x >.cache/pip/x; echo x >a/__pycache__/x; echo x >a/kept; mkfifo pipe; exec sleep 600"], hub.ClientEnvironment);
        using var owner = LoopbackHttp.Create(hub.AdminToken);
        await Eventually.HoldsAsync(async () => (await ShowAsync(owner, hub)).Workspace?.Cause == "schedule", "it is kept by the clock");
        // The clock may have struck between two lines of the script: then there is one more.
        await Eventually.HoldsAsync(
            async () => (await AditProcess.RunAsync(["snapshot", "demo"], hub.ClientEnvironment)).TrimEnd().EndsWith("on main: nothing has changed", StringComparison.Ordinal), "all is kept");
        Assert.Contains("pipe", await AditProcess.RunAsync(["logs", "demo"], hub.ClientEnvironment), StringComparison.Ordinal);
        await AditProcess.RunAsync(["pull", "home-admin/demo", files.File("pulled")], hub.ClientEnvironment);
        Assert.Equal(["kept"], Directory.EnumerateFiles(files.File("pulled"), "*", SearchOption.AllDirectories).Select(static f => Path.GetFileName(f)));
        await StopAsync(owner, hub);
        await AditProcess.RunAsync(["launch", "often", "--name", "demo", "--job", "--workspace", "demo", "--wait", "--", "sh", "-c", "echo more >>a/kept; echo new >a/new; cat a/kept"], hub.ClientEnvironment);
        Assert.Contains("x\nmore", await AditProcess.RunAsync(["logs", "demo"], hub.ClientEnvironment), StringComparison.Ordinal);
        await AditProcess.RunAsync(["pull", "home-admin/demo", files.File("pulled")], hub.ClientEnvironment);
        Assert.Equal("x\nmore\n", await File.ReadAllTextAsync(files.File("pulled/a/kept"), Deadline));
    }

    private static async Task StopAsync(HttpClient owner, HubProcess hub)
    {
        await AditProcess.RunAsync(["stop", "demo"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(async () => (await ShowAsync(owner, hub)).State == TaskState.Stopped, "it is stopped");
    }

    private static async Task<ApiTask> LaunchAsync(HubProcess hub, string runner)
    {
        var output = await AditProcess.RunAsync(["launch", "jupyter", "--name", "demo", "--runner", runner, "--wait", "--json"], hub.ClientEnvironment, within: TimeSpan.FromSeconds(90));
        return JsonSerializer.Deserialize(output.Split('\n').First(static l => l.StartsWith('{')), TasksJson.Default.ApiTask)!;
    }

    // As Jupyter's pages save a notebook.
    private static async Task WriteAsync(HttpClient owner, ApiTask task, string source)
    {
        var cell = new { cell_type = "code", metadata = new { }, execution_count = (int?)null, outputs = Array.Empty<object>(), source };
        var notebook = JsonSerializer.Serialize(new { type = "notebook", content = new { cells = new[] { cell }, metadata = new { }, nbformat = 4, nbformat_minor = 5 } });
        using var content = new StringContent(notebook, Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Put, At(task)) { Content = content };
        request.Headers.Add("Cookie", "_xsrf=0a1b2c3d");
        request.Headers.Add("X-XSRFToken", "0a1b2c3d");
        using var answer = await owner.SendAsync(request, Deadline);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Deadline));
    }

    private static Uri At(ApiTask task) => new(task.Url! + "api/contents/notes.ipynb");

    private static async Task<ApiTask> ShowAsync(HttpClient owner, HubProcess hub) =>
        (await owner.GetFromJsonAsync(new Uri($"{hub.Url}/api/v1/tasks/demo"), TasksJson.Default.ApiTask, Deadline))!;
}
