namespace Adit.Link;

/// <summary>
/// The idle data connections on which one side of a link opens streams, and who waits for one: first come, first served. Who gives up
/// leaves the queue at once, so that its length is what to dial for.
/// </summary>
/// <param name="guard">Its owner's lock, held by whoever calls, but for the waits. What to dial for depends on more than this.</param>
internal sealed class IdleConnections(Lock guard)
{
    private readonly List<DataConnection> _idle = [];
    private readonly LinkedList<TaskCompletionSource<DataConnection>> _waiting = [];

    /// <summary>Connections that are idle.</summary>
    public int Count => _idle.Count;

    /// <summary>Callers that wait for one.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>The one that was used last; null when there is none.</summary>
    public DataConnection? Take()
    {
        if (_idle.Count == 0)
            return null;
        var connection = _idle[^1];
        _idle.RemoveAt(_idle.Count - 1);
        return connection;
    }

    /// <summary>Gives a connection to whoever waits longest. False when nobody waits.</summary>
    public bool TryHandOver(DataConnection connection)
    {
        if (_waiting.First is not { } first)
            return false;
        _waiting.RemoveFirst();
        return first.Value.TrySetResult(connection); // It goes on elsewhere, not under this lock.
    }

    /// <summary>Keeps a connection until it is taken.</summary>
    public void Add(DataConnection connection) => _idle.Add(connection);

    /// <summary>Forgets a connection, if it is here.</summary>
    public void Remove(DataConnection connection) => _idle.Remove(connection);

    /// <summary>Takes out those that were not used for longest.</summary>
    public IReadOnlyList<DataConnection> TakeOldest(int count)
    {
        var oldest = _idle.GetRange(0, count);
        _idle.RemoveRange(0, count);
        return oldest;
    }

    /// <summary>All of them, as they are now.</summary>
    public IReadOnlyList<DataConnection> Snapshot() => [.. _idle];

    /// <summary>Tells whoever waits longest that nothing will come.</summary>
    public void FailFirst(LinkStreamException failure)
    {
        if (_waiting.First is not { } first)
            return;
        _waiting.RemoveFirst();
        first.Value.TrySetException(failure);
    }

    /// <summary>Tells all who wait that nothing will come.</summary>
    public void FailAll(LinkStreamException failure)
    {
        while (_waiting.Count > 0)
            FailFirst(failure);
    }

    /// <summary>A place at the end of the queue. Whoever takes one waits for it, or leaves.</summary>
    public LinkedListNode<TaskCompletionSource<DataConnection>> Queue() =>
        _waiting.AddLast(new TaskCompletionSource<DataConnection>(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Waits for a connection. Called without the lock.</summary>
    /// <exception cref="TimeoutException">None came in time.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up before one came.</exception>
    /// <exception cref="LinkStreamException">None will come.</exception>
    public async ValueTask<DataConnection> WaitAsync(
        LinkedListNode<TaskCompletionSource<DataConnection>> place, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await place.Value.Task.WaitAsync(timeout, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (Leave(place) is { } came)
                return came;
            throw;
        }
    }

    /// <summary>Gives a place up; the connection, if it came at the very moment. Called without the lock.</summary>
    public DataConnection? Leave(LinkedListNode<TaskCompletionSource<DataConnection>> place)
    {
        lock (guard)
        {
            if (place.List is not null)
                _waiting.Remove(place);
        }

        var task = place.Value.Task;
        _ = task.Exception; // Seen, if that is how it ended.
        return task.IsCompletedSuccessfully ? task.Result : null;
    }
}
