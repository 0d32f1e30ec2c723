using System.Net.Http.Json;
using Adit.Api;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Disks;

/// <summary>A runner whose disk a task fills with its output.</summary>
public sealed class RunnerDiskTests
{
    // It goes on when it cannot write, as programs do whose log matters less than their work.
    private const string Writer = "trap 'exit 0' TERM; n=0; while :; do n=$((n+1)); printf '%04000d\\n' $n; sleep 0.01; done";

    [Fact(Timeout = 120_000)]
    public async Task A_task_that_fills_the_disk_says_so_and_goes_on_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync("2m");
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub, dataDirectory: disk.Path);
        await LaunchAsync(hub, "writer", Writer);
        await FullAsync(hub);
        Assert.Contains("runner's disk is full; free some space there", await AditProcess.RunAsync(["ps"], hub.ClientEnvironment), StringComparison.Ordinal);

        var before = await LastLineAsync(hub);
        await disk.ResizeAsync("200m");
        await Eventually.HoldsAsync(async () => await LastLineAsync(hub) > before, "its log goes on");
        await Eventually.HoldsAsync(async () => (await ShowAsync(hub, "writer")).Progress is null, "the trouble is over");
        await AditProcess.RunAsync(["stop", "writer"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(async () => (await ShowAsync(hub, "writer")).State == TaskState.Stopped, "it ends");
        Assert.DoesNotContain("not in its log", (await ShowAsync(hub, "writer")).Reason ?? "", StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_task_that_has_filled_the_disk_can_be_stopped_and_the_next_one_has_its_room()
    {
        await using var disk = await SmallDisk.MountAsync("2m");
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub, dataDirectory: disk.Path);
        await LaunchAsync(hub, "writer", Writer);
        await FullAsync(hub);

        await AditProcess.RunAsync(["stop", "writer"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(async () => (await ShowAsync(hub, "writer")).State == TaskState.Stopped, "it is stopped");
        await LaunchAsync(hub, "next", "echo here");
        await Eventually.HoldsAsync(async () => await ShowAsync(hub, "next") is { State: TaskState.Stopped, ExitCode: 0 }, "the next one runs");
        Assert.Contains("here", await AditProcess.RunAsync(["logs", "next"], hub.ClientEnvironment), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_job_that_ends_on_a_full_disk_has_its_exit_code_and_says_what_is_missing()
    {
        await using var disk = await SmallDisk.MountAsync("2m");
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub, dataDirectory: disk.Path);
        using var gate = new TempDirectory();
        // Somebody else's file takes what is left. The last words still fit behind what the task wrote before, and not into its log.
        await LaunchAsync(hub, "last", $"echo begin; until [ -e {gate.File("full")} ]; do sleep 0.05; done; printf '%04000d\\n' 1; exit 7");
        await Eventually.HoldsAsync(async () => await LastLineAsync(hub, "last") == 1, "it has begun");
        disk.Fill("full");
        gate.Write("full", "");

        await Eventually.HoldsAsync(async () => await ShowAsync(hub, "last") is { State: TaskState.Failed, ExitCode: 7 }, "it has ended");
        Assert.Equal("Its command ended with 7. The end of its output is not in its log: the runner's disk is full.", (await ShowAsync(hub, "last")).Reason);
    }

    private static Task<string> LaunchAsync(HubProcess hub, string name, string script) =>
        AditProcess.RunAsync(["launch", "command", "--name", name, "--job", "--", "sh", "-c", script], hub.ClientEnvironment);

    private static Task FullAsync(HubProcess hub) => Eventually.HoldsAsync(
        async () => await ShowAsync(hub, "writer") is { State: TaskState.Ready, Progress: { } said } && said.Contains("disk is full", StringComparison.Ordinal), "it is said that the disk is full");

    private static async Task<ApiTask> ShowAsync(HubProcess hub, string name)
    {
        using var http = LoopbackHttp.Create(hub.AdminToken);
        return (await http.GetFromJsonAsync(new Uri($"{hub.Url}/api/v1/tasks/{name}"), TasksJson.Default.ApiTask))!;
    }

    private static async Task<long> LastLineAsync(HubProcess hub, string name = "writer")
    {
        using var http = LoopbackHttp.Create(hub.AdminToken);
        var page = await http.GetFromJsonAsync(new Uri($"{hub.Url}/api/v1/tasks/{name}/logs?limit=1"), TasksJson.Default.LogPage);
        return page!.Lines is [.., var last] ? last.Number : 0;
    }
}
