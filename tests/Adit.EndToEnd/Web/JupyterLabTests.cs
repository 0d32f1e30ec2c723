using System.Text.Json;
using Adit.Api;
using Adit.EndToEnd.Browser;
using Adit.Testing;

namespace Adit.EndToEnd.Web;

/// <summary>
/// The shipped template of JupyterLab. Debian has its server only; the interface is built of npm's packages by ./test (tests/jupyterlab), and a
/// module of the real one's name has the template run it by the command that it runs everywhere.
/// </summary>
public sealed class JupyterLabTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 240_000)]
    public async Task One_command_starts_it_and_its_owner_runs_a_cell_in_the_browser()
    {
        Assert.SkipUnless(File.Exists(Repository.Find("artifacts", "jupyterlab", "built")), "JupyterLab is not built here: ./test builds it.");
        await using var hub = await WebHub.StartAsync();
        await using var tasks = await WebTasks.StartAsync(hub);
        var output = await AditProcess.RunAsync(
            ["launch", "jupyterlab", "--name", "lab", "--env", $"PYTHONPATH={Repository.Find("tests", "jupyterlab")}", "--env", "PYTHONDONTWRITEBYTECODE=1", "--wait", "--json"],
            hub.Process.ClientEnvironment,
            within: TimeSpan.FromSeconds(90));
        var task = JsonSerializer.Deserialize(output.Split('\n').First(static l => l.StartsWith('{')), TasksJson.Default.ApiTask)!;
        Assert.Equal((TaskState.Ready, $"http://lab--admin.adit.localhost:{hub.Process.Port}/"), (task.State, task.Url));

        var page = await chromium.OpenPageAsync();
        var sockets = new List<string>();
        page.WebSocket += (_, socket) => sockets.Add(socket.Url);
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync(task.Url!);
        Assert.Equal($"{task.Url}lab", page.Url.Split('?')[0]);
        var lab = new JupyterLabPage(page);
        await lab.NewPythonNotebookAsync();
        await lab.RunCellAsync("print(6 * 7, open('result.txt', 'w').write('kept'))", "42 4");
        Assert.Contains(sockets, url => url.StartsWith($"ws://lab--admin.adit.localhost:{hub.Process.Port}/api/kernels/", StringComparison.Ordinal));
        await Shots.TakeAsync(page, "jupyterlab");

        // What it wrote is in its owner's home, and the kernel that it has is what keeps it.
        Assert.Equal("kept", await AditProcess.RunAsync(["exec", "lab", "--", "cat", "result.txt"], hub.Process.ClientEnvironment));
        Assert.Contains("kernel", await AditProcess.RunAsync(["idle", "lab"], hub.Process.ClientEnvironment), StringComparison.Ordinal);
    }
}
