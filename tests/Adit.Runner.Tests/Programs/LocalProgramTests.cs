using System.Collections.Concurrent;
using Adit.Runner.Programs;
using Adit.Testing;

namespace Adit.Runner.Tests.Programs;

public sealed class LocalProgramTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // Python listens, and is on every machine that runs these tests (Jupyter needs it).
    private const string Server = "python3 -c \"import socket,sys,time; s=socket.socket(); s.bind(('127.0.0.1',{port})); s.listen(); print('listening', flush=True); time.sleep(60)\"";

    [Fact]
    public async Task It_gets_a_free_port_and_is_waited_for()
    {
        var lines = new ConcurrentQueue<string>();
        await using var program = LocalProgram.Start(Server, 0, lines.Enqueue, TimeProvider.System);

        await program.WaitUntilListeningAsync(Deadline, CancellationToken.None).WaitAsync(Deadline);

        Assert.InRange(program.Port, 1, 65535);
        await Eventually.HoldsAsync(() => lines.Contains("listening"), "the program's line is seen");
    }

    [Fact]
    public async Task The_whole_group_ends_with_it()
    {
        using var folder = new TempDirectory();
        var file = folder.File("child");
        await using var program = LocalProgram.Start($"sleep 61 & echo $! > {file}.new; mv {file}.new {file}; wait", 0, static _ => { }, TimeProvider.System);
        await Eventually.HoldsAsync(() => File.Exists(file), "the grandchild runs");
        var grandchild = int.Parse(await File.ReadAllTextAsync(file), System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(Runs(grandchild));

        await program.EndAsync().WaitAsync(Deadline);

        await Eventually.HoldsAsync(() => !Runs(grandchild), "the grandchild is gone");
    }

    [Fact]
    public async Task A_program_that_ignores_SIGTERM_is_killed_after_a_while()
    {
        using var folder = new TempDirectory();
        var file = folder.File("ready");
        await using var program = LocalProgram.Start($"trap '' TERM; touch {file}; while true; do sleep 1; done", 0, static _ => { }, TimeProvider.System);
        await Eventually.HoldsAsync(() => File.Exists(file), "the program is deaf");

        await program.EndAsync(TimeSpan.FromMilliseconds(200)).WaitAsync(Deadline);

        Assert.Equal(137, await program.Ended);
    }

    [Fact]
    public async Task A_program_that_ends_before_it_listens_is_told_with_its_exit_code()
    {
        await using var program = LocalProgram.Start("exit 7", 0, static _ => { }, TimeProvider.System);

        var e = await Assert.ThrowsAsync<ProgramException>(() => program.WaitUntilListeningAsync(Deadline, CancellationToken.None).WaitAsync(Deadline));

        Assert.Equal(7, e.ExitCode);
        Assert.Contains("ended with 7 before it listened", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_never_listens_is_given_up()
    {
        await using var program = LocalProgram.Start("sleep 61", 0, static _ => { }, TimeProvider.System);

        var e = await Assert.ThrowsAsync<ProgramException>(() => program.WaitUntilListeningAsync(TimeSpan.FromMilliseconds(100), CancellationToken.None).WaitAsync(Deadline));

        Assert.Contains("{port}", e.Message, StringComparison.Ordinal);
    }

    private static bool Runs(int process)
    {
        // A zombie that nobody reaped yet does not run.
        var status = $"/proc/{process}/stat";
        try
        {
            return !File.ReadAllText(status).Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
