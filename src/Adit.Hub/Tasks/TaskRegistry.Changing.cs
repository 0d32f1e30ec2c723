using Adit.Api;
using Adit.Hub.Storage;

namespace Adit.Hub.Tasks;

/// <summary>
/// What people ask for: stop, restart, removal; and what follows when a task ends. One of these at a time for a task, and each is on disk before
/// anything of it is seen here.
/// </summary>
internal sealed partial class TaskRegistry
{
    /// <summary>It should not run any more. Returns when that is on disk, not when it has ended.</summary>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task StopAsync(LiveTask task, string? reason)
    {
        using (await TurnAsync(task))
        {
            task.IsToStartAgain = false;
            await StopHeldAsync(task, reason);
            await FinishHeldAsync(task);
        }
    }

    /// <summary>
    /// Starts it again: at once when it has ended or is lost, otherwise as soon as it has ended. What is lost may still run where it was; when its
    /// runner is back it is ended there.
    /// </summary>
    /// <exception cref="TaskRefusal">Another has its name now, or it would be too much; nothing was changed.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task RestartAsync(LiveTask task)
    {
        using (await TurnAsync(task))
        {
            if (!TaskLife.May(task.Record.State, TaskState.Queued))
            {
                lock (_lock)
                    CheckQuotas(task.Record); // What could not be started again is not stopped for it.
                await StopHeldAsync(task, "it is started again");
                task.IsToStartAgain = true;
                await FinishHeldAsync(task); // It may have ended by that.
                return;
            }

            await StartAgainHeldAsync(task);
        }
    }

    /// <summary>
    /// Removes a task from sight: its name and its addresses are free, and its files go. Its log stays for its time. One that is lost is given up:
    /// should its runner come back with it, it is ended there.
    /// </summary>
    /// <exception cref="TaskRefusal">It has not ended.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task RemoveAsync(LiveTask task)
    {
        using (await TurnAsync(task))
        {
            if (!task.Record.HasEnded && task.Record.State != TaskState.Lost)
                throw new TaskRefusal(TaskRefusalCode.NotEnded, $"The task '{task.Record.Name}' is {task.Record.State.Word()}; stop it first.");
            if (task.Record.State == TaskState.Lost)
            {
                await _store.SetWantedAsync(task.Record.Id, false);
                lock (_lock)
                {
                    task.Record = task.Record with { IsWanted = false };
                    if (task.Record.State == TaskState.Lost)
                        Move(task, TaskState.Stopped, $"It was given up: its runner '{task.Record.Runner}' is not heard of.");
                    else
                        throw new TaskRefusal(TaskRefusalCode.NotEnded, $"The task '{task.Record.Name}' is just back: it is {task.Record.State.Word()} and being ended; remove it then.");
                }

                await task.Saving;
            }

            await _store.RemoveAsync(task.Record.Id);
            var home = task.Record;
            lock (_lock)
            {
                task.Record = task.Record with { HoldsName = false };
                task.Finished = task.Record.Attempt;
                _tasks.TryRemove(task.Record.Id, out _);
            }

            await _tunnels.RemoveAsync(task.Record, "its task was removed");
            ForgetHome(home);
            _news.Changed(task, "removed");
        }

        PlaceQueued();
    }

    private static async Task<IDisposable> TurnAsync(LiveTask task)
    {
        await task.Turn.WaitAsync();
        return new Held(task.Turn);
    }

    // Its turn is ours.
    private async Task StopHeldAsync(LiveTask task, string? reason)
    {
        if (task.Record.HasEnded || !task.Record.IsWanted)
            return;
        await _store.SetWantedAsync(task.Record.Id, false);
        lock (_lock)
        {
            if (task.Record.HasEnded)
                return;
            task.Record = task.Record with { IsWanted = false };
            if (task.Record.State == TaskState.Queued)
                Move(task, TaskState.Stopped, reason);
            else if (task.Record.State != TaskState.Lost) // Nobody is there to end it: it stays lost, and ends when its runner is back.
                Move(task, TaskState.Stopping, reason);
        }

        Tell(task);
    }

    // Its turn is ours, and it has ended or is lost. Stored first: when that fails it is what it was.
    private async Task StartAgainHeldAsync(LiveTask task)
    {
        TaskRecord next;
        lock (_lock)
        {
            if (_tasks.Values.Any(t => t != task && t.Record.HoldsName && t.Record.Account == task.Record.Account && t.Record.Name == task.Record.Name))
                throw new TaskRefusal(TaskRefusalCode.NameTaken, $"Another task of yours is called '{task.Record.Name}' now; remove that one, or launch this one anew under another name.");
            if (_owners.Refusal(task.Record) is { } refusal)
                throw new TaskRefusal(TaskRefusalCode.Forbidden, refusal);
            CheckLimits(task.Record);
            CheckWorkspace(task.Record);
            CheckQuotas(task.Record);
            next = task.Record.Again(_time.GetUtcNow());
            task.IsStartingAgain = true;
        }

        try
        {
            await task.Saving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // What is written of the attempt before comes first.
            var firstLine = await _logs.EndAsync(next.Id);
            await _tunnels.MakeAsync(next);
            Task storing;
            lock (_lock)
            {
                next = InPlace(next);
                storing = _store.SetAgainAsync(next);
            }

            await storing;
            lock (_lock)
            {
                _tunnels.Unserve(task.Record);
                task.Record = InPlace(next);
                task.Saving = Task.CompletedTask;
                task.FirstLine = firstLine;
                task.Queue = null;
                task.Queued = _time.GetTimestamp();
                task.Usage = null;
                task.Told = 0;
                _tasks[next.Id] = task;
                Place(task);
            }
        }
        finally
        {
            task.IsStartingAgain = false;
        }

        _news.Changed(task, "again");
        _ = TellStoredAsync(task);

        // Its runner may have got another name meanwhile.
        TaskRecord InPlace(TaskRecord again) => again.Runner is null ? again : again with { Runner = task.Record.Runner };
    }

    /// <summary>Deals with the end of a task, when there is one and it is on disk; otherwise the next look does.</summary>
    private async Task FinishAsync(LiveTask task)
    {
        using (await TurnAsync(task))
            await FinishHeldAsync(task);
    }

    private async Task FinishHeldAsync(LiveTask task)
    {
        await task.Saving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var record = task.Record;
        if (!record.HasEnded || !task.Saving.IsCompletedSuccessfully || (task.Finished >= record.Attempt && !task.IsToStartAgain))
            return;
        _tunnels.Unserve(record);
        var isToRetry = task.Finished < record.Attempt && record is { State: TaskState.Failed, IsWanted: true } && record.Attempt <= record.Resolved.Start.Retries
            && record.Steps.All(static s => s.State != TaskState.Ready);
        if (task.IsToStartAgain || isToRetry)
        {
            try
            {
                await StartAgainHeldAsync(task);
                task.IsToStartAgain = false;
                return;
            }
            catch (Exception e) when (e is StorageException or TaskRefusal)
            {
                LogNotAgain(record.Id, e.Message);
                task.IsToStartAgain = false;
            }
        }

        lock (_lock)
        {
            task.Finished = record.Attempt;
            if (!record.HoldsName)
                _tasks.TryRemove(record.Id, out _);
            _news.Finished(task);
        }

        if (record.HoldsName)
            return;
        await _tunnels.RemoveAsync(record, "its task has ended");
    }

    private sealed class Held(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
