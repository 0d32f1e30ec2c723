using System.Runtime.Versioning;
using Adit.Testing;

namespace Adit.EndToEnd.Tasks;

/// <summary><c>adit exec</c> by somebody who sits at a terminal: a real one, whose other end is a script.</summary>
[SupportedOSPlatform("linux")]
public sealed class ExecTerminalTests
{
    // Arguments: what to do, then the command. Prints what it saw, one word or line each.
    private const string Person = """
        import fcntl, os, pty, select, signal, struct, sys, termios, time
        what, command = sys.argv[1], sys.argv[2:]
        def size(fd, rows, columns): fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        child, fd = pty.fork()
        if child == 0:
            size(0, 33, 101)
            os.execvp(command[0], command)
        text = b''
        def until(words):
            global text
            end = time.time() + 30
            while words not in text:
                if time.time() > end: print('never came:', words, 'but', text); os.kill(child, signal.SIGKILL); sys.exit(9)
                if select.select([fd], [], [], 0.2)[0]:
                    try: text += os.read(fd, 4096)
                    except OSError: print('ended before', words, text); sys.exit(8)
        lines = lambda: (termios.tcgetattr(fd)[3] & (termios.ICANON | termios.ECHO | termios.ISIG)) != 0
        print('before', lines())
        until(b'33 101')
        print('during', lines())
        if what == 'kill':
            os.kill(child, signal.SIGTERM)
        else:
            os.write(fd, b'hello\r'); until(b'got:hello')
            size(fd, 50, 120); until(b'50 120')
            os.write(fd, b'\x03'); until(b'interrupted')
        after = None
        end = time.time() + 30
        while time.time() < end:
            try: # The terminal is looked at before nobody has it open any more.
                if lines(): after = True; break
            except OSError: break
            time.sleep(0.01)
        while True:
            try:
                if not os.read(fd, 4096): break
            except OSError: break
        print('after', after)
        print('term', b'term=vt220' in text)
        print('code', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """;

    private const string Program = "echo term=$TERM; stty size; read line; echo got:$line; trap 'echo interrupted; sleep 0.5; exit 7' INT; while :; do stty size; sleep 0.1; done";

    [Fact(Timeout = 180_000)]
    public async Task A_terminal_is_passed_through_with_its_size_and_keys_and_is_as_before_afterwards()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub);
        await AditProcess.RunAsync(["launch", "command", "--name", "demo", "--wait", "--", "sleep", "600"], hub.ClientEnvironment);
        var environment = new Dictionary<string, string?>(hub.ClientEnvironment) { ["TERM"] = "vt220" };

        var sat = await ChildProcess.RunAsync("python3", ["-c", Person, "work", AditProcess.Executable, "exec", "demo", "--", "sh", "-c", Program], environment, 0);
        Assert.Equal("before True\nduring False\nafter True\nterm True\ncode 7", sat.TrimEnd());

        var killed = await ChildProcess.RunAsync("python3", ["-c", Person, "kill", AditProcess.Executable, "exec", "demo", "--", "sh", "-c", Program], environment, 0);
        Assert.Contains("before True\nduring False\nafter True\n", killed, StringComparison.Ordinal);

        // Nobody sits anywhere: no terminal, unless it is asked for.
        Assert.Contains("not a tty", await AditProcess.RunAsync(["exec", "demo", "--", "tty"], environment, expectedExitCode: 1), StringComparison.Ordinal);
        Assert.Contains("/dev/pts/", await AditProcess.RunAsync(["exec", "-t", "demo", "--", "tty"], environment), StringComparison.Ordinal);
        await AditProcess.RunAsync(["stop", "demo"], hub.ClientEnvironment);
    }
}
