namespace Adit.Hub.Access.Audit;

/// <summary>Counts entries that were not kept, because too many came at once or the disk would not take them.</summary>
internal sealed class AuditMeter
{
    private long _lost;

    /// <summary>How many since the start.</summary>
    public long LostTotal => Interlocked.Read(ref _lost);

    /// <summary>One more.</summary>
    public void Lost() => Interlocked.Increment(ref _lost);
}
