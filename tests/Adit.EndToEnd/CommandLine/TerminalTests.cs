using System.Runtime.Versioning;
using Adit.Testing;

namespace Adit.EndToEnd.CommandLine;

/// <summary>What commands write to a terminal beside their text: nothing.</summary>
[SupportedOSPlatform("linux")]
public sealed class TerminalTests
{
    private const string Script = "/usr/bin/script"; // util-linux: runs a command on a terminal of its own and prints what it writes there.

    [Theory(Timeout = 60_000)]
    [InlineData("version")]
    [InlineData("tunnel --help")]
    [InlineData("no-such-verb")]
    [InlineData("ps --hub http://127.0.0.1:9")]
    [InlineData("version | cat")]
    public async Task A_command_that_reads_nothing_does_not_set_the_terminal_up_for_keys(string line)
    {
        Assert.SkipUnless(File.Exists(Script), "This machine has no script(1).");
        var environment = new Dictionary<string, string?> { ["TERM"] = "xterm-256color", ["ADIT_TOKEN"] = "adit_none" };
        var said = await ChildProcess.RunAsync(Script, ["-qc", $"{AditProcess.Executable} {line}", "/dev/null"], environment);
        Assert.NotEmpty(said.Trim());
        Assert.DoesNotContain('\e', said);
    }
}
