namespace Adit.Hub.Tasks.Idle;

/// <summary>
/// The clock by which use is measured: the hub's. Tests let hours of nobody's use pass on it in a moment, while links and deadlines go on
/// by theirs.
/// </summary>
internal sealed class IdleClock(TimeProvider time) : TimeProvider
{
    private TimeSpan _skipped;

    /// <inheritdoc />
    public override long TimestampFrequency => time.TimestampFrequency;

    /// <inheritdoc />
    public override TimeZoneInfo LocalTimeZone => time.LocalTimeZone;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + _skipped;

    /// <inheritdoc />
    public override long GetTimestamp() => time.GetTimestamp() + (long)((Int128)_skipped.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);

    /// <summary>So much time has passed at once.</summary>
    public void Skip(TimeSpan passed) => _skipped += passed;
}
