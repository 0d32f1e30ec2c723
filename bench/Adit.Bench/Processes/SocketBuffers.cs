using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Adit.Bench.Processes;

/// <summary>Bytes the kernel holds in the TCP socket buffers of a process, as `ss` sees them.</summary>
internal static partial class SocketBuffers
{
    /// <summary>Received and unread, written and unacknowledged, and backlogged bytes of all TCP sockets of the process.</summary>
    public static async Task<long> HeldByAsync(int pid, CancellationToken cancellationToken)
    {
        using var ss = Process.Start(new ProcessStartInfo("ss", "-tmnpH") { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("ss did not start");
        var output = await ss.StandardOutput.ReadToEndAsync(cancellationToken);
        await ss.WaitForExitAsync(cancellationToken);

        long held = 0;
        var mine = false;
        var owner = $"pid={pid},";
        foreach (var line in output.Split('\n'))
        {
            // A socket is a line with addresses and owner; its memory follows on the same line or on an indented one.
            if (line.Length > 0 && !char.IsWhiteSpace(line[0]))
                mine = line.Contains(owner, StringComparison.Ordinal);

            if (mine && Memory().Match(line) is { Success: true } memory)
                held += Bytes(memory, "r") + Bytes(memory, "w") + Bytes(memory, "bl");
        }

        return held;
    }

    private static long Bytes(Match memory, string group) => long.Parse(memory.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"skmem:\(r(?<r>\d+),rb\d+,t\d+,tb\d+,f\d+,w(?<w>\d+),o\d+,bl(?<bl>\d+)")]
    private static partial Regex Memory();
}
