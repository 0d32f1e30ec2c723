using Adit.Testing;

namespace Adit.Tests.Testing;

/// <summary>No test leaves a process behind, and none waits for a line that cannot come.</summary>
public sealed class ChildProcessTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_line_is_found_whether_it_was_written_before_or_after_the_wait_began()
    {
        await using var process = ChildProcess.Start("/bin/sh", ["-c", "echo early; read line; echo got $line >&2"]);
        await process.WaitForLineAsync("^early$");
        await process.Input.WriteLineAsync("this");
        Assert.Equal("this", await process.WaitForLineAsync("^got (.*)$"));
        Assert.Equal("early", await process.WaitForLineAsync("^early$"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Waiting_for_a_line_ends_with_the_program_and_tells_what_it_wrote()
    {
        await using var process = ChildProcess.Start("/bin/sh", ["-c", "echo no such thing; exit 3"]);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => process.WaitForLineAsync("^ready$"));
        Assert.Contains("no such thing", failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, await process.WaitForExitAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Dispose_kills_the_children_too()
    {
        var process = ChildProcess.Start("/bin/sh", ["-c", "sleep 600 & echo $!; wait"]);
        var child = await process.WaitForLineAsync(@"^(\d+)$");
        await process.DisposeAsync();
        // A killed process may stay as a zombie until whoever inherited it looks.
        await Eventually.HoldsAsync(
            () => !File.Exists($"/proc/{child}/stat") || File.ReadAllText($"/proc/{child}/stat").Contains(") Z", StringComparison.Ordinal),
            $"process {child} is gone");
    }

    [Fact(Timeout = 60_000)]
    public async Task Stop_asks_politely()
    {
        await using var process = ChildProcess.Start("/bin/sh", ["-c", "trap 'echo bye; exit 7' TERM; echo ready; while :; do read -r line || sleep 0.1; done"]);
        await process.WaitForLineAsync("^ready$");
        Assert.Equal(7, await process.StopAsync());
        Assert.Contains("bye", process.Output, StringComparison.Ordinal);
    }
}
