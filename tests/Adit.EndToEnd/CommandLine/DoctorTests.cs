using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Testing;

namespace Adit.EndToEnd.CommandLine;

/// <summary><c>adit doctor</c> before a hub that is well, one that is away, and a token that is wrong.</summary>
[SupportedOSPlatform("linux")]
public sealed class DoctorTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_hub_with_a_runner_is_well_and_everything_on_the_way_is_named()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub, "gpu1");
        var said = await AditProcess.RunAsync(["doctor"], hub.ClientEnvironment);
        foreach (var word in new[] { "reach", "clock", "token", "link", "names", "database", "disk", "privacy", "listen", "gpu1", "tasks", "machine", "process", "data" })
            Assert.Contains($" {word} ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", said, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(await AditProcess.RunAsync(["doctor", "--json"], hub.ClientEnvironment));
        Assert.Equal(hub.Url, json.RootElement.GetProperty("hub").GetString());
        Assert.All(json.RootElement.GetProperty("way").EnumerateArray(), static c => Assert.Equal("ok", c.GetProperty("outcome").GetString()));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_does_not_work_ends_it_with_1_and_one_line_that_says_what_to_do()
    {
        var nobody = new Dictionary<string, string?> { ["ADIT_HUB"] = $"http://127.0.0.1:{Ports.Free()}", ["ADIT_TOKEN"] = "adit_none" };
        var away = await AditProcess.RunAsync(["doctor"], nobody, expectedExitCode: 1);
        Assert.Contains("FAIL reach", away, StringComparison.Ordinal);
        Assert.Contains("Connection refused", away, StringComparison.Ordinal);

        await using var hub = await HubProcess.StartAsync();
        var wrong = new Dictionary<string, string?>(hub.ClientEnvironment) { ["ADIT_TOKEN"] = "adit_none" };
        Assert.Contains("FAIL token", await AditProcess.RunAsync(["doctor"], wrong, expectedExitCode: 1), StringComparison.Ordinal);
        var ofRunner = await AditProcess.TokenAsync(["runner", "token", "create"], hub.ClientEnvironment);
        var narrow = new Dictionary<string, string?>(hub.ClientEnvironment) { ["ADIT_TOKEN"] = ofRunner };
        Assert.Contains("shown to admins and auditors only", await AditProcess.RunAsync(["doctor"], narrow), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_a_hub_it_looks_at_the_machine_alone()
    {
        using var files = new TempDirectory();
        var said = await AditProcess.RunAsync(
            ["doctor", "--data", files.Path], new Dictionary<string, string?> { ["ADIT_HUB"] = null, ["ADIT_TOKEN"] = null, ["ADIT_DATA"] = files.File("client") });
        Assert.Contains("No hub is named", said, StringComparison.Ordinal);
        Assert.Contains($"{files.Path} can be written", said, StringComparison.Ordinal);
    }
}
