using System.Net;
using Adit.Api;
using Adit.Runner.Executors;

namespace Adit.Runner.Agent;

/// <summary>
/// One task on this runner: brings what is to what should be, one step at a time, and says what it sees. A step that fails because the machine
/// or the engine is in trouble is taken again; one that cannot work ends the attempt.
/// </summary>
internal sealed partial class AgentTask : IAsyncDisposable
{
    private const int LastLines = 20;
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly TaskPlace _place;
    private readonly IReadOnlyDictionary<string, IExecutor> _executors;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _starting = new();
    private TaskMemory _memory;
    private ObservedTask _seen;
    private IExecution? _execution;
    private string? _failure;

    /// <summary>Takes up a task and begins.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="memory">What should be.</param>
    /// <param name="executors">By name.</param>
    /// <param name="time">The clock.</param>
    /// <param name="changed">Told that there is something to report. Must not block.</param>
    public AgentTask(TaskPlace place, TaskMemory memory, IReadOnlyDictionary<string, IExecutor> executors, TimeProvider time, Action changed)
    {
        _place = place;
        _memory = memory;
        _executors = executors;
        _time = time;
        _changed = changed;
        _seen = memory.End ?? See(memory, memory.WasReady ? TaskState.Ready : TaskState.Preparing, null);
        if (memory.End is not null)
            _known.SetResult();
        Spool = new TaskSpool(place.LogDirectory, time);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Its log.</summary>
    public TaskSpool Spool { get; }

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
    public bool MayGo
    {
        get
        {
            lock (_lock)
                return _memory is { IsForgotten: true, End: not null };
        }
    }

    /// <summary>What should be. An attempt before the one there is counts for nothing.</summary>
    /// <exception cref="IOException">It could not be kept; it holds nevertheless, and is said again by the hub.</exception>
    public void Desire(DesiredTask desired)
    {
        lock (_lock)
        {
            if (desired.Spec.Attempt < _memory.Spec.Attempt)
                return;
            var isNew = desired.Spec.Attempt > _memory.Spec.Attempt;
            if (!isNew && _memory.Run == desired.Run && !_memory.IsForgotten)
                return;
            _memory = isNew
                ? new TaskMemory { Spec = desired.Spec, Run = desired.Run }
                : _memory with { Spec = desired.Spec, Run = desired.Run, IsForgotten = false };
            Tell();
            _memory.Write(_place);
        }
    }

    /// <summary>It is to end, and to be forgotten.</summary>
    /// <exception cref="IOException">As of <see cref="Desire"/>.</exception>
    public void Forget(int attempt)
    {
        lock (_lock)
        {
            if (attempt < _memory.Spec.Attempt || _memory.IsForgotten)
                return;
            _memory = _memory with { Run = false, IsForgotten = true };
            Tell();
            _memory.Write(_place);
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

    /// <summary>Looks at what it uses.</summary>
    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        if (Execution is not { } execution || await execution.UsageAsync(cancellationToken) is not { } usage)
            return;
        lock (_lock)
        {
            if (_execution == execution)
                _seen = _seen with { Usage = usage };
        }
    }

    /// <summary>Lets go of it. What runs goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        Spool.Dispose();
        _ending.Dispose();
        _starting.Dispose();
    }

    /// <summary>Removes all that the runner has of it.</summary>
    /// <exception cref="ExecutorException">An engine does not answer: what it holds of the task stays, and the task's files with it.</exception>
    public async Task RemoveAsync()
    {
        await DisposeAsync();
        foreach (var executor in _executors.Values)
            await executor.ForgetAsync(_place, CancellationToken.None);
        _place.Remove();
    }

    private async Task RunAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            Task told;
            TaskMemory memory;
            lock (_lock)
            {
                if (_told.Task.IsCompleted)
                    _told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                told = _told.Task;
                memory = _memory;
                if (_starting.IsCancellationRequested)
                {
                    _starting.Dispose();
                    _starting = new CancellationTokenSource();
                }
            }

            try
            {
                if (memory.End is null)
                    await AttemptAsync(memory);
                else
                    await told.WaitAsync(_ending.Token);
            }
            catch (OperationCanceledException)
            {
                // Something else should be now, or this process ends.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ExecutorException)
            {
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
        var end = See(memory, state, reason) with
        {
            ExitCode = exitCode,
            LastLines = state == TaskState.Failed ? [.. Spool.Read(Math.Max(1, Spool.End - LastLines), LastLines).Select(static l => l.Text)] : null,
        };
        lock (_lock)
        {
            _seen = end;
            if (_memory.Spec.Attempt == memory.Spec.Attempt)
            {
                _memory = _memory with { End = end };
                _memory.Write(_place);
            }
        }

        _changed();
    }

    private void Note(ObservedTask seen)
    {
        lock (_lock)
            _seen = seen;
        if (seen.State != TaskState.Preparing)
            _known.TrySetResult();
        _changed();
    }

    private ObservedTask See(TaskMemory memory, TaskState state, string? reason) =>
        new() { Id = _place.Id, Attempt = memory.Spec.Attempt, State = state, Since = _time.GetUtcNow(), Reason = reason };

    // Under the lock.
    private void Tell()
    {
        _told.TrySetResult();
        _starting.Cancel();
    }

    private static Dictionary<string, string> PortsOf(IExecution execution) => execution.Ports.ToDictionary(static p => p.Key, static p => p.Value.ToString(), StringComparer.Ordinal);

    private sealed class Progress(AgentTask task) : IProgress<string>
    {
        public void Report(string value) => task.Note(task.Seen with { Progress = value });
    }
}
