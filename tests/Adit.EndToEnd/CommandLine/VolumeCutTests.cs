using System.Runtime.Versioning;
using System.Security.Cryptography;
using Adit.Testing;

namespace Adit.EndToEnd.CommandLine;

/// <summary>Pushes that are cut: by a hub that dies, and by who began them.</summary>
[SupportedOSPlatform("linux")]
public sealed class VolumeCutTests
{
    private const int Files = 20;
    private const int FileBytes = 10 << 20;

    [Fact(Timeout = 240_000)]
    public async Task A_push_goes_on_when_the_hub_was_killed_in_the_middle_of_it_and_started_again()
    {
        using var files = new TempDirectory();
        Fill(files);
        var hub = await HubProcess.StartAsync(files.File("hub"));
        try
        {
            var environment = Environment(hub, files);
            await AditProcess.RunAsync(["volume", "create", "churn/data"], environment);
            await using var push = AditProcess.Start(["push", files.File("d"), "churn/data", "-m", "through a cut"], environment);
            await Eventually.HoldsAsync(() => Stored(hub) > 3 * FileBytes, "some of it is on the hub");
            hub.Process.Send(Signal.Kill);
            await hub.Process.WaitForExitAsync();
            Assert.False(push.HasExited, push.Output);
            var port = hub.Port;
            await hub.DisposeAsync();
            hub = await HubProcess.StartAsync(files.File("hub"), port);
            Assert.Equal(0, await push.WaitForExitAsync(TimeSpan.FromMinutes(2)));
            Assert.Contains("20 files", push.Output, StringComparison.Ordinal);

            Assert.Contains("all is right.", await AditProcess.RunAsync(["store", "check", "--read-data"], environment, within: TimeSpan.FromMinutes(1)), StringComparison.Ordinal);
            await AditProcess.RunAsync(["pull", "churn/data", files.File("e")], environment, within: TimeSpan.FromMinutes(1));
            foreach (var file in Directory.GetFiles(files.File("d")))
                Assert.Equal(HashOf(file), HashOf(Path.Combine(files.File("e"), Path.GetFileName(file))));
        }
        finally
        {
            await hub.DisposeAsync();
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_push_that_is_stopped_makes_nothing_and_the_next_sends_what_is_missing()
    {
        using var files = new TempDirectory();
        Fill(files);
        await using var hub = await HubProcess.StartAsync(files.File("hub"));
        var environment = Environment(hub, files);
        await AditProcess.RunAsync(["volume", "create", "churn/data"], environment);
        await using var push = AditProcess.Start(["push", files.File("d"), "churn/data"], environment);
        await Eventually.HoldsAsync(() => Stored(hub) > 3 * FileBytes, "some of it is on the hub");
        push.Send(Signal.Interrupt);
        Assert.Equal(130, await push.WaitForExitAsync());
        Assert.Contains("Stopped: nothing was made. What was sent is on the hub, and the next push goes on from there.", push.Output, StringComparison.Ordinal);
        Assert.Equal("[]", await AditProcess.RunAsync(["volume", "log", "churn/data", "--json"], environment));

        var said = await AditProcess.RunAsync(["push", files.File("d"), "churn/data", "--json"], environment, within: TimeSpan.FromMinutes(2));
        var sent = System.Text.Json.JsonDocument.Parse(said).RootElement.GetProperty("uploadedBytes").GetInt64();
        Assert.InRange(sent, 1, (long)(Files - 2) * FileBytes);
    }

    private static void Fill(TempDirectory files)
    {
        Directory.CreateDirectory(files.File("d"));
        for (var i = 0; i < Files; i++)
            File.WriteAllBytes(files.File($"d/{i}.bin"), RandomNumberGenerator.GetBytes(FileBytes));
    }

    private static Dictionary<string, string?> Environment(HubProcess hub, TempDirectory files) => new(hub.ClientEnvironment) { ["ADIT_DATA"] = files.File("client") };

    private static long Stored(HubProcess hub)
    {
        var packs = new DirectoryInfo(Path.Combine(hub.DataDirectory, "content", "churn", "packs"));
        return packs.Exists ? packs.EnumerateFiles("*", SearchOption.AllDirectories).Sum(static f => f.Length) : 0;
    }

    private static string HashOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(file));
    }
}
