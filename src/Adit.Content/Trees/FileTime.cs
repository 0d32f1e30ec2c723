namespace Adit.Content.Trees;

/// <summary>A moment as file systems keep it: seconds since 1970 and nanoseconds, 0 to 999,999,999.</summary>
public readonly record struct FileTime(long Seconds, int Nanoseconds)
{
    /// <summary>The same moment, without what is less than 100 ns, and the nearest one that <see cref="DateTimeOffset"/> has.</summary>
    public DateTimeOffset ToDateTimeOffset() =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(Seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds()))
            .AddTicks(Nanoseconds / 100);

    /// <summary>The same moment in UTC.</summary>
    public static FileTime From(DateTimeOffset time)
    {
        var seconds = time.ToUnixTimeSeconds();
        return new FileTime(seconds, (int)(time.UtcTicks - DateTimeOffset.FromUnixTimeSeconds(seconds).UtcTicks) * 100);
    }
}
