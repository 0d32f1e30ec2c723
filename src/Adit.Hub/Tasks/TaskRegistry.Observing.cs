using Adit.Api;
using Adit.Hub.Storage;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tasks;

/// <summary>What runners see of their tasks, and what follows.</summary>
internal sealed partial class TaskRegistry
{
    private const int MostLastLines = 50;
    private const int MostReason = 500;
    private const int LongestLine = 32 * 1024;

    /// <inheritdoc />
    public DesiredTasks DesiredOf(string runner) => new()
    {
        IsAll = true,
        Items = [.. _tasks.Values.Where(t => t.IsStored && t.Record.Runner == runner && TaskLife.IsPlaced(t.Record.State))
            .Select(static t => new DesiredTask { Spec = t.Record.Spec, Run = t.Record.IsWanted })],
    };

    /// <inheritdoc />
    public async Task ObserveAsync(string runner, IReadOnlyList<ObservedTask> tasks, bool isAll)
    {
        var ended = new List<LiveTask>();
        var stale = new List<TaskAttempt>();
        lock (_lock)
        {
            foreach (var seen in tasks)
            {
                if (_tasks.GetValueOrDefault(seen.Id) is { IsStored: true } task && task.Record.Runner == runner && task.Record.Attempt == seen.Attempt && !task.Record.HasEnded)
                {
                    if (Take(task, seen, isAll))
                        ended.Add(task);
                }
                else if (!_tasks.TryGetValue(seen.Id, out var other) || other.IsStored)
                {
                    stale.Add(new TaskAttempt(seen.Id, seen.Attempt)); // Over, or somewhere else by now: it may go.
                }
            }

            if (isAll)
                ended.AddRange(Missing(runner, tasks));
        }

        foreach (var task in ended)
        {
            try
            {
                await task.Saving;
            }
            catch (StorageException)
            {
                continue; // The runner keeps it and says it again.
            }

            await EndedAsync(task);
            stale.Add(new TaskAttempt(task.Record.Id, task.Record.Attempt));
        }

        if (stale.Count > 0 && !isAll && _runners.Find(runner)?.Session is { } session)
            _ = session.Control.TryDesireAsync(new DesiredTasks { IsAll = false, Items = [], Forget = stale }, CancellationToken.None);
        if (ended.Count > 0)
            PlaceQueued();
    }

    /// <inheritdoc />
    public async Task<long?> AppendAsync(string runner, string task, IReadOnlyList<LogLine> lines)
    {
        // One that has ended may be in the database alone by now, and its last lines come late.
        var record = _tasks.TryGetValue(task, out var live) ? live.IsStored ? live.Record : null : await _store.FindAsync(task, null, null);
        return record?.Runner == runner
            ? await _logs.AppendAsync(task, [.. lines.Where(static l => l is { Number: > 0, Stream: "out" or "err" or "adit", Text.Length: <= LongestLine })])
            : null;
    }

    /// <inheritdoc />
    public void RunnerChanged(string runner)
    {
        var found = _runners.Find(runner);
        if (found is null || !found.IsUp)
        {
            foreach (var task in OfRunner(runner))
                _tunnels.Unserve(task.Record);
        }

        if (found?.Record.IsDraining == true)
        {
            foreach (var task in OfRunner(runner).Where(static t => t.Record.IsWanted))
                _ = DrainAsync(task, runner);
        }

        PlaceQueued();
    }

    /// <inheritdoc />
    public void RunnerLost(string runner)
    {
        lock (_lock)
        {
            foreach (var task in OfRunner(runner).Where(static t => TaskLife.May(t.Record.State, TaskState.Lost)))
            {
                task.Usage = null;
                Move(task, TaskState.Lost, $"The runner '{runner}' is not heard of; the task may still run there.");
            }
        }
    }

    /// <inheritdoc />
    public async Task RenamedAsync(string before, string now)
    {
        await _store.RenameRunnerAsync(before, now);
        lock (_lock)
        {
            foreach (var task in _tasks.Values.Where(t => t.Record.Runner == before))
                task.Record = task.Record with { Runner = now };
        }
    }

    // Under the lock. Whether it has ended by that.
    private bool Take(LiveTask task, ObservedTask seen, bool isAll)
    {
        var record = task.Record;
        task.Progress = Short(seen.Progress);
        task.Usage = seen.Usage;
        if (seen.State == record.State || (!record.IsWanted && !TaskLife.IsEnd(seen.State)))
        {
            Serve(task, seen.State); // The runner came back with it, or it is on its way out.
            return false;
        }

        if (seen.State is TaskState.Queued or TaskState.Scheduled or TaskState.Lost || !TaskLife.May(record.State, seen.State))
        {
            LogImpossible(record.Id, record.State, seen.State);
            return false;
        }

        // Why it was told to end says more than that it did.
        var before = record.State == TaskState.Stopping && seen.State == TaskState.Stopped ? record.Reason : null;
        Move(task, seen.State, Short(seen.Reason) ?? before, r => r with
        {
            ExitCode = seen.ExitCode ?? r.ExitCode,
            UsedUntil = isAll && TaskLife.IsEnd(seen.State) ? EndOf(record, seen) : r.UsedUntil,
            LastLines = seen.State == TaskState.Failed ? [.. (seen.LastLines ?? []).TakeLast(MostLastLines).Select(static l => Short(l)!)] : null,
        });
        Serve(task, seen.State);
        return task.Record.HasEnded;
    }

    // What ended while its runner could not say so counts until it did, by the runner's clock: not before what was heard of it last, and not after now.
    private DateTimeOffset EndOf(TaskRecord before, ObservedTask seen)
    {
        var heard = before.Steps.Last(static s => s.State != TaskState.Lost).At;
        var now = _time.GetUtcNow();
        return seen.Since < heard ? heard : seen.Since > now ? now : seen.Since;
    }

    private void Serve(LiveTask task, TaskState seen)
    {
        if (seen == TaskState.Ready && task.Record.State == TaskState.Ready && _runners.Find(task.Record.Runner!)?.Session is { } session)
            _tunnels.Serve(task.Record, session.Link);
        else
            _tunnels.Unserve(task.Record);
    }

    // Under the lock. What a runner should have and says it has not: unless it was never told, that is gone.
    private List<LiveTask> Missing(string runner, IReadOnlyList<ObservedTask> tasks)
    {
        var ended = new List<LiveTask>();
        foreach (var task in OfRunner(runner).Where(static t => t.Record.State != TaskState.Scheduled))
        {
            if (tasks.Any(s => s.Id == task.Record.Id && s.Attempt == task.Record.Attempt))
                continue;
            if (task.Record.IsWanted)
                Move(task, TaskState.Failed, $"The runner '{runner}' came back without it: its machine was restarted, or its data directory is another one.");
            else
                Move(task, TaskState.Stopped, task.Record.State == TaskState.Stopping ? task.Record.Reason : null);
            ended.Add(task);
        }

        return ended;
    }

    // Its end is on disk.
    private async Task EndedAsync(LiveTask task)
    {
        _tunnels.Unserve(task.Record);
        var isToRetry = task.Record is { State: TaskState.Failed, IsWanted: true } r && r.Attempt <= r.Resolved.Start.Retries && r.Steps.All(static s => s.State != TaskState.Ready);
        if (task.IsToStartAgain || isToRetry)
        {
            task.IsToStartAgain = false;
            try
            {
                await RestartAsync(task);
            }
            catch (Exception e) when (e is StorageException or TaskRefusal)
            {
                LogNotAgain(task.Record.Id, e.Message);
            }
        }
        else if (!task.Record.HoldsName)
        {
            lock (_lock)
                _tasks.TryRemove(task.Record.Id, out _);
            await _tunnels.RemoveAsync(task.Record, "its task has ended");
        }
    }

    private async Task DrainAsync(LiveTask task, string runner)
    {
        try
        {
            await StopAsync(task, $"its runner '{runner}' is being drained");
        }
        catch (StorageException e)
        {
            LogNotAgain(task.Record.Id, e.Message);
        }
    }

    private IEnumerable<LiveTask> OfRunner(string runner) => _tasks.Values.Where(t => t.Record.Runner == runner && TaskLife.IsPlaced(t.Record.State));

    private static string? Short(string? text) => text is null || text.Length <= MostReason ? text : text[..MostReason] + "…";

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {Id} is {Is}, and its runner says {Seen}, which cannot follow; left as it is.")]
    private partial void LogImpossible(string id, TaskState @is, TaskState seen);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {Id} could not be stopped or started again as it should: {Reason}")]
    private partial void LogNotAgain(string id, string reason);
}
