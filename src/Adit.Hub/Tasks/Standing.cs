using System.Runtime.InteropServices;
using Adit.Api;
using Adit.Hub.Runners;

namespace Adit.Hub.Tasks;

/// <summary>What is reserved at one moment: by runner, and by account. Counted once for all that is asked of that moment.</summary>
internal sealed class Standing
{
    private readonly Dictionary<string, RunnerLoad> _byRunner = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskResources> _byAccount = new(StringComparer.Ordinal);
    private readonly IReadOnlyCollection<LiveRunner> _runners;
    private readonly TaskResources _all;

    public Standing(IEnumerable<TaskRecord> tasks, IReadOnlyCollection<LiveRunner> runners)
    {
        _runners = runners;
        _all = new TaskResources
        {
            Cpu = runners.Sum(static r => r.Record.Facts.Cpus),
            MemoryBytes = runners.Sum(static r => r.Record.Facts.MemoryBytes),
            Gpus = runners.Sum(static r => r.Record.Facts.Gpus.Count),
        };
        foreach (var task in tasks)
            Add(task);
    }

    /// <summary>By runner; those without tasks are left out.</summary>
    public IReadOnlyDictionary<string, RunnerLoad> ByRunner => _byRunner;

    /// <summary>Counts a task that was placed meanwhile.</summary>
    public void Add(TaskRecord task)
    {
        if (task.Runner is null || !TaskLife.IsPlaced(task.State))
            return;
        ref var load = ref CollectionsMarshal.GetValueRefOrAddDefault(_byRunner, task.Runner, out _);
        load = new RunnerLoad(Scheduler.Sum(load?.Reserved ?? new TaskResources(), task.Resolved.Requests), (load?.Count ?? 0) + 1);
        ref var held = ref CollectionsMarshal.GetValueRefOrAddDefault(_byAccount, task.Account, out _);
        held = Scheduler.Sum(held ?? new TaskResources(), task.Resolved.Requests);
    }

    /// <summary>The runners that an account's tasks may run on.</summary>
    public IReadOnlyCollection<Place> PlacesOf(string account, RunnerRights rights) =>
        [.. _runners.Where(r => rights.MayUse(account, r.Record)).Select(r => new Place(r.Record, r.IsUp, _byRunner.GetValueOrDefault(r.Record.Name) ?? RunnerLoad.None) { IsOfAdmin = rights.IsOfAdmin(r.Record) })];

    /// <summary>
    /// Tasks in the order of their turns, each owner's from the oldest on. It is looked anew after each who has least, so that one who was placed counts for
    /// the next: take one at a time, and add what was placed (<see cref="Add"/>) before the next.
    /// </summary>
    public IEnumerable<LiveTask> InTurn(IEnumerable<LiveTask> tasks)
    {
        var byAccount = tasks.GroupBy(static t => t.Record.Account, StringComparer.Ordinal)
            .Select(static g => new Queue<LiveTask>(g.OrderBy(static t => t.Record.Created).ThenBy(static t => t.Record.Id, StringComparer.Ordinal))).ToList();
        while (byAccount.Count > 0)
        {
            var next = byAccount[0];
            foreach (var other in byAccount.Skip(1))
            {
                if (Compare(other.Peek().Record, next.Peek().Record) < 0)
                    next = other;
            }

            yield return next.Dequeue();
            if (next.Count == 0)
                byAccount.Remove(next);
        }
    }

    /// <summary>Whose turn it is: who has least, and among the same who came first.</summary>
    public int Compare(TaskRecord one, TaskRecord other)
    {
        if (one.Account != other.Account && Held(one.Account).CompareTo(Held(other.Account)) is not 0 and var byShare)
            return byShare;
        return one.Created.CompareTo(other.Created) is not 0 and var byAge ? byAge : string.CompareOrdinal(one.Id, other.Id);
    }

    // The largest part that an account has of all there is of something.
    private double Held(string account)
    {
        if (_byAccount.GetValueOrDefault(account) is not { } held)
            return 0;
        static double Part(double of, double all) => all > 0 ? of / all : 0;
        return Math.Max(
            Math.Max(Part(held.Cpu ?? 0, _all.Cpu!.Value), Part(held.MemoryBytes ?? 0, _all.MemoryBytes!.Value)), Part(held.Gpus ?? 0, _all.Gpus!.Value));
    }
}
