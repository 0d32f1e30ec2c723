using System.Net;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>An attempt that has ended and of which nothing is left but how.</summary>
internal sealed class EndedExecution(ExecutionEnd end) : IExecution
{
    /// <inheritdoc/>
    public Task<ExecutionEnd> Ended { get; } = Task.FromResult(end);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IPEndPoint> Ports { get; } = new Dictionary<string, IPEndPoint>();

    /// <inheritdoc/>
    public bool ArePortsProxied => false;

    /// <inheritdoc/>
    public Task ReadOutputAsync(TaskSpool spool, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<TaskUsage?> UsageAsync(CancellationToken cancellationToken) => Task.FromResult<TaskUsage?>(null);

    /// <inheritdoc/>
    public Task StopAsync(TimeSpan grace, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task FreezeAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task ThawAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<int> ExecAsync(ExecRequest request, ExecStreams streams, CancellationToken cancellationToken) =>
        throw new ExecutorException("The task has ended: nothing can be run in it.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
