using System.Runtime.Versioning;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>
/// Where there are no control groups: a task is what is in the session of its script, and the children of that. Limits nothing. A program that
/// leaves the session and loses its parent before it was ever looked at is not seen.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class Sessions : ITaskGroups
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings { get; } =
    [
        "CPU and memory limits of tasks do not hold, and a program that detaches itself outlives its task: this runner may not make control groups. " +
        "Run it as root, or under systemd with Delegate=yes.",
    ];

    /// <inheritdoc/>
    public ITaskGroup Create(string name, TaskResources resources, int mostProcesses) => new Group(null);

    /// <inheritdoc/>
    public ITaskGroup Open(IReadOnlyDictionary<string, string> directories, ProcessIdentity? session) => new Group(session);

    private sealed class Group(ProcessIdentity? session) : ITaskGroup
    {
        private readonly HashSet<(int Id, long Started)> _known = [];

        public IReadOnlyDictionary<string, string> Directories { get; } = new Dictionary<string, string>();

        public IReadOnlyList<string> JoinFiles => [];

        public GroupUse? Use()
        {
            var members = Members();
            if (members.Count == 0)
                return null;
            var ticks = members.Sum(static m => m.CpuTicks);
            return new GroupUse(TimeSpan.FromSeconds((double)ticks / ProcessStat.TicksPerSecond), members.Sum(static m => m.Pages) * Environment.SystemPageSize, 0);
        }

        public bool TryKill()
        {
            var members = Members();
            foreach (var member in members)
                Posix.Signal(member.Id, Posix.SigStop); // So that none is born while they are killed.
            foreach (var member in members)
                Posix.Signal(member.Id, Posix.SigKill);
            return members.Count == 0;
        }

        public void Freeze(bool frozen)
        {
            foreach (var member in Members())
                Posix.Signal(member.Id, frozen ? Posix.SigStop : Posix.SigCont);
        }

        public bool TryRemove() => true;

        // All but the script. What was a member once stays one, also when it has lost its parent.
        private List<ProcessStat> Members()
        {
            var all = ProcessStat.All();
            lock (_known)
            {
                _known.IntersectWith(all.Select(static p => (p.Id, p.Started)));
                var ids = _known.Select(static k => k.Id).ToHashSet();
                // Only while the script runs: from then on its number may become another session's.
                var isAlive = session is not null && session.IsAlive();
                if (isAlive)
                    ids.Add(session!.Id);
                for (var before = -1; before != ids.Count;)
                {
                    before = ids.Count;
                    foreach (var process in all.Where(p => (isAlive && p.Session == session!.Id) || ids.Contains(p.Parent)))
                        ids.Add(process.Id);
                }

                if (isAlive)
                    ids.Remove(session!.Id);
                var members = all.Where(p => ids.Contains(p.Id) && !p.IsDead).ToList();
                _known.UnionWith(members.Select(static p => (p.Id, p.Started)));
                return members;
            }
        }
    }
}
