using System.Globalization;
using System.Runtime.InteropServices;

namespace Adit.Bench.Processes;

/// <summary>What the kernel says about a process, from /proc.</summary>
internal static partial class ProcFs
{
    private const int ClockTicksPerSecondName = 2; // _SC_CLK_TCK

    private static readonly double SecondsPerTick = 1.0 / SysConf(ClockTicksPerSecondName);

    /// <summary>User and system time of a process, of everything alive below it, and of their children that ended and were waited for.</summary>
    /// <remarks>
    /// A child that ends moves from its own line into its parent's, so the sum only ever grows: differences are exact to a tick (10 ms).
    /// </remarks>
    public static TimeSpan CpuTime(int pid)
    {
        var all = ReadAll();
        long ticks = 0;
        var open = new Queue<int>([pid]);
        while (open.TryDequeue(out var current))
        {
            if (all.TryGetValue(current, out var line))
                ticks += line.Ticks;

            foreach (var (child, state) in all)
            {
                if (state.Parent == current)
                    open.Enqueue(child);
            }
        }

        return TimeSpan.FromSeconds(ticks * SecondsPerTick);
    }

    /// <summary>A process and everything alive below it, parents first.</summary>
    public static IReadOnlyList<int> Tree(int pid)
    {
        var all = ReadAll();
        var found = new List<int> { pid };
        for (var i = 0; i < found.Count; i++)
            found.AddRange(all.Where(p => p.Value.Parent == found[i]).Select(p => p.Key));

        return found;
    }

    /// <summary>CPU time of the children of this process that have ended, user and system.</summary>
    public static TimeSpan EndedChildrenCpuTime()
    {
        var fields = Fields(File.ReadAllText("/proc/self/stat"));
        return TimeSpan.FromSeconds((Number(fields[13]) + Number(fields[14])) * SecondsPerTick);
    }

    /// <summary>Resident bytes (VmRSS): what `ps` shows, shared library pages included.</summary>
    public static long ResidentBytes(int pid) => Kilobytes($"/proc/{pid}/status", "VmRSS:");

    /// <summary>Bytes that would be free if the process ended: its private pages, clean and dirty.</summary>
    public static long PrivateBytes(int pid) =>
        Kilobytes($"/proc/{pid}/smaps_rollup", "Private_Clean:") + Kilobytes($"/proc/{pid}/smaps_rollup", "Private_Dirty:");

    private static long Kilobytes(string file, string key)
    {
        var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))
            ?? throw new InvalidDataException($"{file} has no line {key}");
        return Number(line[key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim()) * 1024;
    }

    private static Dictionary<int, (int Parent, long Ticks)> ReadAll()
    {
        var found = new Dictionary<int, (int, long)>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid))
                continue;

            try
            {
                var fields = Fields(File.ReadAllText(Path.Combine(directory, "stat")));
                found[pid] = ((int)Number(fields[1]), Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]));
            }
            catch (IOException)
            {
                // It ended between the listing and the reading.
            }
        }

        return found;
    }

    // The command in parentheses may hold spaces: the fields are counted from the last parenthesis, where field 0 is the state.
    private static string[] Fields(string stat) => stat[(stat.LastIndexOf(')') + 2)..].Split(' ');

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "sysconf")]
    private static partial long SysConf(int name);
}
