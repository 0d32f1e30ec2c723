using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Api;
using Adit.Testing;

namespace Adit.EndToEnd.Tasks;

/// <summary>Shipped templates with the real programs, as Debian has them. What is not installed is passed over, and says so.</summary>
[SupportedOSPlatform("linux")]
public sealed class ShippedTemplateTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 180_000)]
    [InlineData("jupyter", "/usr/bin/jupyter-notebook", "/tree", "<title>Home Page")]
    [InlineData("shiny", "/usr/lib/R/site-library/shiny", "/", "It works")]
    [InlineData("flask", "/usr/lib/python3/dist-packages/flask", "/", "<p>Hello, admin. It works.</p>")]
    [InlineData("static", "/usr/bin/python3", "/", "<h1>It works</h1>")]
    public async Task One_command_starts_it_and_its_page_is_reached_by_its_owner(string slug, string installed, string path, string expected)
    {
        if (!File.Exists(installed) && !Directory.Exists(installed))
            Assert.Skip($"{installed} is not installed here.");
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub);
        var task = await LaunchAsync(hub, slug);
        Assert.Equal((TaskState.Ready, $"http://{slug}--admin.adit.localhost:{hub.Port}/"), (task.State, task.Url));
        using var owner = LoopbackHttp.Create(hub.AdminToken);
        Assert.Contains(expected, await owner.GetStringAsync(new Uri(task.Url!.TrimEnd('/') + path), Deadline), StringComparison.Ordinal);
        await StopAsync(hub, slug);
    }

    [Fact(Timeout = 180_000)]
    public async Task Any_web_server_is_told_its_port_and_a_new_version_is_for_the_next_start()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub);
        using var files = new TempDirectory();
        files.Write("site/index.html", "by a command of one's own");
        var task = await LaunchAsync(hub, "web", "--", "/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", files.File("site"), "{{port}}");
        using var owner = LoopbackHttp.Create(hub.AdminToken);
        Assert.Equal("by a command of one's own", await owner.GetStringAsync(new Uri(task.Url!), Deadline));

        files.Write("web.yaml", (await AditProcess.RunAsync(["template", "show", "web", "--yaml"], hub.ClientEnvironment)).Replace("HOST: 127.0.0.1", "HOST: localhost", StringComparison.Ordinal));
        await AditProcess.RunAsync(["template", "push", files.File("web.yaml")], hub.ClientEnvironment);
        Assert.Equal("by a command of one's own", await owner.GetStringAsync(new Uri(task.Url!), Deadline));
        var job = await LaunchAsync(hub, "web", "--name", "next", "--", "sh", "-c", "mkdir -p s; echo $HOST >s/index.html; exec /usr/bin/python3 -m http.server --bind 127.0.0.1 --directory s $PORT");
        Assert.Equal((1, "localhost\n"), (job.TemplateVersion, await owner.GetStringAsync(new Uri(job.Url!), Deadline)));
        Assert.Equal(0, task.TemplateVersion);
        await StopAsync(hub, "web");
        await StopAsync(hub, "next");
    }

    private static async Task StopAsync(HubProcess hub, string name)
    {
        await AditProcess.RunAsync(["stop", name], hub.ClientEnvironment);
        using var http = LoopbackHttp.Create(hub.AdminToken);
        await Eventually.HoldsAsync(
            async () => (await http.GetStringAsync(new Uri($"{hub.Url}/api/v1/tasks/{name}"), Deadline)).Contains("\"state\":\"stopped\"", StringComparison.Ordinal),
            $"{name} is stopped",
            TimeSpan.FromSeconds(60));
    }

    private static async Task<ApiTask> LaunchAsync(HubProcess hub, string template, params string[] more)
    {
        var output = await AditProcess.RunAsync(["launch", template, "--wait", "--json", .. more], hub.ClientEnvironment, within: TimeSpan.FromSeconds(90));
        return JsonSerializer.Deserialize(output.Split('\n').First(static l => l.StartsWith('{')), TasksJson.Default.ApiTask)!;
    }
}
