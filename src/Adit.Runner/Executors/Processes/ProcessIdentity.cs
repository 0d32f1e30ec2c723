using System.Globalization;
using System.Runtime.Versioning;

namespace Adit.Runner.Executors;

/// <summary>
/// A process, so that no other one is ever taken for it: numbers are used again, and a machine that restarts begins anew.
/// </summary>
/// <param name="Boot">Which start of the machine: /proc/sys/kernel/random/boot_id.</param>
/// <param name="Id">Its number.</param>
/// <param name="Started">When it was started, in clock ticks of that start: field 22 of /proc/PID/stat.</param>
internal sealed record ProcessIdentity(string Boot, int Id, long Started)
{
    private const string BootId = "/proc/sys/kernel/random/boot_id";

    // Does not change while this process lives.
    private static readonly Lazy<string> Boots = new(static () => File.ReadAllText(BootId).Trim());

    /// <summary>Which start of the machine this is.</summary>
    [SupportedOSPlatform("linux")]
    public static string CurrentBoot() => Boots.Value;

    /// <summary>Reads the line that the script of a task wrote about itself: the boot, then its own stat. Null when it is not complete.</summary>
    public static ProcessIdentity? Parse(string? line)
    {
        if (line is null || !line.EndsWith('\n') || line.IndexOf(' ', StringComparison.Ordinal) is not (> 0 and var space))
            return null;
        return ProcessStat.Parse(line[(space + 1)..]) is { } stat ? new ProcessIdentity(line[..space], stat.Id, stat.Started) : null;
    }

    /// <summary>Whether it runs; one that ended and was not waited for does not.</summary>
    [SupportedOSPlatform("linux")]
    public bool IsAlive() => ProcessStat.Read(Id) is { IsDead: false } stat && stat.Started == Started && Boot == CurrentBoot();
}

/// <summary>What Linux says of a process: proc(5), /proc/PID/stat.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Parent">Its parent's.</param>
/// <param name="Session">Its session's.</param>
/// <param name="Started">When it was started, in clock ticks since the machine's start.</param>
/// <param name="CpuTicks">CPU time of it and of those of its children that ended and were waited for, in clock ticks.</param>
/// <param name="Pages">Memory in pages.</param>
/// <param name="IsDead">Whether it ended and was not waited for yet.</param>
internal readonly record struct ProcessStat(int Id, int Parent, int Session, long Started, long CpuTicks, long Pages, bool IsDead)
{
    /// <summary>Clock ticks of a second: sysconf(_SC_CLK_TCK), 100 on every Linux that .NET runs on.</summary>
    public const int TicksPerSecond = 100;

    /// <summary>What is said of a process; null when there is none.</summary>
    public static ProcessStat? Read(int process)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // ESRCH: it went while we looked.
        }
    }

    /// <summary>All processes that can be seen.</summary>
    public static IReadOnlyList<ProcessStat> All()
    {
        var all = new List<ProcessStat>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var process) && Read(process) is { } stat)
                all.Add(stat);
        }

        return all;
    }

    /// <summary>Reads the line. The name in it may have spaces and parentheses of its own.</summary>
    public static ProcessStat? Parse(string line)
    {
        var open = line.IndexOf('(', StringComparison.Ordinal);
        var close = line.LastIndexOf(')');
        if (open < 1 || close < open)
            return null;
        var fields = line[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries); // [0] is field 3, the state.
        if (fields.Length < 22
            || !int.TryParse(line.AsSpan(0, open).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var parent)
            || !int.TryParse(fields[3], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var session)
            || !long.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out var started)
            || !long.TryParse(fields[21], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var pages))
        {
            return null;
        }

        var ticks = 0L;
        for (var i = 11; i <= 14; i++)
            ticks += long.TryParse(fields[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var t) ? t : 0;
        return new ProcessStat(id, parent, session, started, ticks, pages, fields[0] is "Z" or "X");
    }
}
