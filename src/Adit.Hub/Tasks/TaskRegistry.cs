using System.Collections.Concurrent;
using Adit.Api;
using Adit.Hub.Runners;
using Adit.Hub.Secrets;
using Adit.Hub.Storage;
using Adit.Hub.Tasks.Quotas;
using Adit.Hub.Tasks.Usage;
using Adit.Hub.Tasks.Workspaces;
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
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan KeepLogs = TimeSpan.FromDays(30);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, LiveTask> _tasks = new(StringComparer.Ordinal);
    private readonly TaskStore _store;
    private readonly IRunners _runners;
    private readonly RunnerRights _rights;
    private readonly OwnerRights _owners;
    private readonly TaskTunnels _tunnels;
    private readonly TaskLogs _logs;
    private readonly TaskNews _news;
    private readonly QuotaBook _quotas;
    private readonly UsageStore _usage;
    private readonly ITaskSecrets _secrets;
    private readonly WorkspaceStore _workspaces;
    private readonly GpuMonth _month = new();
    private readonly TimeProvider _time;
    private readonly ILogger<TaskRegistry> _log;
    private readonly ITimer _look;
    private bool _isLoaded;
    private long _swept;

    public TaskRegistry(
        TaskStore store, IRunners runners, RunnerRights rights, OwnerRights owners, TaskTunnels tunnels, TaskLogs logs, TaskNews news, QuotaBook quotas, UsageStore usage, ITaskSecrets secrets, WorkspaceStore workspaces, TimeProvider time,
        ILogger<TaskRegistry> log)
    {
        _store = store;
        _runners = runners;
        _rights = rights;
        _owners = owners;
        _tunnels = tunnels;
        _logs = logs;
        _news = news;
        _quotas = quotas;
        _usage = usage;
        _secrets = secrets;
        _workspaces = workspaces;
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
        {
            var firstLine = record is { Attempt: > 1, HasEnded: false } ? await _logs.EndAsync(record.Id) : 1;
            _tasks[record.Id] = new LiveTask(record) { IsStored = true, Finished = record.HasEnded ? record.Attempt : record.Attempt - 1, FirstLine = firstLine, Queued = QueuedBefore(record) };
        }

        await LoadUsageAsync();
        await LoadSavedAsync();
        await _tunnels.RestoreAsync(_tasks.Values.Select(static t => t.Record));
        _isLoaded = true;
        PlaceQueued();
    }

    /// <summary>Whether somebody has this name, also one who is only just asking for it.</summary>
    public bool IsNameTaken(string account, string name) =>
        _tasks.Values.Any(t => t.Record.HoldsName && t.Record.Account == account && t.Record.Name == name);

    /// <summary>Adds a task and places it at once where there is room.</summary>
    /// <param name="record">The task, queued.</param>
    /// <exception cref="TaskRefusal">It cannot be; nothing was changed.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task<LiveTask> AddAsync(TaskRecord record)
    {
        var task = new LiveTask(record) { Queued = _time.GetTimestamp() };
        TaskRecord stored;
        LiveTask? before;
        lock (_lock)
        {
            before = _tasks.Values.FirstOrDefault(t => t.Record.HoldsName && t.Record.Account == record.Account && t.Record.Name == record.Name);
            if (before is { IsOver: false })
                throw new TaskRefusal(TaskRefusalCode.NameTaken, $"You have a task '{record.Name}' already, and it is {before.Record.State.Word()}; {(before.Record.State == TaskState.Lost ? "remove" : "stop")} it or choose another name.");
            CheckLimits(record);
            CheckWorkspace(record);
            CheckQuotas(record);
            _tasks[record.Id] = task; // From here on its name is taken and its room reserved.
            Place(task);
            stored = task.Record;
        }

        try
        {
            // Whatever could refuse it comes before anything is taken from the one that has the name.
            _tunnels.Check(stored);
            await _store.AddAsync(stored);
            await TakeOverAsync(before, stored);
        }
        catch
        {
            lock (_lock)
                _tasks.TryRemove(record.Id, out _);
            PlaceQueued(); // Its room is free again.
            throw;
        }

        lock (_lock)
        {
            task.IsStored = true;
            if (task.Record != stored)
                Save(task); // Its runner went meanwhile, say.
            if (before is not null)
                _tasks.TryRemove(before.Record.Id, out _);
        }

        if (before is not null)
            ForgetHome(before.Record);
        _news.Changed(task, "created");
        Tell(task);
        return task;
    }

    // The addresses: those of the one that had the name go, and its own come. When that fails all is as it was.
    private async Task TakeOverAsync(LiveTask? before, TaskRecord record)
    {
        try
        {
            if (before is not null)
                await _tunnels.RemoveAsync(before.Record, "a new task has its name");
            await _tunnels.MakeAsync(record);
        }
        catch
        {
            await _tunnels.RemoveAsync(record, "its task could not be made");
            await _store.UndoAddAsync(record.Id, before?.Record.Id);
            if (before is not null)
                await _tunnels.MakeAsync(before.Record);
            throw;
        }
    }

    public void Dispose()
    {
        _quotas.Changed -= PlaceQueued;
        _look.Dispose();
    }

    private void CheckLimits(TaskRecord record)
    {
        var theirs = _tasks.Values.Where(t => !t.Record.HasEnded && t.Record.Id != record.Id && t.Record.Account == record.Account).ToList();
        if (theirs.Count >= MostOfAccount)
            throw new TaskRefusal(TaskRefusalCode.LimitReached, $"You have {MostOfAccount} tasks that have not ended; stop some first.");
        if (record.Resolved.MaxPerUser is { } most && theirs.Count(t => t.Record.Resolved.Template == record.Resolved.Template) >= most)
        {
            throw new TaskRefusal(
                TaskRefusalCode.LimitReached, $"The template '{record.Resolved.Template}' lets one have {most} tasks of it that have not ended; stop one first.");
        }
    }
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
    WorkspaceTaken,
    WorkspaceImpossible,
    Forbidden,
    ProjectUnknown,
    KeyUsed,
}

/// <summary>A refusal with its sentence.</summary>
internal sealed class TaskRefusal(TaskRefusalCode code, string message) : Exception(message)
{
    public TaskRefusalCode Code { get; } = code;
}
