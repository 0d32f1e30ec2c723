namespace Adit.Hub.Edge.Door;

/// <summary>Counts connections that are still being handled, so that the end can wait for them. Thread-safe.</summary>
internal sealed class HandlerCount
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _whenNone;
    private int _count;

    /// <summary>Completes when none is left.</summary>
    public Task WhenNone
    {
        get
        {
            lock (_lock)
            {
                if (_count == 0)
                    return Task.CompletedTask;
                _whenNone ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _whenNone.Task;
            }
        }
    }

    public void Add()
    {
        lock (_lock)
            _count++;
    }

    public void Remove()
    {
        lock (_lock)
        {
            if (--_count == 0)
                _whenNone?.TrySetResult();
        }
    }
}
