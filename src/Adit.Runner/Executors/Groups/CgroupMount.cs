namespace Adit.Runner.Executors;

/// <summary>A hierarchy of control groups and where this process is in it.</summary>
/// <param name="Controllers">What it controls: <c>cpu</c>, <c>memory</c>. Empty for version 2.</param>
/// <param name="IsV2">Whether it is the one of version 2.</param>
/// <param name="Own">The directory of the group that this process is in.</param>
internal sealed record CgroupMount(IReadOnlyList<string> Controllers, bool IsV2, string Own)
{
    /// <summary>All that this process can see: cgroups(7), /proc/PID/cgroup and proc(5), /proc/PID/mountinfo.</summary>
    public static IReadOnlyList<CgroupMount> All() =>
        Parse(File.ReadAllText("/proc/self/mountinfo"), File.ReadAllText("/proc/self/cgroup"));

    /// <summary>The same from the two files' text.</summary>
    public static IReadOnlyList<CgroupMount> Parse(string mountinfo, string cgroups)
    {
        // 4:memory:/system.slice/adit.service    0::/system.slice/adit.service
        var own = cgroups.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static l => l.Split(':', 3)).Where(static p => p.Length == 3)
            .ToDictionary(static p => p[1], static p => p[2]);
        var mounts = new List<CgroupMount>();
        foreach (var line in mountinfo.Split('\n'))
        {
            // 35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
            var halves = line.Split(" - ", 2);
            var left = halves[0].Split(' ');
            var right = halves.Length == 2 ? halves[1].Split(' ') : [];
            if (left.Length < 6 || right.Length < 3 || right[0] is not ("cgroup" or "cgroup2"))
                continue;
            var isV2 = right[0] == "cgroup2";
            var options = isV2 ? [] : right[2].Split(',').Where(static o => o is not ("rw" or "ro" or "xattr")).ToArray();
            var path = isV2
                ? own.GetValueOrDefault("")
                : own.FirstOrDefault(o => o.Key.Split(',').Intersect(options).Any()).Value;
            if (path is not null)
                mounts.Add(new CgroupMount(options, isV2, Beneath(left[4], left[3], path)));
        }

        return mounts;
    }

    // In a container what is mounted may be a part of the whole, and the path that of the whole.
    private static string Beneath(string mount, string root, string path)
    {
        if (root != "/" && (path == root || path.StartsWith(root + "/", StringComparison.Ordinal)))
            path = path[root.Length..];
        else if (root != "/")
            path = "";
        return path is "" or "/" ? mount : mount + path;
    }
}
