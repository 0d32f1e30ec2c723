using System.Runtime.Versioning;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>
/// Control groups, version 1: a hierarchy for each controller, in each of which a task has a group <c>adit/NAME</c> below the runner's own.
/// Linux Documentation/admin-guide/cgroup-v1.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class CgroupsV1 : ITaskGroups
{
    private const string Parent = "adit";
    private const long Period = 100_000; // Microseconds.

    private static readonly (string Controller, string Lack)[] Wanted =
    [
        ("freezer", "Tasks are halted by signals, which programs can see"),
        ("cpu", "CPU limits of tasks do not hold"),
        ("cpuacct", "The CPU use of tasks is an estimate"),
        ("memory", "Memory limits of tasks do not hold, and running out of memory is not told"),
        ("pids", "A task may start any number of processes"),
    ];

    private readonly IReadOnlyDictionary<string, string> _parents;

    private CgroupsV1(IReadOnlyDictionary<string, string> parents, IReadOnlyList<string> warnings)
    {
        _parents = parents;
        Warnings = warnings;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Looks for what may be used; null when this version is not here, or nothing of it may be used.</summary>
    public static CgroupsV1? Find(IReadOnlyList<CgroupMount> mounts)
    {
        var parents = new Dictionary<string, string>();
        var warnings = new List<string>();
        foreach (var (controller, lack) in Wanted)
        {
            if (mounts.FirstOrDefault(m => m.Controllers.Contains(controller)) is not { } mount)
                warnings.Add($"{lack}: this machine has no control groups for '{controller}'.");
            else if (Usable(Path.Combine(mount.Own, Parent)) is { } trouble)
                warnings.Add($"{lack}: '{mount.Own}' may not be used ({trouble}). Run the runner as root, or give it that directory.");
            else
                parents[controller] = Path.Combine(mount.Own, Parent);
        }

        return parents.Count == 0 ? null : new CgroupsV1(parents, warnings);
    }

    /// <inheritdoc/>
    public ITaskGroup Create(string name, TaskResources resources, int mostProcesses)
    {
        var directories = _parents.ToDictionary(static p => p.Key, p => Path.Combine(p.Value, name));
        foreach (var directory in directories.Values)
            Directory.CreateDirectory(directory);
        if (resources.Cpu is { } cpu && directories.TryGetValue("cpu", out var cpus))
        {
            ControlFiles.Write(cpus, "cpu.cfs_period_us", ControlFiles.Text(Period));
            ControlFiles.Write(cpus, "cpu.cfs_quota_us", ControlFiles.Text(Math.Max(1000, (long)(cpu * Period))));
        }

        if (resources.MemoryBytes is { } memory && directories.TryGetValue("memory", out var memories))
        {
            ControlFiles.Write(memories, "memory.limit_in_bytes", ControlFiles.Text(memory));
            // Memory and swap together; not there where the kernel does not count swap.
            ControlFiles.TryWrite(memories, "memory.memsw.limit_in_bytes", ControlFiles.Text(memory));
        }

        if (directories.TryGetValue("pids", out var pids))
            ControlFiles.Write(pids, "pids.max", ControlFiles.Text(mostProcesses));
        return new Group(directories);
    }

    /// <inheritdoc/>
    public ITaskGroup Open(IReadOnlyDictionary<string, string> directories, ProcessIdentity? session) =>
        directories.Count == 0 ? new Sessions().Open(directories, session) : new Group(directories);

    private static string? Usable(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            var attempt = Path.Combine(directory, "check");
            Directory.CreateDirectory(attempt);
            Directory.Delete(attempt);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message.TrimEnd('.');
        }
    }

    private sealed class Group(IReadOnlyDictionary<string, string> directories) : ITaskGroup
    {
        // Any of them has all processes; the freezer's can be kept from making more.
        private readonly string _all = directories.GetValueOrDefault("freezer") ?? directories.Values.First();

        public IReadOnlyDictionary<string, string> Directories => directories;

        public IReadOnlyList<string> JoinFiles { get; } = [.. directories.Values.Distinct().Select(static d => Path.Combine(d, "cgroup.procs"))];

        public GroupUse? Use()
        {
            if (!Directory.Exists(_all))
                return null;
            var cpu = directories.TryGetValue("cpuacct", out var cpus) ? ControlFiles.ReadNumber(cpus, "cpuacct.usage") ?? 0 : 0; // Nanoseconds.
            var (memory, kills) = directories.TryGetValue("memory", out var memories) ? Memory(memories) : default;
            return new GroupUse(TimeSpan.FromTicks(cpu / TimeSpan.NanosecondsPerTick), memory, kills);
        }

        public bool TryKill()
        {
            if (ControlFiles.Processes(_all).Count == 0)
                return true;
            Freeze(true); // So that none is born while they are killed; they die when they thaw.
            foreach (var process in ControlFiles.Processes(_all))
                Posix.Signal(process, Posix.SigKill);
            Freeze(false);
            return false;
        }

        public void Freeze(bool frozen)
        {
            if (directories.TryGetValue("freezer", out var freezer))
            {
                ControlFiles.TryWrite(freezer, "freezer.state", frozen ? "FROZEN" : "THAWED");
                return;
            }

            foreach (var process in ControlFiles.Processes(_all))
                Posix.Signal(process, frozen ? Posix.SigStop : Posix.SigCont);
        }

        public bool TryRemove() => directories.Values.Distinct().Aggregate(true, static (gone, d) => ControlFiles.TryRemove(d) && gone);

        private static (long Bytes, long Kills) Memory(string directory)
        {
            var all = ControlFiles.ReadNumber(directory, "memory.usage_in_bytes") ?? 0;
            var idle = ControlFiles.ReadNumber(directory, "memory.stat", "total_inactive_file") ?? 0;
            return (Math.Max(0, all - idle), ControlFiles.ReadNumber(directory, "memory.oom_control", "oom_kill") ?? 0);
        }
    }
}
