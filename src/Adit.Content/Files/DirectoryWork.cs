namespace Adit.Content.Files;

/// <summary>The directories of a tree that are to be looked at: the one that was added last comes first, so that few are open at a time.</summary>
internal sealed class DirectoryWork<T>
    where T : class
{
    private readonly Stack<T> _waiting = new();
    private readonly SemaphoreSlim _there = new(0);
    private bool _isOver;

    public void Add(T directory)
    {
        lock (_waiting)
            _waiting.Push(directory);
        _there.Release();
    }

    /// <summary>The next one; null when there will be no more.</summary>
    public async ValueTask<T?> TakeAsync(CancellationToken cancellationToken)
    {
        await _there.WaitAsync(cancellationToken);
        lock (_waiting)
            return _isOver ? null : _waiting.Pop();
    }

    /// <summary>It is over, or given up: everybody who waits gets null.</summary>
    public void Finish()
    {
        lock (_waiting)
            _isOver = true;
        _there.Release(1024);
    }

    /// <summary>What waited when it was given up, and what was given back. All other directories that are open are above these.</summary>
    public T[] Rest()
    {
        lock (_waiting)
            return [.. _waiting];
    }
}
