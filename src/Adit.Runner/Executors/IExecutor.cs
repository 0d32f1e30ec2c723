using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>
/// Runs tasks in one way: as processes, as containers. What it started outlives this object and this process: a later one takes it up by
/// <see cref="AdoptAsync"/>. All that an executor must remember is in the <see cref="TaskPlace"/> or with the engine, never only in memory.
/// Safe for concurrent use; for one task and attempt the caller does one thing at a time.
/// </summary>
internal interface IExecutor
{
    /// <summary>What <see cref="TaskSpec.Executor"/> calls it: <c>process</c>, <c>docker</c>.</summary>
    string Name { get; }

    /// <summary>Whether it works here. Never throws for what is merely missing; cheap enough to ask every minute.</summary>
    Task<ExecutorCheck> CheckAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes ready what a start needs and may take long: the home directory and its files, the image. May be repeated and cancelled; changes
    /// nothing that another attempt uses.
    /// </summary>
    /// <param name="place">Where the task's files are.</param>
    /// <param name="spec">The task.</param>
    /// <param name="progress">Gets what it is at, for people: <c>pulling 40%</c>. Called from any thread, at most a few times a second.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="ExecutorException">It cannot be; the message is the reason for people.</exception>
    Task PrepareAsync(TaskPlace place, TaskSpec spec, IProgress<string> progress, CancellationToken cancellationToken);

    /// <summary>
    /// Starts the attempt, after <see cref="PrepareAsync"/>. An attempt is started once: when it was started before, by whatever process of
    /// this runner, this throws (ask <see cref="AdoptAsync"/> first). Returns as soon as it runs; its ports may not answer yet.
    /// Not to be cancelled halfway: when the token fires too late the task runs, is returned, and is the caller's to stop.
    /// </summary>
    /// <exception cref="ExecutorException">It cannot be started, or was already; nothing of it runs. The message is the reason for people.</exception>
    Task<IExecution> StartAsync(TaskPlace place, TaskSpec spec, CancellationToken cancellationToken);

    /// <summary>
    /// Takes up an attempt that an earlier process of this runner started: running or ended. Null when this attempt was never started here, and
    /// then it never will be by what is left of that earlier process.
    /// </summary>
    /// <exception cref="ExecutorException">It cannot be known: the engine does not answer. Ask again later; do not start.</exception>
    Task<IExecution?> AdoptAsync(TaskPlace place, TaskSpec spec, CancellationToken cancellationToken);

    /// <summary>
    /// Frees what a task holds outside its place (containers, control groups), the attempts up to one, and ends by force what of them still runs. For
    /// attempts that the hub names no longer, before <see cref="TaskPlace.RemoveAttempts"/>. May be repeated; does nothing for a task of another executor.
    /// </summary>
    /// <param name="place">Where the task's files are.</param>
    /// <param name="upTo">The last attempt that is freed; <see cref="int.MaxValue"/> for all.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="ExecutorException">The engine does not answer. Ask again later, and keep the place until then.</exception>
    Task ForgetAsync(TaskPlace place, int upTo, CancellationToken cancellationToken);
}
