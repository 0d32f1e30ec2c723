using System.Collections.Frozen;
using Adit.Api;

namespace Adit.Hub.Tasks;

/// <summary>What may follow what in a task's life: the one table (docs/reference/tasks.md, which a test compares with it).</summary>
internal static class TaskLife
{
    private static readonly FrozenDictionary<TaskState, FrozenSet<TaskState>> Next = new Dictionary<TaskState, FrozenSet<TaskState>>
    {
        [TaskState.Queued] = Of(TaskState.Scheduled, TaskState.Stopped),
        [TaskState.Scheduled] = Of(TaskState.Preparing, TaskState.Starting, TaskState.Ready, TaskState.Stopping, TaskState.Stopped, TaskState.Failed, TaskState.Lost),
        [TaskState.Preparing] = Of(TaskState.Starting, TaskState.Ready, TaskState.Stopping, TaskState.Stopped, TaskState.Failed, TaskState.Lost),
        [TaskState.Starting] = Of(TaskState.Ready, TaskState.Stopping, TaskState.Stopped, TaskState.Failed, TaskState.Lost),
        [TaskState.Ready] = Of(TaskState.Stopping, TaskState.Stopped, TaskState.Failed, TaskState.Lost),
        [TaskState.Stopping] = Of(TaskState.Stopped, TaskState.Failed, TaskState.Lost),
        [TaskState.Lost] = Of(
            TaskState.Queued, TaskState.Scheduled, TaskState.Preparing, TaskState.Starting, TaskState.Ready, TaskState.Stopping, TaskState.Stopped, TaskState.Failed),
        [TaskState.Stopped] = Of(TaskState.Queued),
        [TaskState.Failed] = Of(TaskState.Queued),
    }.ToFrozenDictionary();

    /// <summary>Whether a task may go from one state to the other.</summary>
    public static bool May(TaskState from, TaskState to) => Next[from].Contains(to);

    /// <summary>What may follow a state.</summary>
    public static IReadOnlySet<TaskState> After(TaskState state) => Next[state];

    /// <summary>Whether a task of this state is over: only a new attempt makes it go on.</summary>
    public static bool IsEnd(TaskState state) => state is TaskState.Stopped or TaskState.Failed;

    /// <summary>Whether a runner may have it: it uses room there.</summary>
    public static bool IsPlaced(TaskState state) => state is not (TaskState.Queued or TaskState.Stopped or TaskState.Failed);

    private static FrozenSet<TaskState> Of(params TaskState[] states) => states.ToFrozenSet();
}
