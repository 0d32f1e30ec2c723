namespace Adit.Hub.Inspector;

/// <summary>How much memory the inspector may hold over all tunnels, bodies that are still passing included.</summary>
internal sealed class InspectorMemory(long limit)
{
    private long _used;

    /// <summary>Bytes in use.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>Whether more is held than may be.</summary>
    public bool IsOver => Used > limit;

    /// <summary>Takes some, whether or not it is there: for what is small and already made.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _used, bytes);

    /// <summary>Takes some if it is there.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= limit)
            return true;
        Release(bytes);
        return false;
    }

    /// <summary>Gives some back.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _used, -bytes);
}
