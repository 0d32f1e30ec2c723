namespace Adit.Hub.Tasks.Idle;

/// <summary>Counts what was decided about tasks that nobody uses, for metrics.</summary>
internal sealed class IdleMeter
{
    private long _warned;
    private long _frozen;
    private long _thawed;
    private long _stopped;
    private long _aborted;

    public long Warned => Interlocked.Read(ref _warned);

    public long Frozen => Interlocked.Read(ref _frozen);

    public long Thawed => Interlocked.Read(ref _thawed);

    public long Stopped => Interlocked.Read(ref _stopped);

    /// <summary>Stops and freezes that were not, for somebody came in that moment.</summary>
    public long Aborted => Interlocked.Read(ref _aborted);

    public void CountWarned() => Interlocked.Increment(ref _warned);

    public void CountFrozen() => Interlocked.Increment(ref _frozen);

    public void CountThawed() => Interlocked.Increment(ref _thawed);

    public void CountStopped() => Interlocked.Increment(ref _stopped);

    public void CountAborted() => Interlocked.Increment(ref _aborted);
}
