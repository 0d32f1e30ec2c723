using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Api;
using Adit.Testing;

namespace Adit.EndToEnd.Tasks;

/// <summary><c>adit up</c>: whose tasks run as the hub's own user.</summary>
[SupportedOSPlatform("linux")]
public sealed class UpTests
{
    [Fact(Timeout = 180_000)]
    public async Task Nobody_but_its_admin_starts_anything_beside_the_hub_until_the_admin_shares_the_runner()
    {
        using var data = new TempDirectory();
        await using (var hub = await UpAsync(data.Path))
        {
            var ann = await PersonAsync(hub, "ann");
            string[] theft = ["launch", "command", "--job", "--wait", "--", "cat", Path.Combine(data.Path, "admin-token")];
            var refused = await AditProcess.RunAsync(theft, ann, expectedExitCode: 4);
            Assert.Contains("There is no runner that you may use", refused, StringComparison.Ordinal);
            Assert.DoesNotContain(hub.AdminToken, refused, StringComparison.Ordinal);
            Assert.DoesNotContain("box", await AditProcess.RunAsync(["runner", "ls"], ann), StringComparison.Ordinal);
            Assert.Contains("\nbox   up", await AditProcess.RunAsync(["runner", "ls"], hub.ClientEnvironment), StringComparison.Ordinal);
            Assert.EndsWith("\nhi", await AditProcess.RunAsync(["launch", "command", "--job", "--wait", "--", "echo", "hi"], hub.ClientEnvironment), StringComparison.Ordinal);

            var asked = await AditProcess.RunAsync(["runner", "share", "box"], hub.ClientEnvironment, expectedExitCode: 1);
            Assert.Contains("tasks of everybody would run as the hub's own user, who can read all that the hub keeps", asked, StringComparison.Ordinal);
            await AditProcess.RunAsync(theft, ann, expectedExitCode: 4);
            var shared = await AditProcess.RunAsync(["runner", "share", "box", "--yes"], hub.ClientEnvironment);
            Assert.Contains("everybody's tasks may start there", shared, StringComparison.Ordinal);
            Assert.Contains("That is the hub's own user", shared, StringComparison.Ordinal);
            Assert.Contains("\nbox   up (!)", await AditProcess.RunAsync(["runner", "ls"], hub.ClientEnvironment), StringComparison.Ordinal);
            Assert.Contains("It is shared, and its tasks run as", await AditProcess.RunAsync(["doctor", "--json"], hub.ClientEnvironment), StringComparison.Ordinal);
            Assert.EndsWith("\nhello", await AditProcess.RunAsync(["launch", "command", "--job", "--wait", "--", "echo", "hello"], ann), StringComparison.Ordinal);
            Assert.Contains("only tasks of admin start there", await AditProcess.RunAsync(["runner", "private", "box"], hub.ClientEnvironment), StringComparison.Ordinal);
            await AditProcess.RunAsync(theft, ann, expectedExitCode: 4);
        }

        // What the admin said on the hub holds whatever it is started with.
        await using (var hub = await UpAsync(data.Path, "--share-runner"))
        {
            var again = await PersonAsync(hub, "bob");
            await AditProcess.RunAsync(["launch", "command", "--job", "--wait", "--", "true"], again, expectedExitCode: 4);
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task It_shares_its_runner_from_the_start_when_it_is_told_to()
    {
        await using var hub = await UpAsync(null, "--share-runner");
        var ann = await PersonAsync(hub, "ann");
        Assert.EndsWith("\nhi", await AditProcess.RunAsync(["launch", "command", "--job", "--wait", "--", "echo", "hi"], ann), StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task What_does_not_work_on_a_runners_machine_is_said_when_it_starts_and_marked_in_the_list()
    {
        await using var hub = await UpAsync(null);
        await using var runner = await RunnerProcess.StartAsync(hub, "other");
        using var json = JsonDocument.Parse(await AditProcess.RunAsync(["runner", "ls", "--json"], hub.ClientEnvironment));
        var list = json.RootElement.EnumerateArray().Select(static r => r.Deserialize(RunnersJson.Default.ApiRunner)!).ToList();
        foreach (var (name, output) in new[] { ("box", hub.Process), ("other", runner.Process) })
        {
            var warnings = list.Single(r => r.Name == name).Facts!.Warnings;
            Assert.SkipWhen(warnings.Count == 0, "Everything works on this machine."); // As root, tasks that run as root are one.
            foreach (var warning in warnings)
                await Eventually.HoldsAsync(() => output.Output.Contains("  (!) " + warning, StringComparison.Ordinal), $"{name} says: {warning}");
        }

        Assert.Contains("\nbox    up (!)", await AditProcess.RunAsync(["runner", "ls"], hub.ClientEnvironment), StringComparison.Ordinal);
    }

    private static async Task<HubProcess> UpAsync(string? data, params string[] more)
    {
        var hub = await HubProcess.StartAsync(data, arguments: ["--runner-name", "box", .. more], verb: "up");
        await Eventually.HoldsAsync(() => hub.Process.Output.Contains("is ready as box", StringComparison.Ordinal), "its runner is ready");
        return hub;
    }

    private static async Task<Dictionary<string, string?>> PersonAsync(HubProcess hub, string name)
    {
        await AditProcess.RunAsync(["user", "create", name], hub.ClientEnvironment);
        var token = await AditProcess.TokenAsync(["token", "create", "test", "--account", name], hub.ClientEnvironment);
        return new Dictionary<string, string?>(hub.ClientEnvironment) { ["ADIT_TOKEN"] = token };
    }
}
