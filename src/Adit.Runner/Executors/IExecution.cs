using System.Net;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>
/// One attempt of one task that was started. Disposing lets go of it and leaves it running (<see cref="IExecutor.AdoptAsync"/> takes it up again);
/// <see cref="StopAsync"/> ends it. Safe for concurrent use.
/// </summary>
internal interface IExecution : IAsyncDisposable
{
    /// <summary>
    /// Completes when its command has ended and nothing that it started runs any more. Never fails, and never completes because of disposal.
    /// </summary>
    Task<ExecutionEnd> Ended { get; }

    /// <summary>Where each port of the task can be dialled on this machine, by the port's name: loopback addresses. May be empty once it has ended.</summary>
    IReadOnlyDictionary<string, IPEndPoint> Ports { get; }

    /// <summary>Whether something else accepts connections to its ports, also before the program listens, and closes them when it does not.</summary>
    bool ArePortsProxied { get; }

    /// <summary>
    /// Reads what the task writes into the spool, until it has ended and all is read. Goes on where an earlier call, of this or of an earlier
    /// process, stopped: nothing is lost or doubled. One call at a time.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="IOException">The spool cannot be written: the disk is full. Call again later; nothing is lost until then.</exception>
    /// <exception cref="ExecutorException">The engine does not answer. Call again later.</exception>
    Task ReadOutputAsync(TaskSpool spool, CancellationToken cancellationToken);

    /// <summary>What it uses: CPU averaged since the call before (or its start), memory now. Null when it cannot be known, or it has ended.</summary>
    Task<TaskUsage?> UsageAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Ends it: asks all of it to end (SIGTERM), and after <paramref name="grace"/> ends whatever of it still runs (SIGKILL). Returns when it has
    /// <see cref="Ended"/>. A second call with less grace hastens the first. A frozen task is thawed for it. Does nothing when it has ended.
    /// </summary>
    /// <exception cref="ExecutorException">The engine does not answer. It may still run; call again.</exception>
    Task StopAsync(TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>Halts all of it: it keeps its memory and uses no CPU.</summary>
    /// <exception cref="ExecutorException">It cannot be frozen here.</exception>
    Task FreezeAsync(CancellationToken cancellationToken);

    /// <summary>Lets it go on. Does nothing when it is not frozen.</summary>
    /// <exception cref="ExecutorException">The engine does not answer.</exception>
    Task ThawAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Runs one more command in the task's surroundings (its user, limits, environment, working directory) and returns its exit code. It ends
    /// with the task, with the cancellation, and with this process.
    /// </summary>
    /// <param name="request">The command.</param>
    /// <param name="streams">What it reads and writes.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <exception cref="ExecutorException">It could not be started; the message is the reason for people.</exception>
    Task<int> ExecAsync(ExecRequest request, ExecStreams streams, CancellationToken cancellationToken);
}
