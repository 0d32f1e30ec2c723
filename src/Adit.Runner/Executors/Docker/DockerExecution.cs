using System.Net;
using System.Text.Json;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>A task that runs as a container. What it knows is the engine's, so that it may be dropped and made anew.</summary>
internal sealed class DockerExecution : IExecution
{
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);

    private readonly DockerEngine _engine;
    private readonly string _container;
    private readonly ContainerRecord _record;
    private readonly TaskSpec _spec;
    private readonly DockerExecutorOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _disposed = new();
    private readonly TaskCompletionSource<ExecutionEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _usageLock = new();
    private readonly Task _watch;
    private long _cpuBefore = -1;
    private long _lookedAt;

    /// <summary>Watches it.</summary>
    public DockerExecution(
        DockerEngine engine, string container, ContainerRecord record, TaskSpec spec, IReadOnlyDictionary<string, IPEndPoint> ports,
        DockerExecutorOptions options, TimeProvider time)
    {
        _engine = engine;
        _container = container;
        _record = record;
        _spec = spec;
        _options = options;
        _time = time;
        Ports = ports;
        _lookedAt = time.GetTimestamp();
        _watch = WatchAsync(_disposed.Token);
    }

    /// <inheritdoc/>
    public Task<ExecutionEnd> Ended => _ended.Task;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IPEndPoint> Ports { get; }

    /// <inheritdoc/>
    public bool ArePortsProxied => true;

    private string Path => $"/containers/{_container}";

    /// <inheritdoc/>
    public async Task ReadOutputAsync(TaskSpool spool, CancellationToken cancellationToken)
    {
        using var logs = new DockerLogs(spool, _spec.Attempt);
        while (!_record.IsRead)
        {
            var isLast = Ended.IsCompleted; // Asked first: what was written before the end is there then.
            try
            {
                using var response = await _engine.OpenAsync(
                    HttpMethod.Get, $"{Path}/logs?stdout=true&stderr=true&timestamps=true&follow={(isLast ? "false" : "true")}&since={logs.Since}", null, cancellationToken);
                await logs.ReadAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken);
                if (isLast)
                {
                    // All of it is here: the engine need not keep it any more.
                    _record.FinishReading();
                    await RemoveAsync();
                    return;
                }
            }
            catch (DockerException e) when (e.Status == HttpStatusCode.NotFound)
            {
                return; // It was removed from outside, and its log with it.
            }
            catch (DockerException e)
            {
                throw e.For("The container's log cannot be read");
            }
            catch (Exception e) when (e is HttpIOException or HttpRequestException)
            {
                // The engine was restarted.
            }

            logs.Rewind();
            await Task.WhenAny(Ended, Task.Delay(AgainAfter, _time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public async Task<TaskUsage?> UsageAsync(CancellationToken cancellationToken)
    {
        if (Ended.IsCompleted)
            return null;
        try
        {
            if (await _engine.AskAsync(HttpMethod.Get, $"{Path}/stats?stream=false&one-shot=true", null, cancellationToken) is not { } stats)
                return null;
            var cpu = stats.GetProperty("cpu_stats").GetProperty("cpu_usage").GetProperty("total_usage").GetInt64(); // Nanoseconds.
            var memory = stats.GetProperty("memory_stats");
            var bytes = Number(memory, "usage");
            if (memory.TryGetProperty("stats", out var details))
                bytes -= details.TryGetProperty("total_inactive_file", out _) ? Number(details, "total_inactive_file") : Number(details, "inactive_file"); // cgroups v1, v2.
            lock (_usageLock)
            {
                var now = _time.GetTimestamp();
                var elapsed = _time.GetElapsedTime(_lookedAt, now).TotalNanoseconds;
                // The first look of what ran before knows no earlier one.
                var cores = _cpuBefore < 0 || elapsed <= 0 ? 0 : Math.Max(0, (cpu - _cpuBefore) / elapsed);
                (_lookedAt, _cpuBefore) = (now, cpu);
                return new TaskUsage { Cpu = cores, MemoryBytes = Math.Max(0, bytes) };
            }
        }
        catch (Exception e) when (e is DockerException or KeyNotFoundException or InvalidOperationException)
        {
            return null; // It has just ended, or the engine does not say.
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (Ended.IsCompleted)
            return;
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        await ThawAsync(stop.Token);
        await SignalAsync("SIGTERM", stop.Token);
        if (await EndsWithinAsync(grace, stop.Token))
            return;
        await SignalAsync("SIGKILL", stop.Token); // The first process: all others of the container go with it.
        if (!await EndsWithinAsync(KillPatience, stop.Token))
            throw new ExecutorException($"The container does not end though it was killed: Docker has not said so within {KillPatience.TotalSeconds:0} s.");
    }

    /// <inheritdoc/>
    public Task FreezeAsync(CancellationToken cancellationToken) => OnceAsync($"{Path}/pause", "The container cannot be frozen", cancellationToken);

    /// <inheritdoc/>
    public Task ThawAsync(CancellationToken cancellationToken) => OnceAsync($"{Path}/unpause", "The container cannot be thawed", cancellationToken);

    /// <inheritdoc/>
    public Task<int> ExecAsync(ExecRequest request, ExecStreams streams, CancellationToken cancellationToken)
    {
        if (Ended.IsCompleted)
            throw new ExecutorException("The task has ended: nothing can be run in it.");
        return DockerExec.RunAsync(_engine, _container, _record, _spec, request, streams, Ended, _time, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        await _watch;
    }

    private static long Number(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.TryGetInt64(out var number) ? number : 0;

    private async Task WatchAsync(CancellationToken disposed)
    {
        try
        {
            while (!await TryWaitAsync(disposed))
                await Task.Delay(AgainAfter, _time, disposed); // The engine is restarted; with it, or after it, the container may have ended.
        }
        catch (OperationCanceledException)
        {
            // Let go of, and left running.
        }
    }

    // True when the end is known.
    private async Task<bool> TryWaitAsync(CancellationToken disposed)
    {
        try
        {
            using (var response = await _engine.OpenAsync(HttpMethod.Post, $"{Path}/wait", null, disposed))
                await response.Content.ReadAsByteArrayAsync(disposed);
            var answer = await _engine.AskAsync(HttpMethod.Get, $"{Path}/json", null, disposed);
            var state = ContainerState.Of(answer!.Value);
            if (state.Status is "running" or "paused" or "restarting")
                return false; // The wait was cut off.
            var end = new ExecutionEnd(state.ExitCode, await ReasonAsync(state, disposed), state.IsOutOfMemory);
            Note(end);
            _ended.SetResult(end);
            return true;
        }
        catch (DockerException e) when (e.Status == HttpStatusCode.NotFound)
        {
            var end = _record.End ?? new ExecutionEnd(null, "Its container was removed from outside; its exit code is not known.");
            Note(end);
            _ended.SetResult(end);
            return true;
        }
        catch (Exception e) when (e is DockerException or HttpRequestException or IOException)
        {
            return false;
        }
    }

    private void Note(ExecutionEnd end)
    {
        try
        {
            _record.Finish(end);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk is full. Who asks again asks the engine again.
        }
    }

    private async Task<string?> ReasonAsync(ContainerState state, CancellationToken cancellationToken)
    {
        if (state.IsOutOfMemory)
        {
            return state.ExitCode == 0
                ? "A process of it was ended because the task ran out of memory."
                : "It ran out of memory: it used up the limit of its memory and was ended. Give it more.";
        }

        if (state.Error.Length > 0)
            return state.Error;
        return state.ExitCode is 126 or 127 && _spec.Command.Count > 0 ? await DockerExec.ExplainAsync(_engine, _container, _spec, cancellationToken) : null;
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

    private Task SignalAsync(string signal, CancellationToken cancellationToken) => OnceAsync($"{Path}/kill?signal={signal}", "The container cannot be stopped", cancellationToken);

    private async Task OnceAsync(string path, string failure, CancellationToken cancellationToken)
    {
        try
        {
            await _engine.AskAsync(HttpMethod.Post, path, null, cancellationToken);
        }
        catch (DockerException e) when (IsSoAlready(e, path.EndsWith("/pause", StringComparison.Ordinal)))
        {
            // As wanted.
        }
        catch (DockerException e)
        {
            throw e.For(failure);
        }
    }

    // That it has ended or is not paused is no failure of a stop or a thaw. Docker 20.10 says 500 where later ones say 409.
    private static bool IsSoAlready(DockerException e, bool isPause) => isPause
        ? e.Message.Contains("already paused", StringComparison.Ordinal)
        : e.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.InternalServerError;

    private async Task RemoveAsync()
    {
        try
        {
            await _engine.AskAsync(HttpMethod.Delete, $"{Path}?v=true", null, CancellationToken.None);
        }
        catch (DockerException)
        {
            // Goes when the task is forgotten.
        }
    }
}
