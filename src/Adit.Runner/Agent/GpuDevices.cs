using Adit.Api;

namespace Adit.Runner.Agent;

/// <summary>
/// Which task has which of this machine's GPUs: the one place that gives them out. A task keeps its devices in what is remembered of it
/// (<see cref="TaskSpec.GpuDevices"/>), so that a later process of the runner knows them too, until its attempt has ended.
/// </summary>
internal sealed class GpuDevices
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IReadOnlyList<string>> _taken = new(StringComparer.Ordinal);
    private IReadOnlyList<string> _all = [];
    private bool _isAny;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many the machine has.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _all.Count;
        }
    }

    /// <summary>Completes when there may be more free ones than at the time of the call.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
                return _changed.Task;
        }
    }

    /// <summary>The machine has these, as it said last.</summary>
    public void Know(IReadOnlyList<Gpu> gpus)
    {
        lock (_lock)
        {
            _all = [.. gpus.Select(static g => g.Index.ToString(System.Globalization.CultureInfo.InvariantCulture))];
            _isAny |= _all.Count > 0;
            Change();
        }
    }

    /// <summary>A task has these from before.</summary>
    public void Keep(string task, IReadOnlyList<string> devices)
    {
        lock (_lock)
        {
            _taken[task] = devices;
            _isAny |= devices.Count > 0;
        }
    }

    /// <summary>Gives a task devices that no other one has; what it has already stays its own.</summary>
    /// <param name="task">Its id.</param>
    /// <param name="count">How many it asks for.</param>
    /// <returns>Their numbers on the machine; none for a task that asks for none. Null where no GPU of the machine was ever known and none is asked for: nothing needs to be kept off.</returns>
    /// <exception cref="InvalidOperationException">There are not as many; the message is the reason for people.</exception>
    public IReadOnlyList<string>? Take(string task, int count)
    {
        lock (_lock)
        {
            if (_taken.TryGetValue(task, out var mine) && mine.Count == count)
                return mine;
            if (!_isAny && count == 0)
                return null;
            var others = _taken.Where(t => t.Key != task).SelectMany(static t => t.Value).ToHashSet(StringComparer.Ordinal);
            var free = _all.Where(d => !others.Contains(d)).ToList();
            if (free.Count < count)
                throw new InvalidOperationException($"It asks for {count} {(count == 1 ? "GPU" : "GPUs")}, and the runner has {free.Count} of {_all.Count} free.");
            return _taken[task] = [.. free.Take(count)];
        }
    }

    /// <summary>A task has ended.</summary>
    public void Free(string task)
    {
        lock (_lock)
        {
            if (_taken.Remove(task))
                Change();
        }
    }

    // Under the lock.
    private void Change()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
