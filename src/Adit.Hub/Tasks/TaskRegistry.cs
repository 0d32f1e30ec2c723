using System.Collections.Concurrent;
using Adit.Api;
using Adit.Hub.Runners;
using Adit.Hub.Storage;
using Adit.Hub.Tasks.Quotas;
using Adit.Hub.Tasks.Usage;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tasks;

/// <summary>
/// All tasks that have not ended, and sessions that hold their names: what should be, brought together with what runners see
/// (docs/decisions/0008-runners-and-tasks.md). A state changes here and nowhere else, under one short lock; what people asked for is on disk
/// before they are told, and where a task is to run before its runner is.
/// </summary>
internal sealed partial class TaskRegistry : IRunnerWork, IDisposable
{
    private const int MostOfAccount = 1000;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TellAgainAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, LiveTask> _tasks = new(StringComparer.Ordinal);
    private readonly TaskStore _store;
    private readonly IRunners _runners;
    private readonly RunnerRights _rights;
    private readonly TaskTunnels _tunnels;
    private readonly TaskLogs _logs;
    private readonly TaskNews _news;
    private readonly QuotaBook _quotas;
    private readonly UsageStore _usage;
    private readonly GpuMonth _month = new();
    private readonly TimeProvider _time;
    private readonly ILogger<TaskRegistry> _log;
    private readonly ITimer _look;
    private bool _isLoaded;

    public TaskRegistry(
        TaskStore store, IRunners runners, RunnerRights rights, TaskTunnels tunnels, TaskLogs logs, TaskNews news, QuotaBook quotas, UsageStore usage, TimeProvider time,
        ILogger<TaskRegistry> log)
    {
        _store = store;
        _runners = runners;
        _rights = rights;
        _tunnels = tunnels;
        _logs = logs;
        _news = news;
        _quotas = quotas;
        _usage = usage;
        _time = time;
        _log = log;
        _look = time.CreateTimer(_ => Look(), null, LookEvery, LookEvery);
        quotas.Changed += PlaceQueued;
    }

    /// <summary>Those in memory, in no order.</summary>
    public IEnumerable<LiveTask> All => _tasks.Values.Where(static t => t.IsStored);

    /// <summary>The task of this id; null when it is not in memory.</summary>
    public LiveTask? Find(string id) => _tasks.TryGetValue(id, out var task) && task.IsStored ? task : null;

    /// <summary>The task that has this name of an account's; null when none has.</summary>
    public LiveTask? Find(string account, string name) =>
        _tasks.Values.FirstOrDefault(t => t.IsStored && t.Record.HoldsName && t.Record.Account == account && t.Record.Name == name);

    /// <summary>Loads what is stored, before any runner comes.</summary>
    public async Task LoadAsync()
    {
        foreach (var record in await _store.ListCurrentAsync())
            _tasks[record.Id] = new LiveTask(record) { IsStored = true };
        await LoadUsageAsync();
        await _tunnels.RestoreAsync(_tasks.Values.Select(static t => t.Record));
        _isLoaded = true;
        PlaceQueued();
    }

    /// <summary>Adds a task and places it at once where there is room.</summary>
    /// <param name="record">The task, queued.</param>
    /// <exception cref="TaskRefusal">It cannot be; nothing was changed.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task<LiveTask> AddAsync(TaskRecord record)
    {
        var task = new LiveTask(record);
        LiveTask? before;
        lock (_lock)
        {
            before = _tasks.Values.FirstOrDefault(t => t.Record.HoldsName && t.Record.Account == record.Account && t.Record.Name == record.Name);
            if (before is { Record.HasEnded: false })
                throw new TaskRefusal(TaskRefusalCode.NameTaken, $"You have a task '{record.Name}' already, and it is {before.Record.State.Word()}; stop it or choose another name.");
            CheckLimits(record);
            CheckQuotas(record);
            _tasks[record.Id] = task; // From here on its name is taken and its room reserved.
            Place(task);
        }

        try
        {
            if (before is not null)
                await _tunnels.RemoveAsync(before.Record, "a new task has its name");
            await _tunnels.MakeAsync(task.Record);
            await _store.AddAsync(task.Record);
        }
        catch
        {
            lock (_lock)
                _tasks.TryRemove(record.Id, out _);
            await _tunnels.RemoveAsync(record, "its task could not be made");
            throw;
        }

        lock (_lock)
        {
            task.IsStored = true;
            if (before is not null)
                _tasks.TryRemove(before.Record.Id, out _);
        }

        _news.Changed(task, "created");
        Tell(task);
        return task;
    }

    /// <summary>It should not run any more. Returns when that is on disk, not when it has ended.</summary>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task StopAsync(LiveTask task, string? reason)
    {
        if (task.Record.HasEnded || !task.Record.IsWanted)
            return;
        await _store.SetWantedAsync(task.Record.Id, false);
        lock (_lock)
        {
            task.IsToStartAgain = false;
            if (task.Record.HasEnded)
                return;
            task.Record = task.Record with { IsWanted = false };
            if (task.Record.State == TaskState.Queued)
                Move(task, TaskState.Stopped, reason);
            else if (TaskLife.May(task.Record.State, TaskState.Stopping) && task.Record.State != TaskState.Lost)
                Move(task, TaskState.Stopping, reason);
        }

        await task.Saving;
        Tell(task);
        if (task.Record.HasEnded)
            await EndedAsync(task);
    }

    /// <summary>Starts it again: at once when it has ended, otherwise as soon as it has.</summary>
    /// <exception cref="TaskRefusal">Another has its name now.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task RestartAsync(LiveTask task)
    {
        if (!task.Record.HasEnded)
        {
            lock (_lock)
                CheckQuotas(task.Record); // What could not be started again is not stopped for it.
            await StopAsync(task, "it is started again");
            lock (_lock)
            {
                task.IsToStartAgain = !task.Record.HasEnded;
                if (task.IsToStartAgain)
                    return;
            }
        }

        TaskRecord next;
        lock (_lock)
        {
            if (_tasks.Values.Any(t => t != task && t.Record.HoldsName && t.Record.Account == task.Record.Account && t.Record.Name == task.Record.Name))
                throw new TaskRefusal(TaskRefusalCode.NameTaken, $"Another task of yours is called '{task.Record.Name}' now; remove that one, or launch this one anew under another name.");
            CheckQuotas(task.Record);
            next = task.Record.Again(_time.GetUtcNow());
            task.Record = next;
            task.Queue = null;
            _tasks[next.Id] = task;
            Place(task);
            next = task.Record;
        }

        await _tunnels.MakeAsync(next);
        await _store.SetAgainAsync(next);
        _news.Changed(task, "again");
        Tell(task);
    }

    /// <summary>Removes a task that has ended from sight: its name and its addresses are free. Its log stays for its time.</summary>
    /// <exception cref="TaskRefusal">It has not ended.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task RemoveAsync(LiveTask task)
    {
        if (!task.Record.HasEnded)
            throw new TaskRefusal(TaskRefusalCode.NotEnded, $"The task '{task.Record.Name}' is {task.Record.State.Word()}; stop it first.");
        await _store.RemoveAsync(task.Record.Id);
        lock (_lock)
        {
            task.Record = task.Record with { HoldsName = false };
            _tasks.TryRemove(task.Record.Id, out _);
        }

        await _tunnels.RemoveAsync(task.Record, "its task was removed");
        _news.Changed(task, "removed");
    }

    public void Dispose()
    {
        _quotas.Changed -= PlaceQueued;
        _look.Dispose();
    }

    /// <summary>Tells a task's runner what should be of it. When that fails it is told again at the next look.</summary>
    private void Tell(LiveTask task)
    {
        var record = task.Record;
        if (record.Runner is null || !TaskLife.IsPlaced(record.State) || _runners.Find(record.Runner)?.Session is not { } session)
            return;
        task.Told = _time.GetTimestamp();
        _ = session.Control.TryDesireAsync(
            new DesiredTasks { IsAll = false, Items = [new DesiredTask { Spec = record.Spec, Run = record.IsWanted }] }, CancellationToken.None);
    }

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

    private void Save(LiveTask task)
    {
        var record = task.Record;
        var before = task.Saving;
        task.Saving = SaveAfterAsync();

        async Task SaveAfterAsync()
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await _store.SetStateAsync(record);
            }
            catch (StorageException e)
            {
                LogNotSaved(record.Id, record.State, e.Message); // Its runner says it again, and the next change writes all of it.
                throw;
            }
        }
    }

    private void CheckLimits(TaskRecord record)
    {
        var theirs = _tasks.Values.Where(t => !t.Record.HasEnded && t.Record.Account == record.Account).ToList();
        if (theirs.Count >= MostOfAccount)
            throw new TaskRefusal(TaskRefusalCode.LimitReached, $"You have {MostOfAccount} tasks that have not ended; stop some first.");
        if (record.Resolved.MaxPerUser is { } most && theirs.Count(t => t.Record.Resolved.Template == record.Resolved.Template) >= most)
        {
            throw new TaskRefusal(
                TaskRefusalCode.LimitReached, $"The template '{record.Resolved.Template}' lets one have {most} tasks of it that have not ended; stop one first.");
        }
    }

    // What was not heard is said again: nothing depends on one message.
    private void Look()
    {
        foreach (var task in _tasks.Values)
        {
            var record = task.Record;
            if (task is { IsStored: true, Saving.IsFaulted: true })
            {
                lock (_lock)
                    Save(task);
                continue;
            }

            var waits = record.State == TaskState.Scheduled || (!record.IsWanted && TaskLife.IsPlaced(record.State));
            if (waits && task is { IsStored: true, Saving.IsCompletedSuccessfully: true } && (task.Told == 0 || _time.GetElapsedTime(task.Told) > TellAgainAfter))
                Tell(task);
        }

        PlaceQueued();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The state of task {Id}, {State}, could not be stored: {Reason}")]
    private partial void LogNotSaved(string id, TaskState state, string reason);
}

/// <summary>Why something cannot be done with a task. A closed set, mapped once to status codes.</summary>
internal enum TaskRefusalCode
{
    Invalid,
    NameTaken,
    LimitReached,
    NotEnded,
    NeverFits,
    OverQuota,
    Forbidden,
    ProjectUnknown,
}

/// <summary>A refusal with its sentence.</summary>
internal sealed class TaskRefusal(TaskRefusalCode code, string message) : Exception(message)
{
    public TaskRefusalCode Code { get; } = code;
}
