using Adit.Hub.Runners;
using Adit.Hub.Tasks.Waiting;

namespace Adit.Hub.Tasks.Idle;

/// <summary>Halting tasks where they are, and waking them.</summary>
internal sealed partial class IdleEngine
{
    /// <summary>Wakes a task that is halted. All who come meanwhile wait for one attempt to do so.</summary>
    /// <param name="task">Its id.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="cancellationToken">Waits no longer; the attempt goes on.</param>
    /// <returns>Whether it is awake.</returns>
    public Task<bool> WakeAsync(string task, string reason, CancellationToken cancellationToken)
    {
        if (_registry.Find(task) is not { } live || !_tasks.TryGetValue(task, out var idle))
            return Task.FromResult(false);
        return idle.WakeOnceAsync(() => WakeOneAsync(live, idle, reason)).WaitAsync(cancellationToken);
    }

    private async Task<bool> WakeOneAsync(LiveTask live, IdleTask idle, string reason)
    {
        await idle.Halting.WaitAsync();
        try
        {
            var keeper = _keepers.Of(live.Record.Id);
            if (!keeper.Sleeps)
                return true; // Somebody else woke it.
            if (await HaltAsync(live, isHalted: false, CancellationToken.None) is { IsDone: false } answer)
            {
                LogNotHalted(live.Record.Id, "woken", answer.Reason!);
                return false;
            }

            keeper.Use.IsAsleep = false;
            idle.Change(m => m with { IsFrozen = false, Thawed = Now });
            idle.Tell(Now, "thaw", reason);
            if (live.Idle is { } shown)
                live.Idle = shown with { IsFrozen = false };
            Meter.CountThawed();
            return true;
        }
        finally
        {
            idle.Halting.Release();
        }
    }

    // What is stored says that it is halted before it is, and until it surely is not: waking what is awake does no harm, and a visitor of what
    // is halted and not known to be so would wait for ever.
    private async Task FreezeAsync(LiveTask task, IdleTask idle, IdleMark seen, CancellationToken cancellationToken)
    {
        if (idle.UnfreezableAttempt == task.Record.Attempt || task.Record.Runner is not { } runner || _runners.Find(runner) is not { IsUp: true })
            return;
        await idle.Halting.WaitAsync(cancellationToken);
        try
        {
            // From here on whoever comes waits for this to be over, and wakes it.
            var keeper = PutToSleep(task.Record.Id);
            idle.Change(static m => m with { IsFrozen = true });
            if (!IsUnused(task.Record.Id, seen) || !await SaveAsync())
            {
                Awake(keeper, idle);
                Meter.CountAborted();
                return;
            }

            var answer = await HaltAsync(task, isHalted: true, CancellationToken.None);
            if (answer is { IsDone: false, IsKnown: true })
            {
                Awake(keeper, idle);
                idle.UnfreezableAttempt = task.Record.Attempt;
                idle.Tell(Now, "keep", $"it cannot be frozen: {answer.Reason}");
                LogNotHalted(task.Record.Id, "frozen", answer.Reason!);
                return;
            }

            if (task.Idle is { } shown)
                task.Idle = shown with { IsFrozen = true };
            Meter.CountFrozen();
        }
        finally
        {
            idle.Halting.Release();
        }
    }

    private static void Awake(TaskKeeper keeper, IdleTask idle)
    {
        keeper.Use.IsAsleep = false;
        idle.Change(static m => m with { IsFrozen = false });
    }

    private TaskKeeper PutToSleep(string task)
    {
        var keeper = _keepers.Of(task);
        keeper.Use.Stirred ??= () => _ = WakeAsync(task, "a visitor sent something", CancellationToken.None);
        keeper.Use.IsAsleep = true;
        return keeper;
    }

    private Task<HaltAnswer> HaltAsync(LiveTask task, bool isHalted, CancellationToken cancellationToken) =>
        task.Record.Runner is { } runner && _runners.Find(runner)?.Session is { } session
            ? session.Control.TryHaltAsync(task.Record.Id, isHalted, cancellationToken)
            : Task.FromResult(new HaltAnswer(IsDone: false, IsKnown: true, "its runner is not here"));
}
