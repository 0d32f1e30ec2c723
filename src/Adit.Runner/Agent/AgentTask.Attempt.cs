using Adit.Api;
using Adit.Runner.Executors;

namespace Adit.Runner.Agent;

/// <summary>One attempt, from wherever it is to its end.</summary>
internal sealed partial class AgentTask
{
    private const string NoRoom = "Its output cannot be kept, because the runner's disk is full; free some space there, and it goes on.";

    // A disk with less than this is full: programs write their output in pieces of some KiB.
    private const long LeastRoom = 64 << 10;

    private async Task AttemptAsync(TaskMemory memory)
    {
        var spec = memory.Spec;
        if (!_executors.TryGetValue(spec.Executor, out var executor))
        {
            End(memory, TaskState.Failed, $"This runner has no executor '{spec.Executor}'.", null);
            return;
        }

        IExecution? execution;
        var isTakenUp = _execution is null;
        try
        {
            execution = _execution ?? await executor.AdoptAsync(_place, spec, _ending.Token) ?? (Wanted(memory) ? await StartAsync(executor, memory) : null);
        }
        catch (StartFailed e)
        {
            var left = await SaveLeftAsync(executor, memory);
            End(memory, TaskState.Failed, left is null ? e.Message : $"{e.Message} {left}", null);
            return;
        }

        if (execution is null)
        {
            End(memory, TaskState.Stopped, await SaveLeftAsync(executor, memory), null);
            return;
        }

        if (isTakenUp)
        {
            lock (_lock)
                (_execution, _executing) = (execution, memory);
            _reading = Task.Run(() => ReadAsync(execution, _ending.Token)); // One for each execution, however often the rest is tried.
            if (spec.Workspace is { } workspace && _workspaces is not null)
                _keeping = Task.Run(() => KeepAsync(workspace, execution));
            if (memory.WasReady)
                Note(See(memory, TaskState.Ready, null) with { Ports = PortsOf(execution) });
        }

        _known.TrySetResult();
        try
        {
            await WatchAsync(memory, execution);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            await _reading;
            throw;
        }

        var end = await execution.Ended;
        var missing = await _reading; // All of its output is in the log before its end is known.
        await _keeping;
        var unsaved = await SaveLastAsync(memory); // And all of its workspace with the hub.
        var isStopped = !Wanted(memory);
        var state = isStopped || end is { ExitCode: 0, IsOutOfMemory: false } ? TaskState.Stopped : TaskState.Failed;
        var reason = isStopped ? null
            : _failure ?? end.Reason ?? (end.IsOutOfMemory ? "It ran out of memory."
            : end.ExitCode is { } code ? (code == 0 ? null : $"Its command ended with {code}.")
            : "It ended while nobody watched: the machine was restarted.");
        if (_failure is not null)
            state = TaskState.Failed;
        lock (_lock)
            (_execution, _executing) = (null, null);
        _failure = null;
        await execution.DisposeAsync();
        End(memory, state, string.Join(' ', new[] { reason, missing, unsaved }.OfType<string>()) is { Length: > 0 } said ? said : null, end.ExitCode);
    }

    private async Task<IExecution> StartAsync(IExecutor executor, TaskMemory memory)
    {
        Note(See(memory, TaskState.Preparing, null));
        _known.TrySetResult();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_starting.Token, _ending.Token);
        await EndEarlierAsync(executor, memory);
        if (!memory.Spec.HasSecrets)
            await SecretsAsync(memory, either.Token);
        await CheckOutAsync(memory, either.Token);
        try
        {
            await executor.PrepareAsync(_place, memory.Spec, new Progress(this), either.Token);
            var spec = await WithGpusAsync(memory, either.Token);
            either.Token.ThrowIfCancellationRequested();
            return await executor.StartAsync(_place, spec, CancellationToken.None);
        }
        catch (ExecutorException e)
        {
            throw new StartFailed(e.Message, e);
        }
    }

    // Waits while others have them: the hub counts one as free as soon as a task's end is known to it. Where the machine does not have as many, it
    // may not have said yet what it has, and gets as long as a start may take.
    private async Task<TaskSpec> WithGpusAsync(TaskMemory memory, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            var changed = _gpus.Changed;
            if (TryWithGpus(memory, out var shortage) is { } spec)
                return spec;
            var left = memory.Spec.Resources.Gpus <= _gpus.Count
                ? Timeout.InfiniteTimeSpan
                : TimeSpan.FromSeconds(memory.Spec.StartTimeoutSeconds) - _time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero && left != Timeout.InfiniteTimeSpan)
                throw new StartFailed(shortage!, null);
            Note(See(memory, TaskState.Preparing, null) with { Since = Seen.Since, Progress = $"waiting for GPUs: {shortage}" });
            await changed.WaitAsync(left, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    // What it has is on disk before it starts, so that nobody else is given it by a later process. Null, and why, where there are not as many.
    private TaskSpec? TryWithGpus(TaskMemory memory, out string? shortage)
    {
        shortage = null;
        lock (_lock)
        {
            if (_memory.Spec.Attempt != memory.Spec.Attempt || !_memory.Run)
                return memory.Spec; // Another is wanted by now: this one is not started.
            try
            {
                var spec = memory.Spec with { GpuDevices = _gpus.Take(Id, memory.Spec.Resources.Gpus ?? 0) };
                if (spec.GpuDevices is null)
                    return memory.Spec;
                _memory = _memory with { Spec = _memory.Spec with { GpuDevices = spec.GpuDevices } };
                _memory.Write(_place);
                return spec;
            }
            catch (InvalidOperationException e)
            {
                shortage = e.Message;
                return null;
            }
        }
    }

    // The hub tells them when it greets this runner, which begins the start anew; never without them.
    private async Task SecretsAsync(TaskMemory memory, CancellationToken cancellationToken)
    {
        Note(See(memory, TaskState.Preparing, null) with { Progress = "waiting for its secrets from the hub" });
        await Task.Delay(TimeSpan.FromSeconds(memory.Spec.StartTimeoutSeconds), _time, cancellationToken);
        throw new StartFailed($"Its secrets did not come from the hub within {memory.Spec.StartTimeoutSeconds} s.", null);
    }

    // A runner that was killed before it had ended an attempt that another follows.
    private async Task EndEarlierAsync(IExecutor executor, TaskMemory memory)
    {
        var before = memory.Spec.Attempt - 1;
        foreach (var attempt in _place.Attempts().Where(a => a <= before))
        {
            if (await executor.AdoptAsync(_place, memory.Spec with { Attempt = attempt }, _ending.Token) is not { } left)
                continue;
            await using (left)
            {
                await left.StopAsync(TimeSpan.FromSeconds(memory.Spec.StopGraceSeconds), _ending.Token);
                await left.ReadOutputAsync(Spool!, _ending.Token);
            }
        }

        await executor.ForgetAsync(_place, before, _ending.Token);
        _place.RemoveAttempts(before);
    }

    // From its start to its end, or until it should end.
    private async Task WatchAsync(TaskMemory memory, IExecution execution)
    {
        var spec = memory.Spec;
        if (Wanted(memory) && _failure is null && !execution.Ended.IsCompleted && Seen.State is not TaskState.Ready)
        {
            Note(See(memory, TaskState.Starting, null) with { Ports = PortsOf(execution) });
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_starting.Token, _ending.Token);
            try
            {
                await Readiness.WaitAsync(spec, execution, _time, either.Token);
                if (!execution.Ended.IsCompleted)
                    BeReady(memory, execution);
            }
            catch (TimeoutException e)
            {
                _failure = e.Message;
            }
            catch (OperationCanceledException) when (!_ending.IsCancellationRequested)
            {
                // It should end before it was ready.
            }
        }

        while (!execution.Ended.IsCompleted)
        {
            if (!Wanted(memory) || _failure is not null)
            {
                if (_failure is null && Seen.State != TaskState.Stopping)
                    Note(See(memory, TaskState.Stopping, null));
                await execution.StopAsync(TimeSpan.FromSeconds(spec.StopGraceSeconds), _ending.Token);
                return;
            }

            Task told;
            lock (_lock)
                told = _told.Task;
            if (!Wanted(memory))
                continue;
            if (Seen is { Progress: not null } seen && seen.Progress != _trouble)
                Note(seen with { Progress = _trouble }); // The one that it was in is over.
            await Task.WhenAny(execution.Ended, told).WaitAsync(_ending.Token);
        }
    }

    private void BeReady(TaskMemory memory, IExecution execution)
    {
        Note(See(memory, TaskState.Ready, null) with { Ports = PortsOf(execution) });
        lock (_lock)
        {
            if (_memory.Spec.Attempt != memory.Spec.Attempt)
                return;
            _memory = _memory with { WasReady = true };
            _isStored = false;
            TryStore(); // It is ready also where the disk is full; a later process then asks its ports again.
        }
    }

    // Its output into its log. What cannot be kept stays where the task wrote it, and is tried again; that is said. Once it has ended, what still cannot be
    // kept is given up: its files, which go with its end, may be what fills the disk, and an end that never comes holds up all that follows. Null, or a
    // sentence about what is missing.
    private async Task<string?> ReadAsync(IExecution execution, CancellationToken cancellationToken)
    {
        long? since = null;
        while (true)
        {
            try
            {
                var following = execution.ReadOutputAsync(Spool!, cancellationToken);
                while (!cancellationToken.IsCancellationRequested && await Task.WhenAny(following, Task.Delay(AgainAfter, _time, cancellationToken)) != following)
                {
                    since = null;
                    // Where the task itself finds no room for its output nothing is left to be read, and nothing fails here.
                    SayTrouble(HasNoRoom() ? NoRoom : null);
                }

                await following;
                SayTrouble(null);
                return null;
            }
            catch (OperationCanceledException)
            {
                return null;
            }
            catch (Exception e)
            {
                // The disk is full, or the engine does not answer.
                var isFull = OperatingSystem.IsLinux() && Posix.IsDiskFull(e);
                SayTrouble(isFull
                    ? NoRoom
                    : $"Its output cannot be read, trying again: {e.Message}");
                if (!execution.Ended.IsCompleted)
                    since = null;
                else if (_time.GetElapsedTime(since ??= _time.GetTimestamp()) >= OutputPatience)
                    return $"The end of its output is not in its log: {(isFull ? "the runner's disk is full." : e.Message)}";
                await Task.Delay(AgainAfter, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private bool HasNoRoom()
    {
        try
        {
            return new DriveInfo(_place.LogDirectory).AvailableFreeSpace < LeastRoom;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    // Beside what else is seen of it, which another thread may just be changing.
    private void SayTrouble(string? trouble)
    {
        lock (_lock)
        {
            if (_trouble == trouble)
                return;
            _trouble = trouble;
            if (_execution is not null)
                _seen = _seen with { Progress = trouble };
        }

        _changed();
    }

    private sealed class StartFailed(string message, Exception? inner) : Exception(message, inner);
}
