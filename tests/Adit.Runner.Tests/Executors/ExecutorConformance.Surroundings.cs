using System.Text;
using Adit.Api;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Executors;

public abstract partial class ExecutorConformance
{
    private const string Odd = "a 'quoted' \"word\" with $HOME, `x` \\ and\na second line, ü";

    [Fact]
    public async Task The_environment_is_what_was_given_and_little_more()
    {
        var spec = Task("python3", "-c", "import os,sys\nfor k,v in sorted(os.environ.items()): print(k, repr(v))") with
        {
            Environment = new Dictionary<string, string> { ["ODD"] = Odd, ["EMPTY"] = "", ["WHERE"] = "{{home}}/x" },
        };

        var (_, stdout, _) = await RunAsync(spec);

        var names = stdout.Select(static l => l.Split(' ', 2)[0]).Except(["LC_CTYPE"]).ToArray(); // Python's own.
        Assert.Equal(["EMPTY", "HOME", "LANG", "ODD", "PATH", "WHERE"], names.Except(["HOSTNAME"]));
        Assert.Contains(stdout, static l => l.StartsWith("WHERE '/", StringComparison.Ordinal) && l.EndsWith("/x'", StringComparison.Ordinal));
        Assert.Contains("ODD " + "'a \\'quoted\\' \"word\" with $HOME, `x` \\\\ and\\na second line, ü'", stdout);
    }

    [Fact]
    public async Task Secrets_are_in_the_environment_as_they_are_and_in_no_file_of_the_runner()
    {
        const string Value = "s3cret-{{home}} 'quoted' \"$HOME\" `x`\nsecond line ü\n";
        var spec = Shell("printf '%s-' \"$KEY\" | base64 -w0; echo; printf %s \"$OTHER\" | wc -c; env | grep -c ^ADIT_; sleep 600") with
        {
            Secrets = new Dictionary<string, SecretReference> { ["OTHER"] = new("other"), ["KEY"] = new("key") },
            SecretValues = new Dictionary<string, string> { ["KEY"] = Value, ["OTHER"] = new('x', 64 * 1024) },
        };

        var execution = await StartAsync(spec);

        var spool = Spool(spec);
        using var reading = new CancellationTokenSource();
        var read = execution.ReadOutputAsync(spool, reading.Token);
        await Eventually.HoldsAsync(() => spool.End > 3, "it has written");
        Assert.Equal([Convert.ToBase64String(Encoding.UTF8.GetBytes(Value + "-")), "65536", "0"], spool.Read(1, 3).Select(static l => l.Text));
        Assert.Equal((0, Value + "-", ""), await ExecAsync(execution, null, "sh", "-c", "printf '%s-' \"$KEY\""));
        await reading.CancelAsync();
        await read.ContinueWith(static _ => { }, TaskScheduler.Default);

        // A later process of the runner, which was told no secrets.
        await execution.DisposeAsync();
        var kept = spec.WithoutSecrets();
        var adopted = await AdoptAsync(kept);
        Assert.Equal((0, Value + "-", ""), await ExecAsync(adopted!, null, "sh", "-c", "printf '%s-' \"$KEY\""));
        Assert.DoesNotContain(
            Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories), static f => File.ReadAllText(f).Contains("s3cret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_one_of_its_secrets_nothing_is_started()
    {
        var spec = Task("true") with
        {
            Secrets = new Dictionary<string, SecretReference> { ["KEY"] = new("key"), ["OTHER"] = new("other") }, SecretValues = new Dictionary<string, string> { ["KEY"] = "x" },
        };

        var refused = await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(spec));

        Assert.StartsWith("The secret for the environment variable OTHER is missing", refused.Message, StringComparison.Ordinal);
        Assert.Null(await AdoptAsync(spec));
    }

    [Fact]
    public async Task It_begins_with_no_signal_blocked_or_ignored()
    {
        var (_, stdout, _) = await RunAsync(Task("cat", "/proc/self/status"));

        Assert.Contains("SigBlk:\t0000000000000000", stdout);
        Assert.Equal("SigIgn:\t0000000000000000", stdout.Single(static l => l.StartsWith("SigIgn", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task It_runs_in_its_home_directory_unless_told_otherwise()
    {
        var (_, home, _) = await RunAsync(Shell("pwd; echo $HOME; echo {{home}}; touch here"));
        Assert.Single(home.Distinct());

        var (_, other, _) = await RunAsync(Shell("pwd") with { WorkingDirectory = "/usr" });
        Assert.Equal(["/usr"], other);
    }

    [Fact]
    public async Task Files_are_written_once_and_never_over_what_is_there()
    {
        var spec = Shell("cat a.txt; cat deep/er/b.txt; echo changed > a.txt") with
        {
            Home = "shared",
            Files = new Dictionary<string, string> { ["a.txt"] = "first\n", ["deep/er/b.txt"] = Odd + "\n" },
        };

        var (_, once, _) = await RunAsync(spec);
        var (_, again, _) = await RunAsync(spec with { Id = spec.Id + "x" });

        Assert.Equal(["first", .. Odd.Split('\n')], once);
        Assert.Equal(["changed", .. Odd.Split('\n')], again);
    }

    [Theory]
    [InlineData("../out.txt")]
    [InlineData("/etc/x")]
    [InlineData("a//b")]
    [InlineData("link/x")]
    public async Task A_file_is_never_written_outside_the_home(string path)
    {
        var first = Shell("ln -s /var/tmp link; true") with { Home = "links" };
        await RunAsync(first);

        var e = await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(first with
        {
            Id = first.Id + "x",
            Files = new Dictionary<string, string> { [path] = "no" },
        }));

        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists("/var/tmp/x"));
    }

    [Fact]
    public async Task A_command_that_is_not_there_is_said_in_one_sentence()
    {
        var spec = Task("no-such-program", "x");
        var (reason, code) = await FailAsync(spec);

        Assert.Equal(127, code ?? 127);
        Assert.Contains("'no-such-program'", reason, StringComparison.Ordinal);
        Assert.Contains("not found", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_may_not_be_run_is_said_in_one_sentence()
    {
        var (reason, _) = await FailAsync(Task("./script") with { Files = new Dictionary<string, string> { ["script"] = "#!/bin/sh\n" } });

        Assert.Contains("permission denied", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_without_an_end_and_bytes_that_are_no_UTF8_come_through()
    {
        var (end, stdout, _) = await RunAsync(Shell("printf 'ok\\n\\377\\376bad\\r\\n\\303\\274ber\\n\\n\\303'"));

        Assert.Equal(0, end.ExitCode);
        Assert.Equal(["ok", "\uFFFD\uFFFDbad", "über", "", "\uFFFD"], stdout);
    }

    [Fact]
    public async Task A_line_longer_than_a_piece_comes_in_pieces()
    {
        var spec = Task("python3", "-c", "import sys; sys.stdout.write('ü'*50000 + '\\nend\\n')");
        var execution = await StartAsync(spec);

        var lines = await LinesAsync(spec, execution);

        var whole = new StringBuilder();
        foreach (var line in lines.TakeWhile(static l => l.Text != "end"))
            whole.Append(line.Text);
        Assert.Equal(new string('ü', 50_000), whole.ToString());
        Assert.True(lines.Count > 4);
        Assert.All(lines, static l => Assert.True(Encoding.UTF8.GetByteCount(l.Text) <= 16 * 1024 + 16));
        Assert.Equal([.. Enumerable.Range(1, lines.Count).Select(static n => (long)n)], lines.Select(static l => l.Number));
    }

    [Fact]
    public async Task A_further_command_runs_beside_it_with_its_surroundings()
    {
        var execution = await StartAsync(Task("sleep", LongSleep()) with { Environment = new Dictionary<string, string> { ["WORD"] = "mine" } });

        Assert.Equal((0, "mine\n", ""), await ExecAsync(execution, null, "sh", "-c", "echo $WORD"));
        Assert.Equal((0, "TYPED", ""), await ExecAsync(execution, "typed", "tr", "a-z", "A-Z"));
        Assert.Equal((7, "", "oops\n"), await ExecAsync(execution, null, "sh", "-c", "echo oops >&2; exit 7"));
    }

    [Fact]
    public async Task A_further_command_can_have_a_terminal()
    {
        var execution = await StartAsync(Task("sleep", LongSleep()));
        using var stdin = new MemoryStream(Encoding.UTF8.GetBytes("echo typed $((6*7))\nexit 3\n"));
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();

        var code = await execution.ExecAsync(
            new ExecRequest { Command = ["sh", "-c", "while [ \"$(stty size)\" = '0 0' ]; do sleep 0.02; done; stty size; tty; exec sh"], Terminal = new TerminalSize(91, 33) },
            new ExecStreams(stdin, stdout, stderr), CancellationToken.None).WaitAsync(Deadline);

        var text = Encoding.UTF8.GetString(stdout.ToArray());
        Assert.Equal(3, code);
        Assert.Contains("33 91", text, StringComparison.Ordinal);
        Assert.Contains("/dev/pts/", text, StringComparison.Ordinal);
        Assert.Contains("typed 42", text, StringComparison.Ordinal);
        Assert.Equal(0, stderr.Length);
    }

    [Fact]
    public async Task A_further_command_ends_when_it_is_cancelled_and_with_its_task()
    {
        var execution = await StartAsync(Task("sleep", LongSleep()));
        var sleep = LongSleep();
        using var cancel = new CancellationTokenSource();
        var cancelled = execution.ExecAsync(new ExecRequest { Command = ["sleep", sleep] }, new ExecStreams(null, Stream.Null, Stream.Null), cancel.Token);
        await Eventually.HoldsAsync(() => Running(sleep) == 1, "it sleeps");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Deadline));
        await Eventually.HoldsAsync(() => Running(sleep) == 0, "it was ended");

        var with = execution.ExecAsync(new ExecRequest { Command = ["sleep", sleep] }, new ExecStreams(null, Stream.Null, Stream.Null), CancellationToken.None);
        await Eventually.HoldsAsync(() => Running(sleep) == 1, "it sleeps again");
        await execution.StopAsync(TimeSpan.Zero, CancellationToken.None).WaitAsync(Deadline);
        Assert.NotEqual(0, await with.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_further_command_that_an_earlier_process_left_is_ended_when_the_task_is_taken_up_and_no_other()
    {
        var spec = Task("sleep", LongSleep());
        var execution = await StartAsync(spec);
        var sleep = LongSleep();
        var left = execution.ExecAsync(new ExecRequest { Command = ["sleep", sleep] }, new ExecStreams(null, Stream.Null, Stream.Null), CancellationToken.None);
        await Eventually.HoldsAsync(() => Running(sleep) == 1, "it sleeps");

        var adopted = await AdoptAsync(spec); // As by the next process of a runner that was killed.

        await Eventually.HoldsAsync(() => Running(sleep) == 0, "it was ended");
        Assert.NotEqual(0, await left.WaitAsync(Deadline)); // 137, or that of a shell which was still on its way.
        Assert.False(adopted!.Ended.IsCompleted);
        Assert.Equal((0, "", ""), await ExecAsync(adopted, null, "true"));
        Assert.Empty(Directory.EnumerateFiles(Data, "exec.*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_CPU_limit_holds_and_the_use_is_told()
    {
        var execution = await StartAsync(Shell("while :; do :; done") with { Resources = new TaskResources { Cpu = 0.25 } });
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2));
        _ = await execution.UsageAsync(CancellationToken.None);
        await timer.WaitForNextTickAsync();

        var usage = await execution.UsageAsync(CancellationToken.None);

        Assert.NotNull(usage);
        Assert.InRange(usage.Cpu, 0.05, Limits ? 0.4 : 1.2);
        Assert.InRange(usage.MemoryBytes, 1, 64 << 20);
    }

    [Fact]
    public async Task A_task_that_uses_up_its_memory_is_ended_and_told_so()
    {
        Assert.SkipUnless(Limits, "This executor says that it cannot.");
        var (end, _, _) = await RunAsync(Task("python3", "-c", "x = []\nwhile True: x.append(bytearray(1 << 20))") with
        {
            Resources = new TaskResources { MemoryBytes = 64 << 20 },
        });

        Assert.Equal(137, end.ExitCode);
        Assert.True(end.IsOutOfMemory);
        Assert.Contains("out of memory", end.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_child_that_uses_up_the_memory_is_told_too()
    {
        Assert.SkipUnless(Limits, "This executor says that it cannot.");
        var (end, _, _) = await RunAsync(Shell("python3 -c 'x = []\nwhile True: x.append(bytearray(1 << 20))'; exit 0") with
        {
            Resources = new TaskResources { MemoryBytes = 64 << 20 },
        });

        Assert.Equal(0, end.ExitCode);
        Assert.True(end.IsOutOfMemory);
    }

    // Why it could not run: from the start or from its end, as the executor finds it out.
    private async Task<(string Reason, int? Code)> FailAsync(TaskSpec spec)
    {
        try
        {
            var (end, _, _) = await RunAsync(spec);
            return (end.Reason ?? "", end.ExitCode);
        }
        catch (ExecutorException e)
        {
            return (e.Message, null);
        }
    }
}
