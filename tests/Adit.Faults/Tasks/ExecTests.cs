using System.Globalization;
using Adit.Api;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Tasks;

/// <summary>Commands beside a task (<c>adit exec</c>) whose client or runner is killed: none goes on for nobody.</summary>
public sealed class ExecTests(TaskStage stage) : IClassFixture<TaskStage>
{
    [Fact(Timeout = 120_000)]
    public async Task A_client_that_is_killed_ends_its_command_however_much_that_has_not_read()
    {
        var task = await stage.ReachAsync(TaskState.Ready);
        using var folder = new TempDirectory();
        await using var client = Exec(task, folder, "/dev/zero");
        var command = await StartedAsync(folder);
        var (before, same) = (0L, 0);
        await Eventually.HoldsAsync(
            () =>
            {
                var read = BytesRead(client);
                same = read == before ? same + 1 : 0;
                before = read;
                return read > 16 << 20 && same >= 20;
            },
            "nobody on the way takes more");

        client.Send(Signal.Kill);

        await Eventually.HoldsAsync(() => !IsAlive(command), "the command has ended");
        Assert.Single(task.Alive);
        await stage.EndAsync(task);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_a_killed_runner_left_beside_a_task_is_ended_when_the_runner_is_back_and_the_task_goes_on()
    {
        var task = await stage.ReachAsync(TaskState.Ready);
        using var folder = new TempDirectory();
        await using var client = Exec(task, folder, "/dev/null");
        var command = await StartedAsync(folder);
        await stage.KillRunnerAsync();
        await client.WaitForExitAsync();
        Assert.True(IsAlive(command));

        await stage.StartRunnerAsync();

        await Eventually.HoldsAsync(() => !IsAlive(command), "the command has ended");
        await stage.StateAsync(task, TaskState.Ready);
        Assert.Equal((1, 1), (task.Starts.Count, task.Alive.Count));
        Assert.Empty(Directory.EnumerateFiles(stage.Data, "exec.*", SearchOption.AllDirectories));
        await stage.EndAsync(task);
    }

    private ChildProcess Exec(GatedTask task, TempDirectory folder, string input) => ChildProcess.Start(
        "/bin/sh",
        ["-c", $"exec \"$0\" \"$@\" <{input}", AditProcess.Executable, "exec", task.Task.Name, "--", "sh", "-c", $"echo $$ >{folder.File("pid")}; exec sleep 1000"],
        stage.Hub.ClientEnvironment);

    private static async Task<int> StartedAsync(TempDirectory folder)
    {
        await Eventually.HoldsAsync(() => File.Exists(folder.File("pid")) && File.ReadAllText(folder.File("pid")).EndsWith('\n'), "the command runs");
        return int.Parse(await File.ReadAllTextAsync(folder.File("pid"), TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
    }

    private static long BytesRead(ChildProcess process) =>
        long.Parse(File.ReadLines($"/proc/{process.Id}/io").First(static l => l.StartsWith("rchar: ", StringComparison.Ordinal))["rchar: ".Length..], CultureInfo.InvariantCulture);

    private static bool IsAlive(int id) => File.Exists($"/proc/{id}/stat") && File.ReadAllText($"/proc/{id}/cmdline").Contains("1000", StringComparison.Ordinal);
}
