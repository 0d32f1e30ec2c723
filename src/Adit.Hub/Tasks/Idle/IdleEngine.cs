using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Runners;
using Adit.Hub.Storage;
using Adit.Hub.Tasks.Waiting;
using Adit.Hub.Templates;
using Adit.Hub.Tunnels;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tasks.Idle;

/// <summary>
/// Looks every fifteen seconds at what is known of the use of each task, has <see cref="IdleRule"/> decide, and does it: warns, freezes,
/// stops. A visit in that very moment comes first. Its clock does not jump: wall time at the start, and from there on what has passed.
/// </summary>
internal sealed partial class IdleEngine : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan KernelsEvery = TimeSpan.FromSeconds(29); // Every other look.
    private const int MostAtOnce = 16;

    private readonly ConcurrentDictionary<string, IdleTask> _tasks = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _saving = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly IdleStore _store;
    private readonly TaskRegistry _registry;
    private readonly TaskKeepers _keepers;
    private readonly ITaskTunnels _tunnels;
    private readonly IRunners _runners;
    private readonly OpenDoors _doors;
    private readonly TaskNews _news;
    private readonly AuditLog _audit;
    private readonly KernelProbe _probe;
    private readonly IdleClock _time;
    private readonly ILogger<IdleEngine> _log;
    private readonly long _startStamp;
    private readonly DateTimeOffset _start;
    private Task _ticking = Task.CompletedTask;
    private bool _isOdd;

    public IdleEngine(
        IdleStore store, TaskRegistry registry, TaskKeepers keepers, ITaskTunnels tunnels, IRunners runners, OpenDoors doors, TaskNews news, AuditLog audit, IdleMeter meter,
        IdleClock time, ILogger<IdleEngine> log)
    {
        _store = store;
        _registry = registry;
        _keepers = keepers;
        _tunnels = tunnels;
        _runners = runners;
        _doors = doors;
        _news = news;
        _audit = audit;
        Meter = meter;
        _time = time;
        _log = log;
        _probe = new KernelProbe(time);
        _startStamp = time.GetTimestamp();
        _start = time.GetUtcNow();
        keepers.Waker = WakeAsync;
    }

    /// <summary>What was decided, counted.</summary>
    public IdleMeter Meter { get; }

    /// <summary>The time by this clock.</summary>
    public DateTimeOffset Now => _start + _time.GetElapsedTime(_startStamp);

    /// <summary>Reads what was known before the restart, and begins to look.</summary>
    public async Task StartAsync()
    {
        var now = Now;
        foreach (var (id, memory) in await _store.ListAsync())
        {
            if (_registry.Find(id) is null)
                continue;
            _tasks[id] = new IdleTask(memory.NotAfter(now)) { Resumed = now };
            if (memory.IsFrozen)
                PutToSleep(id);
        }

        _ticking = TickAsync(_stop.Token);
    }

    /// <summary>What is known of a task; makes it when nothing is.</summary>
    public IdleTask Of(LiveTask task)
    {
        var idle = _tasks.GetOrAdd(task.Record.Id, static (_, attempt) => new IdleTask(new IdleMemory { Attempt = attempt }), task.Record.Attempt);
        idle.Change(m => m.For(task.Record.Attempt));
        return idle;
    }

    /// <summary>Says at once when a task ends that has just got ready, or that somebody keeps; what follows of it is done at the next look.</summary>
    public void Retell(LiveTask task)
    {
        if (task.Record is not { State: TaskState.Ready, IsWanted: true, Kind: TaskKind.Session } record)
            return;
        var idle = Of(task);
        if (idle.Memory.Ready is null)
            idle.Change(m => m with { Ready = Now });
        if (idle.Decide(record.Resolved.Idle, Now) is { } decision)
            task.Idle = Short(idle, decision);
    }

    /// <summary>Looks at all tasks once.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _doors.LookAt(static door =>
            {
                if (door is Visit { Route.Keeper: { } keeper } visit)
                    keeper.Use.Look(visit);
            });
            await Parallel.ForEachAsync(
                _registry.All, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellationToken }, async (task, cancelled) => await TryLookAtAsync(task, cancelled));
            _isOdd = !_isOdd;
            if (_isOdd)
                await SaveAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stores what changed. What cannot be stored now is stored the next time.</summary>
    /// <returns>Whether all that was changed before the call is on disk.</returns>
    public async Task<bool> SaveAsync()
    {
        await _saving.WaitAsync();
        try
        {
            return await SaveChangedAsync();
        }
        finally
        {
            _saving.Release();
        }
    }

    private async Task<bool> SaveChangedAsync()
    {
        var changed = _tasks.Where(static t => t.Value.TakeChanged()).Select(static t => KeyValuePair.Create(t.Key, t.Value.Memory)).ToList();
        var gone = _tasks.Keys.Where(id => _registry.Find(id) is null).ToList();
        if (changed.Count == 0 && gone.Count == 0)
            return true;
        try
        {
            await _store.SaveAsync(changed, gone);
            foreach (var id in gone)
                _tasks.TryRemove(id, out _);
            return true;
        }
        catch (StorageException e)
        {
            foreach (var (id, _) in changed)
                _tasks.GetValueOrDefault(id)?.MarkChanged();
            LogNotStored(e.Message);
            return false;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _ticking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await SaveAsync();
        _stop.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "One look that fails must not be the last one; the log has why.")]
    private async Task TickAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Every, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await LookAsync(cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotLookedAt(e, "all");
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "One task that cannot be looked at must not keep the others from it; the next look tries again.")]
    private async Task TryLookAtAsync(LiveTask task, CancellationToken cancellationToken)
    {
        try
        {
            await LookAtAsync(task, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotLookedAt(e, task.Record.Id);
        }
    }

    private async Task LookAtAsync(LiveTask task, CancellationToken cancellationToken)
    {
        var record = task.Record;
        if (record.Kind != TaskKind.Session || record.State != TaskState.Ready || !record.IsWanted)
        {
            task.Idle = null;
            if (_tasks.TryGetValue(record.Id, out var away))
            {
                away.IsAway = true;
                if (record.HasEnded && away.Memory.IsFrozen)
                {
                    _keepers.Of(record.Id).Use.IsAsleep = false; // Nothing is left to be woken.
                    away.Change(static m => m with { IsFrozen = false });
                }
            }

            return;
        }

        var idle = Of(task);
        if (idle.IsAway)
        {
            idle.IsAway = false;
            if (idle.Memory.Ready is not null)
                idle.Resumed = Now; // Its runner is back: what happened meanwhile is not known.
        }

        await ObserveAsync(task, idle, cancellationToken);
        var use = _keepers.Of(record.Id).Use;
        var seen = new IdleMark(use.Strong, _keepers.Of(record.Id).Arrivals);
        Take(idle, use);
        var decision = idle.Decide(record.Resolved.Idle, Now)!;
        Note(task, idle, decision);
        await DoAsync(task, idle, decision, seen, cancellationToken);
    }

    private async Task DoAsync(LiveTask task, IdleTask idle, IdleDecision decision, IdleMark seen, CancellationToken cancellationToken)
    {
        switch (decision.Verdict)
        {
            case IdleVerdict.Warn:
                Meter.CountWarned();
                _news.Warned(task, decision.Reason);
                _audit.RecordSoon(Entry("task.idle-warn", task, decision.Reason));
                break;
            case IdleVerdict.Freeze:
                await FreezeAsync(task, idle, seen, cancellationToken);
                break;
            case IdleVerdict.Stop:
                if (!await _registry.StopUnusedAsync(task, decision.Reason, () => IsUnused(task.Record.Id, seen)))
                {
                    Meter.CountAborted();
                    idle.Tell(Now, "keep", "somebody came as it was about to be stopped");
                    break;
                }

                Meter.CountStopped();
                _keepers.Of(task.Record.Id).Use.IsAsleep = false;
                idle.Change(static m => m with { IsFrozen = false });
                task.Idle = null;
                _audit.RecordSoon(Entry("task.idle-stop", task, decision.Reason));
                break;
        }
    }

    // What no stamp of the edge says.
    private async Task ObserveAsync(LiveTask task, IdleTask idle, CancellationToken cancellationToken)
    {
        var record = task.Record;
        var policy = record.Resolved.Idle;
        var bytes = TaskTunnels.NamesOf(record).Zip(record.Resolved.Ports).Where(static p => !p.Second.IsHttp).Sum(p => _tunnels.MeterOf(p.First)?.BytesIn ?? 0);
        var isTouched = bytes > idle.PortBytes;
        if (isTouched)
            idle.Change(m => m with { Terminal = Now });
        idle.PortBytes = bytes;
        if (idle.Memory.IsFrozen)
        {
            idle.Window.Clear();
            idle.Change(m => m with { Compute = Stretch.Next(m.Compute, false, Now) });
            if (isTouched)
                await WakeAsync(record.Id, "a visitor sent something", cancellationToken);
            return; // It neither computes nor answers.
        }

        if (task.Usage is { } usage && (policy.ComputeCpu is not null || policy.ComputeGpu is not null))
        {
            idle.Window.Add(Now, usage, policy.ComputeWindow);
            var (cpu, gpu) = idle.Window.Average;
            var isBusy = cpu >= policy.ComputeCpu || gpu >= policy.ComputeGpu;
            idle.Change(m => m with { Compute = Stretch.Next(m.Compute, isBusy, Now) });
        }

        if (policy.JupyterKernels && (idle.KernelsAsked == 0 || _time.GetElapsedTime(idle.KernelsAsked) >= KernelsEvery) && _tunnels.UpstreamOf(TaskTunnels.NamesOf(record).First()) is { IsUp: true } upstream)
        {
            idle.KernelsAsked = _time.GetTimestamp();
            if (await _probe.IsBusyAsync(upstream, cancellationToken) is { } isBusy)
                idle.Change(m => m with { Kernel = Stretch.Next(m.Kernel, isBusy, Now) });
        }
    }

    private void Take(IdleTask idle, RouteUse use)
    {
        if (use.Request != idle.RequestStamp)
        {
            idle.RequestStamp = use.Request;
            idle.Change(m => m with { Request = TimeOf(use.Request) });
        }

        if (use.Message != idle.MessageStamp)
        {
            idle.MessageStamp = use.Message;
            idle.Change(m => m with { Message = TimeOf(use.Message) });
        }

        if (use.Push != idle.PushStamp)
        {
            idle.PushStamp = use.Push;
            idle.Change(m => m with { Push = TimeOf(use.Push) });
        }

        if (idle.Memory.Ready is null)
            idle.Change(m => m with { Ready = Now });
    }

    private void Note(LiveTask task, IdleTask idle, IdleDecision decision)
    {
        idle.Last = decision;
        var warned = !decision.IsWarned ? null : decision.Verdict == IdleVerdict.Warn ? Now : idle.Memory.Warned;
        if (warned != idle.Memory.Warned)
            idle.Change(m => m with { Warned = warned });
        if (idle.Memory.History is not [var last, ..] || last.Decision != Word(decision.Verdict) || (decision.Verdict == IdleVerdict.Keep && idle.Cause is { } cause && cause != decision.Cause))
            idle.Tell(Now, Word(decision.Verdict), decision.Reason);
        idle.Cause = decision.Cause;
        task.Idle = Short(idle, decision);
    }

    private static TaskIdle Short(IdleTask idle, IdleDecision decision) => new()
    {
        FreezesAt = decision.Next == IdleAction.Freeze ? decision.At : null,
        StopsAt = decision.StopsAt,
        IsOfAge = decision.IsOfAge,
        IsWarned = decision.IsWarned,
        IsFrozen = idle.Memory.IsFrozen,
    };

    // Whether nobody came since it was looked, and nobody is there now.
    private bool IsUnused(string task, IdleMark seen)
    {
        var keeper = _keepers.Of(task);
        return new IdleMark(keeper.Use.Strong, keeper.Arrivals) == seen && !IsAnybodyThere(keeper);
    }

    private bool IsAnybodyThere(TaskKeeper keeper)
    {
        var found = false;
        _doors.LookAt(door => found |= door is Visit { Use: UseClass.Strong, IsUpgraded: false } visit && visit.Route?.Keeper == keeper);
        return found;
    }

    private DateTimeOffset TimeOf(long stamp) => _start + _time.GetElapsedTime(_startStamp, stamp);

    /// <summary>A verdict as the API says it.</summary>
    public static string Word(IdleVerdict verdict) => verdict.ToString().ToLowerInvariant();

    private static AuditEntry Entry(string action, LiveTask task, string reason) => new(action)
    {
        Target = "task:" + task.Record.Id,
        Detail = new Dictionary<string, string> { ["name"] = task.Record.Name, ["reason"] = reason },
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "What is known of the use of tasks could not be stored: {Reason}")]
    private partial void LogNotStored(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "It could not be looked whether task {Id} is used")]
    private partial void LogNotLookedAt(Exception e, string id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {Id} could not be {What}: {Reason}")]
    private partial void LogNotHalted(string id, string what, string reason);
}

/// <summary>What was seen of a task's use at a moment: another one afterwards says that somebody came.</summary>
/// <param name="Strong">The last of what somebody did.</param>
/// <param name="Arrivals">How many came while it was not there.</param>
internal readonly record struct IdleMark(long Strong, long Arrivals);
