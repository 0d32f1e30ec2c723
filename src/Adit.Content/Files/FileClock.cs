namespace Adit.Content.Files;

/// <summary>Tells which files could change once more without a trace, because the time of their last change is as good as now by the clock of their file system.</summary>
/// <param name="time">The clock, read once: before any file is looked at.</param>
/// <param name="isFine">See <see cref="IOpenDirectory.HasFineTimes"/>.</param>
internal sealed class FileClock(TimeProvider time, bool isFine)
{
    // The kernel's clock for files stands still for up to 10 ms; FAT has steps of 2 s.
    private const long FineStep = 20_000_000;
    private const long CoarseStep = 2_000_000_000;
    private const long Second = 1_000_000_000;

    private readonly long _now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>Whether a file can change after it was looked at and have the same time.</summary>
    public bool IsYoung(long changed) => changed >= _now - (IsFine(changed) ? FineStep : CoarseStep);

    /// <summary>Whether a time is one of a fine clock. An ext4 with small inodes keeps whole seconds.</summary>
    public bool IsFine(long changed) => isFine && changed % Second != 0;
}
