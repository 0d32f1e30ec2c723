using Adit.Api;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Runners;

/// <summary>What runners have to do, and whom they tell what they did: the task slice. None of it blocks.</summary>
internal interface IRunnerWork
{
    /// <summary>All that a runner should have, for the beginning of a session.</summary>
    Task<DesiredTasks> DesiredOfAsync(LiveRunner runner, RunnerSession session);

    /// <summary>What a runner sees.</summary>
    /// <param name="runner">Which.</param>
    /// <param name="tasks">What it saw.</param>
    /// <param name="isAll">Whether this is all that it has: what should be there and is not, is not.</param>
    /// <returns>Completes when the ends that are among them are on disk.</returns>
    Task ObserveAsync(LiveRunner runner, IReadOnlyList<ObservedTask> tasks, bool isAll);

    /// <summary>Lines of a task's log.</summary>
    /// <returns>One more than the last line that the hub has on disk now; null when the task is none of this runner's.</returns>
    Task<long?> AppendAsync(LiveRunner runner, string task, IReadOnlyList<LogLine> lines);

    /// <summary>What a runner is changed: it came, went, was cordoned or got labels. Its tasks may have to go, and others may fit now.</summary>
    void RunnerChanged(string runner);

    /// <summary>A runner was not heard for so long that nobody knows what it does.</summary>
    void RunnerLost(string runner);

    /// <summary>What the tasks of each runner have reserved; those without tasks are left out.</summary>
    IReadOnlyDictionary<string, RunnerLoad> Loads();

    /// <summary>The tasks of runners that have not ended, for people: <c>OWNER/NAME on RUNNER</c>, in order.</summary>
    IReadOnlyList<string> TasksOf(IReadOnlyCollection<string> runners);

    /// <summary>Gives a runner another name: it and all its tasks, at one moment in memory and in one transaction on disk.</summary>
    /// <param name="before">Its name.</param>
    /// <param name="now">The new one.</param>
    /// <param name="swap">Changes the runner in memory; called where no task changes.</param>
    /// <param name="undo">Takes that back, likewise.</param>
    /// <param name="write">Writes the runner, on the database's writing thread.</param>
    /// <exception cref="Storage.StorageException">It could not be stored; nothing was changed.</exception>
    Task RenameAsync(string before, string now, Action swap, Action undo, Action<SqliteConnection> write);
}

/// <summary>What tasks have of a runner.</summary>
/// <param name="Reserved">What is reserved.</param>
/// <param name="Count">How many they are.</param>
internal sealed record RunnerLoad(TaskResources Reserved, int Count)
{
    public static readonly RunnerLoad None = new(new TaskResources { Cpu = 0, MemoryBytes = 0, Gpus = 0 }, 0);
}

/// <summary>Machines that tasks can run on: what the task slice asks of this one.</summary>
internal interface IRunners
{
    /// <summary>All that are registered, up or not, in no order.</summary>
    IReadOnlyCollection<LiveRunner> All { get; }

    /// <summary>The runner of this name; null when there is none.</summary>
    LiveRunner? Find(string name);
}
