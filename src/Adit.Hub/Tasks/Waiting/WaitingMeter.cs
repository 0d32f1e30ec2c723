namespace Adit.Hub.Tasks.Waiting;

/// <summary>Counts who waited for tasks, for metrics.</summary>
internal sealed class WaitingMeter
{
    private long _ready;
    private long _late;
    private long _left;
    private long _refused;
    private long _pages;
    private int _waiting;

    /// <summary>Requests that are held now, and pages that watch.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Held requests that went on.</summary>
    public long Ready => Interlocked.Read(ref _ready);

    /// <summary>Held requests whose task was not ready in time, or will not be.</summary>
    public long Late => Interlocked.Read(ref _late);

    /// <summary>Held requests whose visitor did not wait so long.</summary>
    public long Left => Interlocked.Read(ref _left);

    /// <summary>Requests that were not held, for too many were.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Pages shown.</summary>
    public long Pages => Interlocked.Read(ref _pages);

    /// <summary>One more waits, if one more may.</summary>
    public bool TryEnter(int most)
    {
        if (Interlocked.Increment(ref _waiting) <= most)
            return true;
        Interlocked.Decrement(ref _waiting);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _waiting);

    public void CountReady() => Interlocked.Increment(ref _ready);

    public void CountLate() => Interlocked.Increment(ref _late);

    public void CountLeft() => Interlocked.Increment(ref _left);

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountPage() => Interlocked.Increment(ref _pages);
}
