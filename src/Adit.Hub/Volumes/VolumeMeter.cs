using Adit.Content;
using Adit.Hub.Telemetry;

namespace Adit.Hub.Volumes;

/// <summary>What the stores take that are open now.</summary>
internal delegate IReadOnlyList<StoreStatistics> StoreCensus();

/// <summary>What /metrics says of volumes: what came in and went out, snapshots that were made, and what the stores that are open take.</summary>
internal sealed class VolumeMeter(StoreCensus census)
{
    private long _received;
    private long _sent;
    private long _snapshots;
    private long _diverged;
    private long _pruned;
    private long _merged;
    private long _conflicted;

    /// <summary>So many bytes of frames came from clients.</summary>
    public void Received(long bytes) => Interlocked.Add(ref _received, bytes);

    /// <summary>So many bytes of frames went to clients.</summary>
    public void Sent(long bytes) => Interlocked.Add(ref _sent, bytes);

    /// <summary>A snapshot was made.</summary>
    public void Made(bool isDiverged)
    {
        Interlocked.Increment(ref _snapshots);
        if (isDiverged)
            Interlocked.Increment(ref _diverged);
    }

    /// <summary>So many snapshots went, because the rule of their volume keeps others.</summary>
    public void Pruned(int count) => Interlocked.Add(ref _pruned, count);

    /// <summary>A merge made a snapshot.</summary>
    public void Merged() => Interlocked.Increment(ref _merged);

    /// <summary>A merge found what somebody has to decide.</summary>
    public void Conflicted() => Interlocked.Increment(ref _conflicted);

    public void Write(MetricsWriter writer)
    {
        writer.Counter("adit_content_received_bytes_total", "Bytes of frames that clients sent.").Value(Interlocked.Read(ref _received));
        writer.Counter("adit_content_sent_bytes_total", "Bytes of frames that clients were sent.").Value(Interlocked.Read(ref _sent));
        writer.Counter("adit_snapshots_total", "Snapshots that were made.").Value(Interlocked.Read(ref _snapshots));
        writer.Counter("adit_snapshots_diverged_total", "Snapshots that got a branch of their own, because theirs had gone on.").Value(Interlocked.Read(ref _diverged));
        writer.Counter("adit_snapshots_pruned_total", "Snapshots that rules of retention let go.").Value(Interlocked.Read(ref _pruned));
        writer.Counter("adit_merges_total", "Merges that made a snapshot.").Value(Interlocked.Read(ref _merged));
        writer.Counter("adit_merges_conflicting_total", "Merges, and looks at what they would do, that found something to decide.").Value(Interlocked.Read(ref _conflicted));
        var open = census();
        writer.Gauge("adit_content_stored_bytes", "Bytes of packs on the disk, of projects whose content was used since the start.").Value(open.Sum(static s => s.StoredBytes));
        writer.Gauge("adit_content_damaged_chunks", "Chunks that a check found damaged and that nobody has sent again.").Value(open.Sum(static s => s.DamagedChunks));
    }
}
