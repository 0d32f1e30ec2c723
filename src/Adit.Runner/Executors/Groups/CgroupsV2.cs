using System.Runtime.Versioning;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>
/// Control groups, version 2: one hierarchy, in which the runner's own group must have been given to it (systemd: <c>Delegate=yes</c>). A group
/// with processes of its own cannot give controllers to groups inside, so the runner moves into <c>adit-runner</c>, and tasks are in
/// <c>adit-tasks/NAME</c>. Linux Documentation/admin-guide/cgroup-v2. <b>The machine that runs our tests has version 1: this was never run.</b>
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class CgroupsV2 : ITaskGroups
{
    private const string RunnerGroup = "adit-runner";
    private const string TasksGroup = "adit-tasks";
    private const string Only = "all";
    private const long Period = 100_000; // Microseconds.

    private static readonly (string Controller, string Lack)[] Wanted =
    [
        ("cpu", "CPU limits of tasks do not hold"),
        ("memory", "Memory limits of tasks do not hold, and running out of memory is not told"),
        ("pids", "A task may start any number of processes"),
    ];

    private readonly string _parent;
    private readonly HashSet<string> _controllers;

    private CgroupsV2(string parent, HashSet<string> controllers, IReadOnlyList<string> warnings)
    {
        _parent = parent;
        _controllers = controllers;
        Warnings = warnings;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Looks for what may be used, and moves this process where the rules want it; null when this version is not here or may not be used.</summary>
    public static CgroupsV2? Find(IReadOnlyList<CgroupMount> mounts)
    {
        if (mounts.FirstOrDefault(static m => m.IsV2)?.Own is not { } own)
            return null;
        var root = Path.GetFileName(own) == RunnerGroup ? Path.GetDirectoryName(own)! : own;
        var offered = (ControlFiles.Read(root, "cgroup.controllers") ?? "").Split(' ').ToHashSet();
        try
        {
            var runner = Path.Combine(root, RunnerGroup);
            var parent = Path.Combine(root, TasksGroup);
            Directory.CreateDirectory(runner);
            Directory.CreateDirectory(parent);
            ControlFiles.Write(runner, "cgroup.procs", "0"); // Itself, and nobody else's process: where there are others, controllers are not given on.
            foreach (var (controller, _) in Wanted.Where(w => offered.Contains(w.Controller)))
            {
                ControlFiles.TryWrite(root, "cgroup.subtree_control", "+" + controller);
                ControlFiles.TryWrite(parent, "cgroup.subtree_control", "+" + controller);
            }

            var given = (ControlFiles.Read(parent, "cgroup.subtree_control") ?? "").Split(' ').ToHashSet();
            return new CgroupsV2(parent, given, [.. Wanted.Where(w => !given.Contains(w.Controller)).Select(w =>
                $"{w.Lack}: the control group '{root}' does not give the controller '{w.Controller}' on. Run the runner under systemd with Delegate=yes.")]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // Not given to us. Sessions say what that means.
        }
    }

    /// <inheritdoc/>
    public ITaskGroup Create(string name, TaskResources resources, int mostProcesses)
    {
        var directory = Path.Combine(_parent, name);
        Directory.CreateDirectory(directory);
        if (resources.Cpu is { } cpu && _controllers.Contains("cpu"))
            ControlFiles.Write(directory, "cpu.max", $"{ControlFiles.Text(Math.Max(1000, (long)(cpu * Period)))} {ControlFiles.Text(Period)}");
        if (resources.MemoryBytes is { } memory && _controllers.Contains("memory"))
        {
            ControlFiles.Write(directory, "memory.max", ControlFiles.Text(memory));
            ControlFiles.TryWrite(directory, "memory.swap.max", "0"); // Not there where the kernel does not count swap.
        }

        if (_controllers.Contains("pids"))
            ControlFiles.Write(directory, "pids.max", ControlFiles.Text(mostProcesses));
        return new Group(directory);
    }

    /// <inheritdoc/>
    public ITaskGroup Open(IReadOnlyDictionary<string, string> directories, ProcessIdentity? session) =>
        directories.TryGetValue(Only, out var directory) ? new Group(directory) : new Sessions().Open(directories, session);

    private sealed class Group(string directory) : ITaskGroup
    {
        public IReadOnlyDictionary<string, string> Directories { get; } = new Dictionary<string, string> { [Only] = directory };

        public IReadOnlyList<string> JoinFiles { get; } = [Path.Combine(directory, "cgroup.procs")];

        public GroupUse? Use()
        {
            if (ControlFiles.ReadNumber(directory, "cpu.stat", "usage_usec") is not { } cpu)
                return null;
            var all = ControlFiles.ReadNumber(directory, "memory.current") ?? 0;
            var idle = ControlFiles.ReadNumber(directory, "memory.stat", "inactive_file") ?? 0;
            var kills = ControlFiles.ReadNumber(directory, "memory.events", "oom_kill") ?? 0;
            return new GroupUse(TimeSpan.FromMicroseconds(cpu), Math.Max(0, all - idle), kills);
        }

        public bool TryKill()
        {
            if (ControlFiles.Processes(directory).Count == 0)
                return true;
            if (ControlFiles.TryWrite(directory, "cgroup.kill", "1"))
                return false;
            Freeze(true); // Before Linux 5.14. A frozen process of version 2 dies when it is killed.
            foreach (var process in ControlFiles.Processes(directory))
                Posix.Signal(process, Posix.SigKill);
            Freeze(false);
            return false;
        }

        public void Freeze(bool frozen) => ControlFiles.TryWrite(directory, "cgroup.freeze", frozen ? "1" : "0");

        public bool TryRemove() => ControlFiles.TryRemove(directory);
    }
}
