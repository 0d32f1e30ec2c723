using System.Text;
using Adit.Api;
using Adit.Hub.Runners;
using Adit.Hub.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tasks;

/// <summary>What runners see of their tasks, and what follows.</summary>
internal sealed partial class TaskRegistry
{
    private const int MostLastLines = 50;
    private const int MostReason = 500;
    private const int LongestLine = 32 * 1024;
    private const long MostLines = 1L << 53; // What a browser can count.
    private const double MostCores = 4096;
    private const long MostMemory = 1L << 50;

    /// <inheritdoc />
    public async Task<DesiredTasks> DesiredOfAsync(LiveRunner runner, RunnerSession session)
    {
        // A runner is told what is on disk. What is still being stored of others of its tasks is waited for: it would be ended if it were left out.
        await Task.WhenAll(OfRunner(runner.Record.Name).Select(static t => t.Saving)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            var name = runner.Record.Name;
            var theirs = _tasks.Values.Where(t => t.IsStored && t.Record.Runner == name).ToList();
            var placed = new List<DesiredTask>();
            foreach (var task in theirs.Where(static t => TaskLife.IsPlaced(t.Record.State) && (t.Record.State != TaskState.Scheduled || t.Saving.IsCompletedSuccessfully)))
            {
                if (Desired(task) is { } desired)
                    placed.Add(desired);
            }

            return new DesiredTasks
            {
                IsAll = true,
                Number = session.NextNumber(),
                Items =
                [
                    .. placed,
                    .. theirs.Where(static t => !TaskLife.IsPlaced(t.Record.State) && t.Record.KeepsHome).Select(Kept),
                ],
            };
        }
    }

    /// <inheritdoc />
    public async Task ObserveAsync(LiveRunner runner, IReadOnlyList<ObservedTask> tasks, bool isAll)
    {
        var ended = new List<(LiveTask Task, int Attempt)>();
        var stale = new List<TaskAttempt>();
        lock (_lock)
        {
            var name = runner.Record.Name;
            foreach (var seen in tasks)
            {
                var task = _tasks.GetValueOrDefault(seen.Id);
                var isTheirs = task is { IsStored: true } && task.Record.Runner == name && task.Record.Attempt == seen.Attempt;
                if (isTheirs && TaskLife.IsPlaced(task!.Record.State))
                {
                    if (Take(task, seen, isAll))
                        ended.Add((task, seen.Attempt));
                }
                else if (isTheirs && task!.Record.HasEnded && !task.Saving.IsCompletedSuccessfully)
                {
                    continue; // Until its end is on disk the runner has to remember it.
                }
                else if (task is null || task.IsStored)
                {
                    stale.Add(new TaskAttempt(seen.Id, seen.Attempt)); // Over, or somewhere else by now: it may go.
                }
            }

            if (isAll)
                ended.AddRange(Missing(name, tasks).Select(static t => (t, t.Record.Attempt)));
        }

        foreach (var (task, attempt) in ended)
        {
            await task.Saving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!task.Saving.IsCompletedSuccessfully)
                continue; // The runner keeps it and says it again, and the next look stores it.
            stale.Add(new TaskAttempt(task.Record.Id, attempt));
            await FinishAsync(task);
        }

        if (stale.Count > 0 && !isAll)
        {
            lock (_lock)
                Say(runner.Record.Name, [], stale);
        }

        if (ended.Count > 0)
            PlaceQueued();
    }

    /// <inheritdoc />
    public async Task<long?> AppendAsync(LiveRunner runner, string task, IReadOnlyList<LogLine> lines)
    {
        // One that has ended may be in the database alone by now, and its last lines come late.
        var stored = _tasks.TryGetValue(task, out var live) ? null : await _store.FindAsync(task, null, null);
        lock (_lock)
        {
            if ((live is { IsStored: true } ? live.Record.Runner : stored?.Runner) is not { } of || of != runner.Record.Name)
                return null;
        }

        return await _logs.AppendAsync(task, [.. lines.Where(static l => l is { Number: > 0 and < MostLines, Stream: "out" or "err" or "adit", Text.Length: <= LongestLine })]);
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
                _ = StopSoonAsync(task, $"its runner '{runner}' is being drained");
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
    public async Task RenameAsync(string before, string now, Action swap, Action undo, Action<SqliteConnection> write)
    {
        // Memory first, so that whatever is written from here on has the new name, and comes after this in the database's one queue.
        void Name(string from, string to, Action runner)
        {
            lock (_lock)
            {
                runner();
                foreach (var task in _tasks.Values.Where(t => t.Record.Runner == from))
                    task.Record = task.Record with { Runner = to };
            }
        }

        Name(before, now, swap);
        try
        {
            await _store.RenameRunnerAsync(before, now, write);
        }
        catch
        {
            Name(now, before, undo);
            throw;
        }
    }

    // Under the lock. Whether it has ended by that.
    private bool Take(LiveTask task, ObservedTask seen, bool isAll)
    {
        var record = task.Record;
        task.Progress = Short(seen.Progress);
        task.Usage = seen.Usage is { Cpu: >= 0 and <= MostCores, MemoryBytes: >= 0 and <= MostMemory, Gpu: null or (>= 0 and <= 1) } usage ? usage : null;
        if (record is { State: TaskState.Lost, IsWanted: false } && !TaskLife.IsEnd(seen.State))
            Move(task, TaskState.Stopping, "It was stopped while its runner was away.");
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
            LastLines = seen.State == TaskState.Failed ? [.. (seen.LastLines ?? []).TakeLast(MostLastLines).Select(static l => Short(l) ?? "")] : null,
        });
        if (task.Record.HasEnded && seen.LogEnd is > 0 and < MostLines and var end)
            _logs.Expect(record.Id, end);
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

    // Under the lock. What a runner should have and says it has not: unless it never was heard to have begun, that is gone.
    private List<LiveTask> Missing(string runner, IReadOnlyList<ObservedTask> tasks)
    {
        var ended = new List<LiveTask>();
        foreach (var task in OfRunner(runner).Where(static t => t.Record.State != TaskState.Scheduled))
        {
            if (tasks.Any(s => s.Id == task.Record.Id && s.Attempt == task.Record.Attempt))
                continue;
            if (task.Record is { State: TaskState.Lost, IsWanted: true } && task.Record.Steps.All(static s => s.State is TaskState.Queued or TaskState.Scheduled or TaskState.Lost))
            {
                Move(task, TaskState.Scheduled, null); // It is told now.
                continue;
            }

            if (task.Record.IsWanted)
                Move(task, TaskState.Failed, $"The runner '{runner}' came back without it: its machine was restarted, or its data directory is another one.");
            else
                Move(task, TaskState.Stopped, task.Record.State == TaskState.Stopping ? task.Record.Reason : null);
            ended.Add(task);
        }

        return ended;
    }

    private async Task StopSoonAsync(LiveTask task, string reason)
    {
        try
        {
            await StopAsync(task, reason);
        }
        catch (StorageException e)
        {
            LogNotAgain(task.Record.Id, e.Message);
        }
    }

    private IEnumerable<LiveTask> OfRunner(string runner) => _tasks.Values.Where(t => t.Record.Runner == runner && TaskLife.IsPlaced(t.Record.State));

    // What runners say is read by people, in terminals too: no escapes, and nothing that turns what is around it.
    private static string? Short(string? text)
    {
        if (text is null)
            return null;
        if (text.Length > MostReason)
            text = text[..MostReason] + "…";
        return RunnerRules.IsPlain(text) ? text : string.Concat(text.EnumerateRunes().Select(static r => RunnerRules.IsPlain(r) ? r : Rune.ReplacementChar));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {Id} is {Is}, and its runner says {Seen}, which cannot follow; left as it is.")]
    private partial void LogImpossible(string id, TaskState @is, TaskState seen);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {Id} could not be stopped or started again as it should: {Reason}")]
    private partial void LogNotAgain(string id, string reason);
}
