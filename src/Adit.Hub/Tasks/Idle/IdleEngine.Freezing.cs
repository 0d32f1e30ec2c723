using Adit.Hub.Tasks.Waiting;

namespace Adit.Hub.Tasks.Idle;

/// <summary>Halting tasks where they are, and waking them.</summary>
internal sealed partial class IdleEngine
{
    /// <summary>Wakes a task that is halted. Returns when it is awake.</summary>
    /// <param name="task">Its id.</param>
    /// <param name="reason">Why, for people.</param>
    /// <returns>Whether it is.</returns>
    public async Task<bool> WakeAsync(string task, string reason)
    {
        if (_registry.Find(task) is not { } live || !_tasks.TryGetValue(task, out var idle))
            return false;
        await idle.Halting.WaitAsync();
        try
        {
            var keeper = _keepers.Of(task);
            if (!keeper.Sleeps)
                return true; // Somebody else woke it.
            if (await HaltAsync(live, isHalted: false, CancellationToken.None) is { } refusal)
            {
                LogNotHalted(task, "woken", refusal);
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

    private async Task FreezeAsync(LiveTask task, IdleTask idle, IdleMark seen, CancellationToken cancellationToken)
    {
        if (idle.CannotFreeze)
            return;
        await idle.Halting.WaitAsync(cancellationToken);
        try
        {
            // From here on whoever comes waits for this to be over, and wakes it.
            var keeper = PutToSleep(task.Record.Id);
            string? refusal = "";
            if (!IsUnused(task.Record.Id, seen))
                Meter.CountAborted();
            else
                refusal = await HaltAsync(task, isHalted: true, cancellationToken);
            if (refusal is not null)
            {
                keeper.Use.IsAsleep = false;
                if (refusal.Length == 0)
                    return;
                idle.CannotFreeze = true;
                idle.Tell(Now, "keep", $"it cannot be frozen: {refusal}");
                LogNotHalted(task.Record.Id, "frozen", refusal);
                return;
            }

            idle.Change(static m => m with { IsFrozen = true });
            if (task.Idle is { } shown)
                task.Idle = shown with { IsFrozen = true };
            Meter.CountFrozen();
        }
        finally
        {
            idle.Halting.Release();
        }
    }

    private TaskKeeper PutToSleep(string task)
    {
        var keeper = _keepers.Of(task);
        keeper.Use.Stirred ??= () => _ = WakeAsync(task, "a visitor sent something");
        keeper.Use.IsAsleep = true;
        return keeper;
    }

    // Null when it is so now.
    private Task<string?> HaltAsync(LiveTask task, bool isHalted, CancellationToken cancellationToken) =>
        task.Record.Runner is { } runner && _runners.Find(runner)?.Session is { } session
            ? session.Control.TryHaltAsync(task.Record.Id, isHalted, cancellationToken)
            : Task.FromResult<string?>("its runner is not here");
}
