using Adit.Api;
using Adit.Hub.Runners;

namespace Adit.Hub.Tasks;

/// <summary>Where tasks run: what is queued gets its turn, fair between owners.</summary>
internal sealed partial class TaskRegistry
{
    /// <summary>The runners that an account's tasks may run on, with what is reserved there.</summary>
    public IReadOnlyCollection<Place> PlacesOf(string account) => Now().PlacesOf(account, _rights);

    /// <inheritdoc />
    public IReadOnlyDictionary<string, RunnerLoad> Loads() => Now().ByRunner;

    private Standing Now() => new(_tasks.Values.Select(static t => t.Record), _runners.All);

    // Under the lock.
    private void Place(LiveTask task)
    {
        var now = Now();
        var places = now.PlacesOf(task.Record.Account, _rights);
        var before = _tasks.Values.Where(t => t != task && t.Record.State == TaskState.Queued && now.Compare(t.Record, task.Record) < 0).ToList();
        before.Sort((one, other) => now.Compare(one.Record, other.Record));
        var quotas = QuotasNow(all: false);
        var first = before.Where(t => quotas.WaitsFor(t.Record) is null).ToList(); // Who waits for a quota waits for no runner.
        var quota = quotas.WaitsFor(task.Record);
        // Who comes later goes first only where that takes nothing from who waits for the same runner.
        if (quota is null && Scheduler.Choose(task.Record.Resolved, places) is { } place && !first.Any(t => MayWaitFor(t.Record, place)))
            Move(task, TaskState.Scheduled, null, r => r with { Runner = place.Record.Name });
        else
            task.Queue = new TaskQueuePlace(before.Count + 1, quota ?? Scheduler.WaitsFor(task.Record.Resolved, places));
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
            queued.Sort((one, other) => now.Compare(one.Record, other.Record));
            var position = 0;
            foreach (var task in queued)
            {
                var places = now.PlacesOf(task.Record.Account, _rights);
                var quota = quotas.WaitsFor(task.Record);
                if (quota is null && Scheduler.Choose(task.Record.Resolved, places) is { } place)
                {
                    Move(task, TaskState.Scheduled, null, r => r with { Runner = place.Record.Name });
                    now.Add(task.Record);
                    quotas.Add(task.Record);
                    placed.Add(task);
                }
                else
                {
                    task.Queue = new TaskQueuePlace(++position, quota ?? Scheduler.WaitsFor(task.Record.Resolved, places));
                }
            }
        }

        foreach (var task in placed)
            _ = TellStoredAsync(task);
    }

    private async Task TellStoredAsync(LiveTask task)
    {
        await task.Saving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (task.Saving.IsCompletedSuccessfully)
            Tell(task); // Otherwise the next look stores it, and tells it then.
    }

    private bool MayWaitFor(TaskRecord task, Place place) =>
        _rights.MayUse(task.Account, place.Record) && Scheduler.Misfit(task.Resolved, place.Record) is null;
}
