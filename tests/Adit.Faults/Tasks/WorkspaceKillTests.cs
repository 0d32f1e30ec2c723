using System.Net.Http.Json;
using System.Security.Cryptography;
using Adit.Api;
using Adit.Testing;

namespace Adit.Faults.Tasks;

/// <summary>A runner, or the hub, that is killed (SIGKILL) while a task's workspace is being kept at its end: all of it comes.</summary>
public sealed class WorkspaceKillTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task What_was_being_kept_when_one_of_the_two_was_killed_is_there_when_it_is_back(bool isRunnerKilled, bool isHubKilled)
    {
        using var hubData = new TempDirectory();
        using var runnerData = new TempDirectory();
        using var there = new TempDirectory();
        var hub = await HubProcess.StartAsync(hubData.Path);
        var token = await AditProcess.TokenAsync(["runner", "token", "create"], hub.ClientEnvironment);
        var runner = await RunnerProcess.StartAsync(hub, "gpu1", runnerData.Path, token);
        try
        {
            await AditProcess.RunAsync(
                ["launch", "command", "--name", "demo", "--workspace", "big", "--wait", "--", "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do head -c 12000000 /dev/urandom >part$i; done; touch done; exec sleep 600"],
                hub.ClientEnvironment);
            var home = Path.Combine(Directory.GetDirectories(Path.Combine(runnerData.Path, "tasks")).Single(), "home");
            await Eventually.HoldsAsync(() => File.Exists(Path.Combine(home, "done")), "it has written");
            var written = Sums(home);
            await AditProcess.RunAsync(["stop", "demo"], hub.ClientEnvironment);
            await Eventually.HoldsAsync(() => Bytes(hubData.File("content")) > 10_000_000, "some of it is with the hub");
            if (isRunnerKilled)
            {
                runner.Process.Send(Signal.Kill);
                await runner.Process.WaitForExitAsync();
            }

            if (isHubKilled)
            {
                hub.Process.Send(Signal.Kill);
                await hub.Process.WaitForExitAsync();
            }

            Assert.True(Directory.Exists(home), "It was kept before it could be cut.");
            if (isHubKilled)
            {
                var before = hub;
                hub = await HubProcess.StartAsync(hubData.Path, before.Port);
                await before.DisposeAsync();
            }

            if (isRunnerKilled)
            {
                await runner.DisposeAsync();
                runner = await RunnerProcess.StartAsync(hub, "gpu1", runnerData.Path, token);
            }

            using var http = LoopbackHttp.Create(hub.AdminToken);
            await Eventually.HoldsAsync(
                async () => (await http.GetFromJsonAsync(new Uri($"{hub.Url}/api/v1/tasks/demo"), TasksJson.Default.ApiTask, Deadline))!.State == TaskState.Stopped, "it is stopped", TimeSpan.FromSeconds(60));
            await AditProcess.RunAsync(["pull", "home-admin/big", there.File("pulled")], hub.ClientEnvironment);
            Assert.Equal(written, Sums(there.File("pulled")));
            await Eventually.HoldsAsync(() => !Directory.Exists(home), "its home is gone when it is kept");
        }
        finally
        {
            await runner.DisposeAsync();
            await hub.DisposeAsync();
        }
    }

    private static Dictionary<string, string> Sums(string directory) =>
        Directory.EnumerateFiles(directory).ToDictionary(static f => Path.GetFileName(f), static f => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f))));

    private static long Bytes(string directory) =>
        Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Sum(static f => new FileInfo(f) is { Exists: true } file ? file.Length : 0) : 0;
}
