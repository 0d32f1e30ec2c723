using Adit.Api;
using Adit.Hub.Storage;

namespace Adit.Hub.Tasks;

/// <summary>The end of tasks that nobody uses.</summary>
internal sealed partial class TaskRegistry
{
    /// <summary>
    /// Ends a task that nobody uses, unless somebody comes in that very moment: the way there is taken away first, then it is looked whether
    /// anybody is on it.
    /// </summary>
    /// <param name="task">Which.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="isUnused">Whether nobody came since it was decided. Asked under the registry's lock: answers from memory.</param>
    /// <returns>Whether it ends; otherwise it goes on as if nothing had been.</returns>
    /// <exception cref="StorageException">It could not be stored; it goes on.</exception>
    public async Task<bool> StopUnusedAsync(LiveTask task, string reason, Func<bool> isUnused)
    {
        using var turn = await TurnAsync(task);
        if (task is not { IsStored: true, Record: { State: TaskState.Ready, IsWanted: true } })
            return false;
        _tunnels.Unserve(task.Record);
        var isOver = false;
        try
        {
            if (!isUnused())
                return false;
            await _store.SetWantedAsync(task.Record.Id, false);
            lock (_lock)
            {
                if (task.Record is { State: TaskState.Ready, IsWanted: true } && isUnused())
                {
                    task.Record = task.Record with { IsWanted = false };
                    Move(task, TaskState.Stopping, reason);
                    isOver = true;
                }
            }

            if (!isOver && task.Record is { IsWanted: true, HasEnded: false })
                await _store.SetWantedAsync(task.Record.Id, true);
        }
        finally
        {
            if (!isOver)
                Serve(task, task.Record.State);
        }

        if (!isOver)
            return false;
        _tunnels.Unserve(task.Record); // Its runner may just have said that it is ready.
        await task.Saving;
        Tell(task);
        return true;
    }
}
