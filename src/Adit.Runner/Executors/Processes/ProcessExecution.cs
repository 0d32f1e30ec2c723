using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>A task that runs as processes. What it knows is on the disk or the system's, so that it may be dropped and made anew.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ProcessExecution : IExecution
{
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongPause = TimeSpan.FromSeconds(2); // Only in case that we are not told when it ends.
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RemovePatience = TimeSpan.FromSeconds(1);

    private readonly AttemptFiles _files;
    private readonly ProcessIdentity _script;
    private readonly Func<TaskSurroundings> _surroundings;
    private readonly ITaskGroup _group;
    private readonly Process? _process;
    private readonly Action _release;
    private readonly ProcessExecutorOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _disposed = new();
    private readonly TaskCompletionSource<ExecutionEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _usageLock = new();
    private readonly Task _watch;
    private TimeSpan _cpuBefore;
    private long _lookedAt;

    /// <summary>Watches it.</summary>
    /// <param name="files">Its files.</param>
    /// <param name="script">The process of its script.</param>
    /// <param name="surroundings">What its command finds around it; throws when that is not there any more.</param>
    /// <param name="group">Its processes.</param>
    /// <param name="ports">Its ports.</param>
    /// <param name="process">The script, when it is a child of this process.</param>
    /// <param name="release">Called once when it has ended or was disposed of after that.</param>
    /// <param name="options">How often to look.</param>
    /// <param name="time">The clock.</param>
    public ProcessExecution(
        AttemptFiles files, ProcessIdentity script, Func<TaskSurroundings> surroundings, ITaskGroup group, IReadOnlyDictionary<string, int> ports,
        Process? process, Action release, ProcessExecutorOptions options, TimeProvider time)
    {
        _files = files;
        _script = script;
        _surroundings = surroundings;
        _group = group;
        _process = process;
        _release = release;
        _options = options;
        _time = time;
        Ports = ports.ToDictionary(static p => p.Key, static p => new IPEndPoint(IPAddress.Loopback, p.Value));
        _lookedAt = time.GetTimestamp();
        _cpuBefore = process is null ? group.Use()?.Cpu ?? TimeSpan.Zero : TimeSpan.Zero;
        _watch = WatchAsync(_disposed.Token);
    }

    /// <inheritdoc/>
    public Task<ExecutionEnd> Ended => _ended.Task;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IPEndPoint> Ports { get; }

    /// <inheritdoc/>
    public bool ArePortsProxied => false;

    /// <inheritdoc/>
    public Task ReadOutputAsync(TaskSpool spool, CancellationToken cancellationToken) =>
        new TaskOutput(_files.Out, _files.Error, int.Parse(Path.GetFileName(_files.Directory), System.Globalization.CultureInfo.InvariantCulture), spool, _time)
            .FollowAsync(Ended, cancellationToken);

    /// <inheritdoc/>
    public Task<TaskUsage?> UsageAsync(CancellationToken cancellationToken)
    {
        if (Ended.IsCompleted || _group.Use() is not { } use)
            return Task.FromResult<TaskUsage?>(null);
        lock (_usageLock)
        {
            var now = _time.GetTimestamp();
            var elapsed = _time.GetElapsedTime(_lookedAt, now);
            var cpu = elapsed > TimeSpan.Zero ? Math.Max(0, (use.Cpu - _cpuBefore) / elapsed) : 0;
            (_lookedAt, _cpuBefore) = (now, use.Cpu);
            return Task.FromResult<TaskUsage?>(new TaskUsage { Cpu = cpu, MemoryBytes = use.MemoryBytes });
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (Ended.IsCompleted)
            return;
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        cancellationToken = stop.Token;
        _group.Freeze(false);
        // The number stays the group's as long as its leader lives, so it cannot have become somebody else's.
        if (_script.IsAlive())
            Posix.Signal(-_script.Id, Posix.SigTerm);
        if (await EndsWithinAsync(grace, cancellationToken))
            return;
        await KillAsync(KillPatience, isScriptKilled: false, cancellationToken);
        if (await EndsWithinAsync(KillPatience, cancellationToken))
            return;
        // The script does not write the code: it was stopped from outside, or its disk hangs.
        if (_script.IsAlive())
            Posix.Signal(-_script.Id, Posix.SigKill);
        await Ended.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task FreezeAsync(CancellationToken cancellationToken)
    {
        _group.Freeze(true);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ThawAsync(CancellationToken cancellationToken)
    {
        _group.Freeze(false);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<int> ExecAsync(ExecRequest request, ExecStreams streams, CancellationToken cancellationToken)
    {
        if (Ended.IsCompleted)
            throw new ExecutorException("The task has ended: nothing can be run in it.");
        return ProcessExec.RunAsync(_files.Directory, _surroundings(), _script.Id, _group, request, streams, Ended, _time, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        await _watch;
        _process?.Dispose();
    }

    private async Task<bool> EndsWithinAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await Ended.WaitAsync(time, _time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task WatchAsync(CancellationToken disposed)
    {
        var ended = _process?.WaitForExitAsync(disposed) ?? Task.Delay(Timeout.InfiniteTimeSpan, _time, disposed);
        try
        {
            await Task.Yield(); // Nobody waits for files in a constructor.
            if (_files.End is { } before)
            {
                _release();
                _ended.SetResult(before);
                return;
            }

            while (true)
            {
                var isAlive = _script.IsAlive(); // Asked first: the code is written before it ends.
                if (_files.ExitCode is { } code)
                {
                    await FinishAsync(code);
                    return;
                }

                if (!isAlive)
                {
                    await FinishAsync(null);
                    return;
                }

                await Task.WhenAny(ended, Task.Delay(_process is null ? _options.LookEvery : LongPause, _time, disposed));
                disposed.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            // Let go of, and left running.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its directory is damaged or gone.
            _release();
            _ended.TrySetResult(new ExecutionEnd(null, $"The task's files on the runner cannot be read: {e.Message}"));
        }
    }

    private async Task FinishAsync(int? code)
    {
        // What it left behind goes too. First by force and then asked how it was, because the counters go with the group.
        var isGone = await KillAsync(KillPatience, isScriptKilled: code is null, CancellationToken.None);
        var isOutOfMemory = _group.Use() is { OutOfMemoryKills: > 0 };
        var end = new ExecutionEnd(code, Reason(code, isOutOfMemory), isOutOfMemory);
        if (!isGone)
            end = end with { Reason = (end.Reason is null ? "" : end.Reason + " ") + "Some of its processes cannot be ended: they wait for a device that does not answer." };
        try
        {
            _files.Finish(end);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk is full. Who asks again finds out again, but for the memory.
        }

        var began = _time.GetTimestamp();
        while (!_group.TryRemove() && _time.GetElapsedTime(began) < RemovePatience)
            await Task.Delay(ShortPause, _time);
        _release();
        _ended.SetResult(end);
    }

    private async Task<bool> KillAsync(TimeSpan patience, bool isScriptKilled, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(1);
        while (!_group.TryKill() | (isScriptKilled && !TryKillSession()))
        {
            if (_time.GetElapsedTime(began) > patience)
                return false;
            await Task.Delay(pause, _time, cancellationToken);
            pause = pause < ShortPause ? pause * 2 : ShortPause;
        }

        return true;
    }

    // A script that was killed may have left what had not joined the group yet; it is in the script's session. While it is there nobody else gets
    // that number, so a process that has it now says that nothing of ours is left.
    private bool TryKillSession()
    {
        var all = ProcessStat.All();
        if (all.Any(p => p.Id == _script.Id && !p.IsDead))
            return true;
        var left = all.Where(p => p.Session == _script.Id && !p.IsDead).ToList();
        foreach (var process in left)
            Posix.Signal(process.Id, Posix.SigKill);
        return left.Count == 0;
    }

    private string? Reason(int? code, bool isOutOfMemory)
    {
        if (isOutOfMemory)
        {
            return code is 0 or null
                ? "A process of it was ended because the task ran out of memory."
                : "It ran out of memory: it used up the limit of its memory and was ended. Give it more.";
        }

        if (code is null)
        {
            return _script.Boot == ProcessIdentity.CurrentBoot()
                ? "It was ended from outside, together with the shell that watched it; its exit code is not known."
                : "The runner's machine was restarted while it ran.";
        }

        try
        {
            return _surroundings().Explain(code.Value);
        }
        catch (ExecutorException)
        {
            return null; // What it ran in is gone.
        }
    }
}
