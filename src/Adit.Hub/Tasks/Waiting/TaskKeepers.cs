using System.Collections.Concurrent;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Tasks.Idle;
using Adit.Hub.Tunnels;

namespace Adit.Hub.Tasks.Waiting;

/// <summary>What the edge knows of tasks: one keeper each, whichever of its ports somebody comes to.</summary>
internal sealed class TaskKeepers(IdleClock clock) : ITaskKeepers
{
    private readonly ConcurrentDictionary<string, TaskKeeper> _keepers = new(StringComparer.Ordinal);

    /// <summary>Wakes a task that is halted: its id, and why. Set once, before anybody can come.</summary>
    public Func<string, string, CancellationToken, Task<bool>>? Waker { get; set; }

    private IdleClock Clock { get; } = clock;

    /// <summary>Who answers and holds. Set once, before anybody can come.</summary>
    public TaskWaiting? Room { get; set; }

    /// <summary>The keeper of a task.</summary>
    public TaskKeeper Of(string task) => _keepers.GetOrAdd(task, static (id, all) => new TaskKeeper(id, all, new RouteUse(all.Clock)), this);

    /// <summary>The same when there is one already.</summary>
    public TaskKeeper? Find(string task) => _keepers.GetValueOrDefault(task);

    /// <summary>The task is gone; so is its keeper.</summary>
    public void Forget(string task) => _keepers.TryRemove(task, out _);

    IRouteKeeper ITaskKeepers.Of(string task) => Of(task);
}

/// <summary>Stands in for one task while it is not ready.</summary>
internal sealed class TaskKeeper(string id, TaskKeepers all, RouteUse use) : IRouteKeeper
{
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;
    private long _arrivals;
    private int _starting;

    /// <summary>The task.</summary>
    public string Id { get; } = id;

    /// <inheritdoc />
    public RouteUse Use { get; } = use;

    /// <inheritdoc />
    public bool Sleeps => Use.IsAsleep;

    /// <summary>How many somebodies came while it was not there.</summary>
    public long Arrivals => Interlocked.Read(ref _arrivals);

    /// <summary>Completes at the next change: take it, look, then wait for it.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <inheritdoc />
    public bool Owns(string target) => target.StartsWith(TaskWaiting.OwnPaths, StringComparison.Ordinal);

    /// <inheritdoc />
    public Task<bool> StandInAsync(Visit visit, Route route) =>
        all.Room is { } room ? room.StandInAsync(this, visit, route) : throw new ForwardException(ForwardError.Offline);

    /// <summary>Something is otherwise: whoever waits looks again. Never blocks.</summary>
    public void Wake() => Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Somebody whom the gate knows came, and it was not there.</summary>
    public void Arrive() => Interlocked.Increment(ref _arrivals);

    /// <summary>One more waits, if one more may. Pair with <see cref="Leave"/>.</summary>
    public bool TryEnter(int most)
    {
        if (Interlocked.Increment(ref _waiting) <= most)
            return true;
        Interlocked.Decrement(ref _waiting);
        return false;
    }

    /// <summary>One does not wait any more.</summary>
    public void Leave() => Interlocked.Decrement(ref _waiting);

    /// <summary>Whether nobody else is about to start the task again from its page. Pair with <see cref="EndStarting"/>.</summary>
    public bool TryBeginStarting() => Interlocked.Exchange(ref _starting, 1) == 0;

    /// <summary>Whoever was has done so.</summary>
    public void EndStarting() => Volatile.Write(ref _starting, 0);
}
