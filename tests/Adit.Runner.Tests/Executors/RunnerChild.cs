using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Executors;

namespace Adit.Runner.Tests.Executors;

/// <summary>
/// A second process that does a runner's work and kills itself at a random moment: this very program, started again for one "test" that
/// runs only when it is asked for.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class RunnerChild
{
    private const string Work = "ADIT_TEST_RUNNER_WORK";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Reads a task's output into its spool, and is killed after a while; 0 for when the file <c>done</c> is there and all is read.</summary>
    internal static Task FollowAsync(string directory, int killAfterMilliseconds) => RunAsync("follow", directory, killAfterMilliseconds.ToString(CultureInfo.InvariantCulture));

    /// <summary>Starts a task, and is killed so many microseconds after it began to.</summary>
    internal static Task StartAsync(string data, TaskSpec spec, int killAfterMicroseconds) =>
        RunAsync("start", data, killAfterMicroseconds.ToString(CultureInfo.InvariantCulture), JsonSerializer.Serialize(spec, RunnersJson.Default.TaskSpec));

    [Fact(Explicit = true)]
    public async Task It_works_until_it_is_killed()
    {
        var work = (Environment.GetEnvironmentVariable(Work) ?? "").Split('\n', 4);
        switch (work[0])
        {
            case "follow":
                using (var spool = new TaskSpool(Path.Combine(work[1], "log"), TimeProvider.System))
                {
                    var after = int.Parse(work[2], CultureInfo.InvariantCulture);
                    if (after > 0)
                        KillAfter(TimeSpan.FromMilliseconds(after));
                    var ended = DoneAsync(Path.Combine(work[1], "done"));
                    await new TaskOutput(Path.Combine(work[1], "out"), Path.Combine(work[1], "err"), 1, spool, TimeProvider.System).FollowAsync(ended, CancellationToken.None);
                }

                break;
            case "start":
                var spec = JsonSerializer.Deserialize(work[3], RunnersJson.Default.TaskSpec)!;
                var executor = new ProcessExecutor(new() { Path = "/usr/bin:/bin" }, new Random(), TimeProvider.System);
                var place = new TaskPlace(work[1], spec.Id);
                await executor.PrepareAsync(place, spec, new Progress<string>(), CancellationToken.None);
                KillAfter(TimeSpan.FromMicroseconds(int.Parse(work[2], CultureInfo.InvariantCulture)));
                await executor.StartAsync(place, spec, CancellationToken.None);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
                break;
        }
    }

    private static void KillAfter(TimeSpan time) => new Thread(() =>
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < time)
            Thread.Yield();
        Posix.Signal(Environment.ProcessId, Posix.SigKill);
    }).Start();

    private static async Task DoneAsync(string file)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!File.Exists(file))
            await timer.WaitForNextTickAsync();
    }

    private static async Task RunAsync(params string[] work)
    {
        var program = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var info = new ProcessStartInfo(
            program,
            [.. isHost ? [typeof(RunnerChild).Assembly.Location] : Array.Empty<string>(), "-method", $"{typeof(RunnerChild).FullName}.{nameof(It_works_until_it_is_killed)}", "-explicit", "only", "-noLogo", "-noColor"])
        {
            RedirectStandardOutput = true,
        };
        info.Environment[Work] = string.Join('\n', work);
        using var process = Process.Start(info)!;
        var said = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Deadline);
        Assert.True(process.ExitCode is 0 or 137, await said);
    }
}
