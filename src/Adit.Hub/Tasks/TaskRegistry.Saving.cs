using Adit.Api;
using Adit.Hub.Storage;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tasks;

/// <summary>How a state gets to disk and what should be to runners; both are repeated until they succeed.</summary>
internal sealed partial class TaskRegistry
{
    private const int AllAttempts = int.MaxValue;

    /// <summary>Tells a task's runner what should be of it. When that fails it is told again at the next look.</summary>
    private void Tell(LiveTask task)
    {
        lock (_lock)
        {
            var record = task.Record;
            if (record.Runner is not { } runner || !TaskLife.IsPlaced(record.State))
                return;
            task.Told = _time.GetTimestamp();
            if (Desired(task) is { } desired)
                Say(runner, [desired], null);
        }
    }

    // What is kept of an ended session on its runner is kept no longer. A runner that is away hears it by what it should have when it comes.
    private void ForgetHome(TaskRecord record)
    {
        if (record.Runner is not { } runner)
            return;
        lock (_lock)
            Say(runner, [], [new TaskAttempt(record.Id, AllAttempts)]);
    }

    // Under the lock, so that messages are numbered in the order in which what they say came to be.
    private void Say(string runner, IReadOnlyList<DesiredTask> items, IReadOnlyList<TaskAttempt>? forget)
    {
        if (_runners.Find(runner)?.Session is not { } session)
            return;
        _ = session.Control.TryDesireAsync(new DesiredTasks { IsAll = false, Number = session.NextNumber(), Items = items, Forget = forget }, CancellationToken.None);
    }

    // Under the lock. What is to be started is told with the values of its secrets as they are now, which are nowhere else; what runs has them. Null for one
    // whose secrets cannot be had any more: it has failed by then.
    private DesiredTask? Desired(LiveTask task)
    {
        var record = task.Record;
        var spec = record.Spec with { FirstLine = task.FirstLine };
        if (record.IsWanted && spec.NeedsSecrets && record.State is TaskState.Scheduled or TaskState.Preparing or TaskState.Lost)
        {
            spec = _secrets.Give(spec, record.Project, out var missing);
            if (missing is not null && record.State == TaskState.Scheduled) // Any other may have them, and run.
            {
                Move(task, TaskState.Failed, missing);
                return null;
            }
        }

        return new DesiredTask { Spec = spec, Run = record.IsWanted, KeepsHome = record.KeepsHome };
    }

    // A session that does not run now: nothing of it is to be started, and its files stay.
    private static DesiredTask Kept(LiveTask task) => new()
    {
        Spec = task.Record.Spec with { Attempt = task.Record.HasEnded ? task.Record.Attempt : task.Record.Attempt - 1 }, Run = false, KeepsHome = true,
    };

    // Under the lock. The state is in memory at once and on disk after whatever was written before it.
    private void Move(LiveTask task, TaskState to, string? reason, Func<TaskRecord, TaskRecord>? also = null)
    {
        var next = task.Record.To(to, _time.GetUtcNow(), reason);
        task.Record = also is null ? next : also(next);
        if (to != TaskState.Queued)
            task.Queue = null;
        if (to is not (TaskState.Scheduled or TaskState.Preparing))
            task.Progress = null;
        if (task.Record.HasEnded)
        {
            task.Usage = null;
            CountEnded(task.Record);
        }

        if (task.IsStored)
            Save(task);
        _news.Changed(task, "changed");
    }

    // Writes what is known when it is its turn to be written, so that nothing newer is ever undone by something older.
    private void Save(LiveTask task)
    {
        var before = task.Saving;
        task.Saving = SaveAfterAsync();

        async Task SaveAfterAsync()
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var record = task.Record;
            try
            {
                await _store.SetStateAsync(record);
            }
            catch (StorageException e)
            {
                LogNotSaved(record.Id, record.State, e.Message); // The next look writes it.
                throw;
            }
        }
    }

    // What was not heard is said again, and what was not stored is stored: nothing depends on one message or one write.
    private void Look()
    {
        foreach (var task in _tasks.Values.Where(static t => t.IsStored))
        {
            var record = task.Record;
            if (task.Saving.IsFaulted)
            {
                lock (_lock)
                    Save(task);
            }

            if (record is { HasEnded: false, IsWanted: true } && (record.State == TaskState.Queued || _owners.IsGone(record)) && _owners.Refusal(record) is { } refusal)
                _ = StopSoonAsync(task, refusal);
            if (record.HasEnded && !task.IsOver)
                _ = FinishLaterAsync(task);
            var waits = record.State == TaskState.Scheduled || (!record.IsWanted && TaskLife.IsPlaced(record.State));
            if (waits && task.Saving.IsCompletedSuccessfully && (task.Told == 0 || _time.GetElapsedTime(task.Told) > TellAgainAfter))
                Tell(task);
        }

        PlaceQueued();
        SweepLogs();
    }

    private async Task FinishLaterAsync(LiveTask task)
    {
        if (!await task.Turn.WaitAsync(0))
            return; // Somebody is at it.
        try
        {
            await FinishHeldAsync(task);
        }
        catch (Exception e) when (e is StorageException or ObjectDisposedException)
        {
            LogNotAgain(task.Record.Id, e.Message); // The next look tries again.
        }
        finally
        {
            task.Turn.Release();
        }
    }

    // Logs of tasks that are over for long go; those that nobody writes hold no file open.
    private void SweepLogs()
    {
        if (_swept != 0 && _time.GetElapsedTime(_swept) < SweepEvery)
            return;
        _swept = _time.GetTimestamp();
        _ = Task.Run(async () =>
        {
            try
            {
                await _logs.CloseSilentAsync();
                _logs.RemoveOlder(_time.GetUtcNow() - KeepLogs, id => _tasks.ContainsKey(id));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                LogNotSwept(e.Message);
            }
        });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The state of task {Id}, {State}, could not be stored: {Reason}")]
    private partial void LogNotSaved(string id, TaskState state, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old logs of tasks could not be removed: {Reason}")]
    private partial void LogNotSwept(string reason);
}
