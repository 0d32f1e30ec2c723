namespace Adit.Hub.Edge;

/// <summary>
/// A token bucket in bytes, shared by all streams of one owner. Its burst is one second's worth.
/// </summary>
internal sealed class BandwidthLimit(long bytesPerSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _available = bytesPerSecond;
    private long _stamp = time.GetTimestamp();

    /// <summary>The rate.</summary>
    public long BytesPerSecond { get; } = bytesPerSecond;

    /// <summary>
    /// Accounts for <paramref name="bytes"/> that were just moved and waits as long as they exceeded the rate. The bucket may go into
    /// debt, so that any size of piece passes and the long-run rate still holds.
    /// </summary>
    public ValueTask SpendAsync(int bytes, CancellationToken cancellationToken)
    {
        double debt;
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _available = Math.Min(BytesPerSecond, _available + (time.GetElapsedTime(_stamp, now).TotalSeconds * BytesPerSecond));
            _stamp = now;
            _available -= bytes;
            debt = -_available;
        }

        return debt <= 0 ? default : new ValueTask(Task.Delay(TimeSpan.FromSeconds(debt / BytesPerSecond), time, cancellationToken));
    }
}
