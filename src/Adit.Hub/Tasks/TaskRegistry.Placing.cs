using Adit.Api;
using Adit.Hub.Runners;
using Adit.Hub.Tasks.Quotas;

namespace Adit.Hub.Tasks;

/// <summary>Where tasks run: what is queued gets its turn, fair between owners.</summary>
internal sealed partial class TaskRegistry
{
    private static readonly TimeSpan HoldAfter = TimeSpan.FromMinutes(5);

    /// <summary>The runners that an account's tasks may run on, with what is reserved there.</summary>
    public IReadOnlyCollection<Place> PlacesOf(string account) => Now().PlacesOf(account, _rights);

    /// <inheritdoc />
    public IReadOnlyDictionary<string, RunnerLoad> Loads() => Now().ByRunner;

    /// <inheritdoc />
    public IReadOnlyList<string> TasksOf(IReadOnlyCollection<string> runners) =>
    [
        .. _tasks.Values.Select(static t => t.Record).Where(r => !r.HasEnded && r.Runner is { } runner && r.State != TaskState.Queued && runners.Contains(runner))
            .Select(static r => $"{r.Account}/{r.Name} on {r.Runner}").Order(StringComparer.Ordinal),
    ];

    private Standing Now() => new(_tasks.Values.Select(static t => t.Record), _runners.All);

    // Under the lock. Who comes later goes first only where that takes nothing from who waits long for the same runner.
    private void Place(LiveTask task)
    {
        var now = Now();
        var quotas = QuotasNow(all: false);
        var waiting = _tasks.Values.Where(t => t != task && t is { Record: { State: TaskState.Queued, IsWanted: true } }).ToList();
        var held = HeldRunners(waiting, now, quotas);
        foreach (var other in now.InTurn(waiting))
            quotas.WaitsFor(other.Record); // What they wait for in a project is not this one's.
        if (!TryPlace(task, now, quotas, held))
            task.Queue = task.Queue! with { Position = waiting.Count(t => now.Compare(t.Record, task.Record) < 0) + 1 };
    }

    /// <summary>Places what waits, as far as there is room. Each that got a place is stored before its runner is told.</summary>
    private void PlaceQueued()
    {
        if (!_isLoaded)
            return;
        var placed = new List<LiveTask>();
        lock (_lock)
        {
            var queued = _tasks.Values.Where(static t => t is { IsStored: true, Record: { State: TaskState.Queued, IsWanted: true } }).ToList();
            if (queued.Count == 0)
                return;
            var now = Now();
            var quotas = QuotasNow(all: false);
            var held = HeldRunners(queued, now, quotas);
            var position = 0;
            foreach (var task in now.InTurn(queued))
            {
                if (_owners.Refusal(task.Record) is not null)
                    continue; // The next look ends it.
                if (TryPlace(task, now, quotas, held))
                {
                    foreach (var name in held.Where(h => h.Value == task).Select(static h => h.Key).ToList())
                        held.Remove(name); // What is left of it is for others.
                    placed.Add(task);
                    continue;
                }

                task.Queue = task.Queue! with { Position = ++position };
            }
        }

        foreach (var task in placed)
            _ = TellStoredAsync(task);
    }

    // Under the lock. Whether it has a place now; otherwise why not is said of it.
    private bool TryPlace(LiveTask task, Standing now, QuotaMoment quotas, Dictionary<string, LiveTask> held)
    {
        var places = PlacesFor(task.Record, now);
        var quota = quotas.WaitsFor(task.Record);
        if (quota is null && Scheduler.Choose(task.Record.Resolved, places.Where(p => held.GetValueOrDefault(p.Record.Name, task) == task)) is { } place)
        {
            Move(task, TaskState.Scheduled, null, r => r with { Runner = place.Record.Name });
            now.Add(task.Record);
            quotas.Add(task.Record);
            return true;
        }

        var home = task.Record.KeepsHome && places.Count == 1 && places.First().Record.Name == task.Record.Runner ? " Its files are there; launch it anew to start without them elsewhere." : "";
        task.Queue = new TaskQueuePlace(1, quota ?? (Scheduler.WaitsFor(task.Record.Resolved, places) + home));
        return false;
    }

    // A session that is started again waits for the runner that has its files, as long as there is that runner.
    private IReadOnlyCollection<Place> PlacesFor(TaskRecord task, Standing now)
    {
        var places = now.PlacesOf(task.Account, _rights);
        return task is { KeepsHome: true, Runner: { } home } && places.FirstOrDefault(p => p.Record.Name == home) is { } place ? [place] : places;
    }

    // What has waited long has one runner held for it, the one that needs to free the least, until it fits there: else what is small would go first for
    // ever. Held before anybody's turn, because the turn is of who has least, and that may always be another. Who waits for a quota waits for no runner.
    private Dictionary<string, LiveTask> HeldRunners(IEnumerable<LiveTask> waiting, Standing now, QuotaMoment quotas)
    {
        var held = new Dictionary<string, LiveTask>(StringComparer.Ordinal);
        foreach (var task in waiting.Where(t => _time.GetElapsedTime(t.Queued) >= HoldAfter).OrderBy(static t => t.Queued))
        {
            if (!quotas.HasRoomFor(task.Record))
                continue;
            var place = PlacesFor(task.Record, now)
                .Where(p => p.IsUp && !p.Record.IsCordoned && !p.Record.IsDraining && !held.ContainsKey(p.Record.Name) && Scheduler.Misfit(task.Record.Resolved, p) is null)
                .OrderBy(static p => Scheduler.Share(p.Load.Reserved, p.Record.Facts)).ThenBy(static p => p.Record.Name, StringComparer.Ordinal).FirstOrDefault();
            if (place is not null)
                held.Add(place.Record.Name, task);
        }

        return held;
    }

    // Over a restart there is only the time of day to go by. What would be in the future is now.
    private long QueuedBefore(TaskRecord record)
    {
        var waited = record.Steps is [.., { State: TaskState.Queued } last] ? _time.GetUtcNow() - last.At : TimeSpan.Zero;
        return _time.GetTimestamp() - (waited > TimeSpan.Zero ? (long)(waited.TotalSeconds * _time.TimestampFrequency) : 0);
    }

    private async Task TellStoredAsync(LiveTask task)
    {
        await task.Saving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (task.Saving.IsCompletedSuccessfully)
            Tell(task); // Otherwise the next look stores it, and tells it then.
    }
}
