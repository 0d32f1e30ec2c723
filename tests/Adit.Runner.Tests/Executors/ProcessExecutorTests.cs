using System.Globalization;
using System.Runtime.InteropServices;
using Adit.Api;
using Adit.Runner.Executors;
using Adit.Testing;
using Microsoft.Win32.SafeHandles;

namespace Adit.Runner.Tests.Executors;

/// <summary>The conformance of processes, and what only they have.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed partial class ProcessExecutorTests : ExecutorConformance
{
    // Debian's own programs, not what a developer's shell puts before them.
    private const string SystemPath = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin";

    private protected override IExecutor NewExecutor() => new ProcessExecutor(new() { Path = SystemPath }, new Random(), TimeProvider.System);

    private protected override TaskSpec For(TaskSpec spec) => spec with { Executor = "process" };

    [Fact]
    public async Task A_working_directory_that_is_missing_is_named()
    {
        var e = await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(Task("true") with { WorkingDirectory = "/no/such" }));

        Assert.Contains("'/no/such'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_runs_as_the_user_of_its_template_in_a_home_of_that_user()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can run tasks as others.");
        var spec = Shell("id -un; id -Gn; cat hello.txt; touch mine; stat -c %U . mine hello.txt") with
        {
            User = "nobody",
            Files = new Dictionary<string, string> { ["hello.txt"] = "hi\n" },
            // Loaded by whatever runs: root's shell must not.
            Environment = new Dictionary<string, string> { ["LD_PRELOAD"] = "/no/such.so" },
        };

        var (end, stdout, _) = await RunAsync(spec);

        Assert.Equal(new ExecutionEnd(0), end);
        Assert.Equal(["nobody", "nogroup", "hi", "nobody", "nobody", "nobody"], stdout);
        Assert.False(File.Exists(Path.Combine(Place(spec).Attempt(1), "run")));
        Assert.Equal("", (await File.ReadAllTextAsync(Path.Combine(Place(spec).Attempt(1), "trouble"))).Trim());
    }

    [Fact]
    public async Task What_was_left_open_to_the_runner_is_not_open_to_its_tasks()
    {
        using var file = File.OpenHandle("/etc/hostname");
        using var left = dup(file); // Unlike what .NET opens it would be inherited.

        var (_, stdout, _) = await RunAsync(Shell("ls -l /proc/self/fd"));

        Assert.Contains(stdout, static line => line.Contains(" 1 -> ", StringComparison.Ordinal));
        Assert.DoesNotContain(stdout, static line => line.Contains("/etc/hostname", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_user_that_is_not_there_is_named()
    {
        var e = await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(Task("true") with { User = "no-such-user" }));

        Assert.Contains("'no-such-user'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_no_shell_can_export_is_named()
    {
        var e = await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(Task("true") with
        {
            Environment = new Dictionary<string, string> { ["a;reboot"] = "1" },
        }));

        Assert.Contains("'a;reboot'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_else_can_read_what_the_runner_keeps()
    {
        var spec = Shell("true") with { Environment = new Dictionary<string, string> { ["SECRET"] = "x" } };
        await RunAsync(spec);

        foreach (var path in Directory.EnumerateFileSystemEntries(Place(spec).Path, "*", SearchOption.AllDirectories).Where(p => !p.Contains("/home", StringComparison.Ordinal)))
            Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite));
    }

    [Fact]
    public async Task A_number_that_became_another_process_is_never_signalled()
    {
        var spec = Task("sleep", LongSleep());
        var first = await StartAsync(spec);
        await first.DisposeAsync();
        // As if the script had ended long ago, and a neighbour had its number today.
        var claim = Path.Combine(Place(spec).Attempt(1), "pid.1");
        var own = await File.ReadAllTextAsync(claim);
        using var neighbour = System.Diagnostics.Process.Start("sleep", LongSleep());
        var stat = ProcessStat.Read(neighbour.Id)!.Value;
        var fields = own.Split(' ');
        fields[1] = neighbour.Id.ToString(CultureInfo.InvariantCulture);
        fields[22] = (stat.Started - 1).ToString(CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(claim, string.Join(' ', fields));

        var second = await AdoptAsync(spec);

        var end = await second!.Ended.WaitAsync(Deadline);
        Assert.Null(end.ExitCode);
        Assert.Contains("from outside", end.Reason, StringComparison.Ordinal);
        Assert.False(neighbour.HasExited);
        neighbour.Kill();
        await Eventually.HoldsAsync(() => Running(spec.Command[1]) == 0, "what was left in its group is gone");
    }

    [Fact]
    public async Task After_a_restart_of_the_machine_it_is_told()
    {
        var spec = Task("sleep", LongSleep());
        await (await StartAsync(spec)).DisposeAsync();
        var claim = Path.Combine(Place(spec).Attempt(1), "pid.1");
        var text = await File.ReadAllTextAsync(claim);
        await File.WriteAllTextAsync(claim, "00000000-0000-0000-0000-000000000000" + text[36..]);

        var end = await (await AdoptAsync(spec))!.Ended.WaitAsync(Deadline);

        Assert.Null(end.ExitCode);
        Assert.Contains("restarted", end.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_crash_of_the_machine_left_half_written_is_an_end()
    {
        var spec = Shell("true");
        await File.WriteAllTextAsync(Path.Combine(Place(spec).Attempt(1), "start.json"), "");

        Assert.Null((await (await AdoptAsync(spec))!.Ended.WaitAsync(Deadline)).ExitCode);
        await Assert.ThrowsAsync<ExecutorException>(() => NewExecutor().StartAsync(Place(spec), spec, CancellationToken.None));
    }

    [Fact]
    public async Task A_runner_that_was_killed_before_the_script_began_has_started_nothing_and_never_will()
    {
        var spec = Shell("echo ran");
        var place = Place(spec);
        var files = new AttemptFiles(place.Attempt(1));
        files.Prepare(new AttemptStart { Claim = 1, Ports = new Dictionary<string, int>(), Group = new Dictionary<string, string>() }, "true\n");

        Assert.Null(await AdoptAsync(spec));

        // The script comes late: it finds that it was given up.
        using (var late = SessionLauncher.Start(["/bin/sh", "-c", TaskScript.Text, "adit-task", files.Directory, files.ClaimFile(1), "", "", "0", "touch", place.File("late")]))
            await late.WaitForExitAsync().WaitAsync(Deadline);
        Assert.False(File.Exists(place.File("late")));
        var (end, stdout, _) = await RunAsync(spec); // And the attempt can be started.
        Assert.Equal(0, end.ExitCode);
        Assert.Equal(["ran"], stdout);
    }

    [Fact]
    public async Task A_script_that_was_killed_leaves_nothing_running()
    {
        var spec = Task("sleep", LongSleep());
        var execution = await StartAsync(spec);
        var identity = new AttemptFiles(Place(spec).Attempt(1)).Claimed(1);
        Posix.Signal(identity!.Id, Posix.SigKill);

        var end = await execution.Ended.WaitAsync(Deadline);

        Assert.Null(end.ExitCode);
        Assert.Equal(0, Running(spec.Command[1]));
    }

    [Fact]
    public async Task A_full_disk_is_said_in_one_sentence()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can mount a small disk.");
        using var folder = new TempDirectory();
        Assert.Equal(0, await ProgramAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.Path));
        try
        {
            var spec = Task("true");
            var place = new TaskPlace(folder.Path, spec.Id);
            await NewExecutor().PrepareAsync(place, spec, new Progress<string>(), CancellationToken.None);
            await ProgramAsync("dd", "if=/dev/zero", $"of={folder.File("fill")}", "bs=1k", "count=100");

            var e = await Assert.ThrowsAsync<ExecutorException>(() => NewExecutor().StartAsync(place, spec, CancellationToken.None));

            Assert.Contains("disk is full", e.Message, StringComparison.Ordinal);
            File.Delete(folder.File("fill"));
            await using var execution = await NewExecutor().StartAsync(place, spec, CancellationToken.None); // It was not started, so it can be.
            Assert.Equal(0, (await execution.Ended.WaitAsync(Deadline)).ExitCode);
        }
        finally
        {
            await ProgramAsync("umount", folder.Path);
        }
    }

    [Fact]
    public async Task A_disk_that_fills_while_it_runs_does_not_cost_the_exit_code()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can mount a small disk.");
        using var folder = new TempDirectory();
        Assert.Equal(0, await ProgramAsync("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder.Path));
        try
        {
            var spec = Shell("yes | head -c 1000000; exit 8");
            var place = new TaskPlace(folder.Path, spec.Id);
            await NewExecutor().PrepareAsync(place, spec, new Progress<string>(), CancellationToken.None);

            await using var execution = await NewExecutor().StartAsync(place, spec, CancellationToken.None);

            Assert.Equal(8, (await execution.Ended.WaitAsync(Deadline)).ExitCode);
        }
        finally
        {
            await ProgramAsync("umount", folder.Path);
        }
    }

    [Fact]
    public async Task A_command_beside_a_frozen_task_lets_its_user_go_and_dies_when_the_task_goes_on()
    {
        var word = LongSleep();
        var execution = await StartAsync(Task("sleep", LongSleep()));
        using var leave = new CancellationTokenSource();
        var command = execution.ExecAsync(new ExecRequest { Command = ["sleep", word] }, new ExecStreams(null, Stream.Null, Stream.Null), leave.Token);
        await Eventually.HoldsAsync(() => Running(word) == 1, "the command runs");
        await execution.FreezeAsync(CancellationToken.None);

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => command.WaitAsync(TimeSpan.FromSeconds(10)));
        await execution.ThawAsync(CancellationToken.None);
        await Eventually.HoldsAsync(() => Running(word) == 0, "the command is gone");
    }

    [Fact]
    public async Task A_further_command_ends_with_all_of_its_session_whatever_groups_a_shell_made_of_it()
    {
        var word = LongSleep();
        var spec = Task("sleep", LongSleep());
        var execution = await StartAsync(spec);
        var tree = new ExecRequest { Command = ["bash", "-c", $"set -m; (sleep {word} & sleep {word}) & sleep {word}; true"] };
        using var leave = new CancellationTokenSource();
        var command = execution.ExecAsync(tree, new ExecStreams(null, Stream.Null, Stream.Null), leave.Token);
        await Eventually.HoldsAsync(() => Running(word) == 3, "the tree runs");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => command.WaitAsync(Deadline));
        await Eventually.HoldsAsync(() => Running(word) == 0, "the tree is gone with its user");

        var left = execution.ExecAsync(tree, new ExecStreams(null, Stream.Null, Stream.Null), CancellationToken.None);
        await Eventually.HoldsAsync(() => Running(word) == 3, "the tree runs again");
        await AdoptAsync(spec); // As by the next process of a runner that was killed.
        await Eventually.HoldsAsync(() => Running(word) == 0, "the tree is gone with its runner");
        Assert.NotEqual(0, await left.WaitAsync(Deadline));
    }

    [Theory]
    [InlineData("$(cat /proc/sys/kernel/random/boot_id)", 0)]
    [InlineData("another-start-of-the-machine", 2)]
    public async Task What_a_further_command_left_is_ended_also_when_its_leader_is_dead(string boot, int rest)
    {
        using var folder = new TempDirectory();
        var word = LongSleep();
        Assert.Equal(0, await ProgramAsync(
            "setsid", "bash", "-c", $"read -r stat < /proc/$$/stat; echo \"{boot} $stat\" > {folder.File("exec.a.pid")}; set -m; exec 2> /dev/null; sleep {word} & sleep {word} & exit 0"));
        try
        {
            await Eventually.HoldsAsync(() => Running(word) == 2, "what it left runs");

            ProcessExec.EndLeft(folder.Path);

            await Eventually.HoldsAsync(() => Running(word) == rest, "it is ended if it is of this start of the machine");
            Assert.False(File.Exists(folder.File("exec.a.pid")));
        }
        finally
        {
            await ProgramAsync("pkill", "-f", $"^sleep {word}$");
        }
    }

    private static async Task<int> ProgramAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync().WaitAsync(Deadline);
        return process.ExitCode;
    }

#pragma warning disable IDE1006, SA1300 // The name of the call.
    [LibraryImport("libc", SetLastError = true)]
    private static partial SafeFileHandle dup(SafeFileHandle file);
#pragma warning restore IDE1006, SA1300
}
