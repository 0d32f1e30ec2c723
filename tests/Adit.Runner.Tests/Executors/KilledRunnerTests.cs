using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Adit.Api;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Executors;

/// <summary>What a runner that is killed with SIGKILL at any moment leaves, and what the next one makes of it.</summary>
[SupportedOSPlatform("linux")]
public sealed class KilledRunnerTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task No_line_is_lost_or_doubled()
    {
        const int Lines = 300_000;
        using var folder = new TempDirectory();
        folder.Write("out", "");
        folder.Write("err", "");
        var random = new Random();
        // Numbers on both streams; now and then a line in two halves with time between.
        using var writer = Process.Start("python3", ["-c", $"""
            import time
            out = open('{folder.File("out")}', 'a'); err = open('{folder.File("err")}', 'a')
            for i in range({Lines}):
                (out if i % 3 else err).write(f'line {'{'}i{'}'} ' + 'x' * (i % 97) + '\n')
                if i % 1000 == 0:
                    out.flush(); err.flush(); time.sleep(0.01)
            out.close(); err.close(); open('{folder.File("done")}', 'w').close()
            """]);

        for (var i = 0; i < 5; i++)
            await RunnerChild.FollowAsync(folder.Path, random.Next(50, 700));
        await writer.WaitForExitAsync().WaitAsync(Deadline);
        await RunnerChild.FollowAsync(folder.Path, 0);

        using var spool = new TaskSpool(folder.File("log"), TimeProvider.System);
        var (outs, errs) = (new List<int>(), new List<int>());
        var number = 0L;
        for (var lines = spool.Read(1, 20_000); lines.Count > 0; lines = spool.Read(number + 1, 20_000))
        {
            foreach (var line in lines)
            {
                Assert.Equal(++number, line.Number);
                Assert.False(line.IsPart);
                var words = line.Text.Split(' ');
                var value = int.Parse(words[1], CultureInfo.InvariantCulture);
                Assert.Equal(value % 97, words[2].Length);
                (line.Stream == "out" ? outs : errs).Add(value);
            }
        }

        Assert.Equal(Enumerable.Range(0, Lines).Where(static i => i % 3 != 0), outs);
        Assert.Equal(Enumerable.Range(0, Lines).Where(static i => i % 3 == 0), errs);
    }

    [Fact]
    public async Task A_task_is_taken_up_or_was_not_started_and_never_runs_twice()
    {
        using var folder = new TempDirectory();
        var random = new Random();
        var adopted = 0;
        for (var i = 0; i < 8; i++)
        {
            var marks = folder.File($"marks{i}");
            var spec = new TaskSpec
            {
                Id = $"k{Environment.ProcessId}-{i}",
                Attempt = 1,
                Name = "test",
                Owner = "ada",
                Kind = TaskKind.Job,
                Executor = "process",
                Command = ["sh", "-c", $"echo ran >> {marks}; sleep 0.5; echo done; exit 7"],
            };

            await RunnerChild.StartAsync(folder.Path, spec, i == 0 ? 1_000_000 : random.Next(0, 70_000));

            var executor = new ProcessExecutor(new() { Path = "/usr/bin:/bin" }, new Random(), TimeProvider.System);
            var place = new TaskPlace(folder.Path, spec.Id);
            var execution = await executor.AdoptAsync(place, spec, CancellationToken.None).WaitAsync(Deadline);
            if (execution is not null)
                adopted++;
            await using var running = execution ?? await executor.StartAsync(place, spec, CancellationToken.None).WaitAsync(Deadline);
            using var spool = new TaskSpool(place.LogDirectory, TimeProvider.System);
            await running.ReadOutputAsync(spool, CancellationToken.None).WaitAsync(Deadline);

            Assert.Equal(7, (await running.Ended.WaitAsync(Deadline)).ExitCode);
            Assert.Equal(["ran"], await File.ReadAllLinesAsync(marks));
            Assert.Equal(["done"], spool.Read(1, 10).Select(static l => l.Text));
        }

        Assert.InRange(adopted, 1, 8);
        TestContext.Current.TestOutputHelper?.WriteLine($"{adopted} of 8 were taken up, the others had not been started.");
    }
}
