using System.Net;
using Adit.Api;
using Adit.Runner.Executors;
using Adit.Runner.Workspaces;

namespace Adit.Runner.Agent;

/// <summary>
/// One task on this runner: brings what is to what should be, one step at a time, and says what it sees. A step that fails because the machine
/// or the engine is in trouble is taken again; one that cannot work ends the attempt.
/// </summary>
internal sealed partial class AgentTask : IAsyncDisposable
{
    private const int LastLines = 20;
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MeasurePatience = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly TaskPlace _place;
    private readonly IReadOnlyDictionary<string, IExecutor> _executors;
    private readonly GpuDevices _gpus;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly WorkspaceSync? _workspaces;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _starting = new();
    private Task _cancelling = Task.CompletedTask; // Of it, beside the lock: what is registered there may take its time.
    private TaskMemory _memory;
    private bool _isStored = true;
    private ObservedTask _seen;
    private IExecution? _execution;
    private TaskMemory? _executing;
    private Task<string?> _reading = Task.FromResult<string?>(null);
    private volatile string? _trouble; // Of its output, which goes on beside whatever state it is in.
    private string? _failure;

    /// <summary>Takes up a task and begins.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="memory">What should be, as it is in the place.</param>
    /// <param name="executors">By name.</param>
    /// <param name="gpus">Gives out the machine's GPUs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="changed">Told that there is something to report. Must not block.</param>
    /// <param name="workspaces">Brings workspaces here and back; null where nothing can.</param>
    public AgentTask(
        TaskPlace place, TaskMemory memory, IReadOnlyDictionary<string, IExecutor> executors, GpuDevices gpus, TimeProvider time, Action changed, WorkspaceSync? workspaces = null)
    {
        _workspaces = workspaces;
        _place = place;
        _memory = memory;
        _executors = executors;
        _gpus = gpus;
        if (memory is { End: null, Spec.GpuDevices: { } devices })
            gpus.Keep(place.Id, devices);
        _time = time;
        _changed = changed;
        _seen = memory.End ?? See(memory, memory.WasReady ? TaskState.Ready : TaskState.Preparing, null);
        if (memory.End is not null)
            _known.SetResult();
        try
        {
            OpenSpool(memory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Tried again, and said, before anything else is done.
        }

        _running = Task.Run(RunAsync);
    }

    /// <summary>Its log; null while it cannot be opened.</summary>
    public TaskSpool? Spool { get; private set; }

    /// <summary>Its id.</summary>
    public string Id => _place.Id;

    /// <summary>What is seen of it now.</summary>
    public ObservedTask Seen
    {
        get
        {
            lock (_lock)
                return _seen;
        }
    }

    /// <summary>Completes when it is known what is there of it from before.</summary>
    public Task Known => _known.Task;

    /// <summary>Whether it has ended and the hub wants to hear no more of it.</summary>
    public bool MayGo => Left is not null;

    /// <summary>What is remembered of it when it has ended and the hub wants to hear no more of it; otherwise null.</summary>
    public TaskMemory? Left
    {
        get
        {
            lock (_lock)
                return _memory is { IsForgotten: true, End: not null } ? _memory : null;
        }
    }

    /// <summary>What should be. An attempt before the one there is counts for nothing.</summary>
    /// <exception cref="IOException">It could not be kept. A start is not taken then; an end is. The hub says both again.</exception>
    public void Desire(DesiredTask desired)
    {
        lock (_lock)
        {
            if (desired.Spec.Attempt < _memory.Spec.Attempt)
                return;
            var isNew = desired.Spec.Attempt > _memory.Spec.Attempt;
            if (!isNew && _memory.Run == desired.Run && _memory.KeepsHome == desired.KeepsHome && !_memory.IsForgotten && _isStored)
            {
                if (!_memory.Spec.HasSecrets && desired.Spec.HasSecrets)
                {
                    // They are not on disk, so a start that an earlier process did not come to waits for them.
                    _memory = _memory with { Spec = desired.Spec with { GpuDevices = _memory.Spec.GpuDevices } };
                    Tell();
                }

                return;
            }

            // Which GPUs it has is not the hub's to say.
            var spec = desired.Spec with { GpuDevices = isNew ? null : _memory.Spec.GpuDevices };
            Keep(isNew
                ? new TaskMemory { Spec = spec, Run = desired.Run, KeepsHome = desired.KeepsHome }
                : _memory with { Spec = spec, Run = desired.Run, KeepsHome = desired.KeepsHome, IsForgotten = false });
        }
    }

    /// <summary>It is to end, and to be forgotten.</summary>
    /// <param name="attempt">Up to which attempt; <see cref="int.MaxValue"/> for the whole task, with its home.</param>
    /// <param name="keepsHome">Whether the home of a session stays where an attempt alone is forgotten.</param>
    /// <exception cref="IOException">As of <see cref="Desire"/>.</exception>
    public void Forget(int attempt, bool keepsHome)
    {
        lock (_lock)
        {
            var keeps = attempt != int.MaxValue && (_memory.KeepsHome || (keepsHome && _memory.Spec is { Kind: TaskKind.Session, Workspace: null }));
            if (attempt < _memory.Spec.Attempt || (_memory.IsForgotten && _memory.KeepsHome == keeps && _isStored))
                return;
            Keep(_memory with { Run = false, IsForgotten = true, KeepsHome = keeps });
        }
    }

    /// <summary>Where a port can be dialled; null while it cannot.</summary>
    public IPEndPoint? PortOf(string name)
    {
        lock (_lock)
            return _execution?.Ports.GetValueOrDefault(name);
    }

    /// <summary>The execution that is there; null for none.</summary>
    public IExecution? Execution
    {
        get
        {
            lock (_lock)
                return _execution;
        }
    }

    /// <summary>Halts all of it where it is, or lets it go on.</summary>
    /// <returns>Null when that is so now; otherwise why not.</returns>
    public async Task<string?> HaltAsync(bool isHalted, CancellationToken cancellationToken)
    {
        if (Execution is not { } execution || (isHalted && Seen.State != TaskState.Ready))
            return isHalted ? "it does not run" : null;
        try
        {
            if (isHalted)
                await execution.FreezeAsync(cancellationToken);
            else
                await execution.ThawAsync(cancellationToken);
            return null;
        }
        catch (ExecutorException e)
        {
            return e.Message;
        }
    }

    /// <summary>Looks at what it uses; what cannot be known within some seconds stays as it was.</summary>
    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(MeasurePatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            if (Execution is not { } execution || await execution.UsageAsync(either.Token).WaitAsync(either.Token) is not { } usage)
                return;
            lock (_lock)
            {
                if (_execution == execution)
                    _seen = _seen with { Usage = usage };
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ExecutorException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It has just ended, or its engine does not answer.
        }
    }

    /// <summary>Lets go of it. What runs goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        await _keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _cancelling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Spool?.Dispose();
        _ending.Dispose();
        _starting.Dispose();
        await _saving.WaitAsync(CancellationToken.None); // A snapshot that was asked for sees that it is over.
        _saving.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            Task told;
            TaskMemory memory;
            (CancellationTokenSource Starting, Task Cancelling)? before = null;
            lock (_lock)
            {
                if (_told.Task.IsCompleted)
                    _told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                told = _told.Task;
                memory = _executing ?? _memory; // What was begun is ended first.
                if (_starting.IsCancellationRequested)
                {
                    before = (_starting, _cancelling);
                    (_starting, _cancelling) = (new CancellationTokenSource(), Task.CompletedTask);
                }
            }

            try
            {
                if (before is var (starting, cancelling))
                {
                    using (starting)
                        await cancelling;
                }

                OpenSpool(memory);
                var isStored = TryStore();
                if (memory.End is null)
                    await AttemptAsync(memory);
                else
                    await told.WaitAsync(isStored ? Timeout.InfiniteTimeSpan : AgainAfter, _time, _ending.Token);
            }
            catch (TimeoutException)
            {
                // The disk may have room by now.
            }
            catch (OperationCanceledException)
            {
                // Something else should be now, or this process ends.
            }
            catch (Exception e)
            {
                // Whatever it is, it is this task's alone: the machine's or the engine's trouble, or a mistake of ours.
                Note(Seen with { Progress = $"in trouble, trying again: {e.Message}" });
                await Task.Delay(AgainAfter, _time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        if (_execution is { } left)
            await left.DisposeAsync();
    }

    private bool Wanted(TaskMemory memory)
    {
        lock (_lock)
            return _memory.Run && _memory.Spec.Attempt == memory.Spec.Attempt;
    }

    private void End(TaskMemory memory, TaskState state, string? reason, int? exitCode)
    {
        _known.TrySetResult();
        _trouble = null;
        var end = See(memory, state, reason) with
        {
            ExitCode = exitCode,
            LastLines = state == TaskState.Failed ? LastWords() : null,
            LogEnd = Spool?.End,
        };
        lock (_lock)
        {
            _seen = end;
            _gpus.Free(Id); // Those of the next attempt are given when it begins.
            if (_memory.Spec.Attempt == memory.Spec.Attempt)
            {
                _memory = _memory with { End = end };
                _isStored = false;
                TryStore();
            }
        }

        _changed();
    }

    private IReadOnlyList<string>? LastWords()
    {
        try
        {
            return Spool is { } spool ? [.. spool.Read(Math.Max(1, spool.End - LastLines), LastLines).Select(static l => l.Text)] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // What is the same as before is nothing to report.
    private void Note(ObservedTask seen)
    {
        var isNews = false;
        lock (_lock)
        {
            isNews = _seen != seen;
            _seen = seen;
        }

        if (seen.State != TaskState.Preparing)
            _known.TrySetResult();
        if (isNews)
            _changed();
    }

    // The log of an attempt begins where those before ended, wherever they ran.
    private void OpenSpool(TaskMemory memory)
    {
        Spool ??= new TaskSpool(_place.LogDirectory, _time);
        if (memory.End is null && Spool.Position.Attempt != memory.Spec.Attempt)
            Spool.BeginAt(memory.Spec.FirstLine);
    }

    // Under the lock. A start is on disk before it happens; an end happens also where the disk is full.
    private void Keep(TaskMemory next)
    {
        if (next.Run)
            next.Write(_place);
        _memory = next;
        Tell();
        _isStored = next.Run;
        if (_isStored)
            return;
        next.Write(_place);
        _isStored = true;
    }

    // Where the disk is full it is tried again: who looks at the attempt again after a crash finds the same.
    private bool TryStore()
    {
        lock (_lock)
        {
            try
            {
                if (!_isStored)
                    _memory.Write(_place);
                return _isStored = true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    private ObservedTask See(TaskMemory memory, TaskState state, string? reason) =>
        new() { Id = _place.Id, Attempt = memory.Spec.Attempt, State = state, Since = _time.GetUtcNow(), Reason = reason, Progress = _trouble };

    // Under the lock.
    private void Tell()
    {
        _told.TrySetResult();
        if (!_starting.IsCancellationRequested)
            _cancelling = _starting.CancelAsync();
    }

    private static Dictionary<string, string> PortsOf(IExecution execution) => execution.Ports.ToDictionary(static p => p.Key, static p => p.Value.ToString(), StringComparer.Ordinal);

    private sealed class Progress(AgentTask task) : IProgress<string>
    {
        public void Report(string value) => task.Note(task.Seen with { Progress = value });
    }
}
