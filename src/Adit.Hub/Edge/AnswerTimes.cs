namespace Adit.Hub.Edge;

/// <summary>
/// How the requests of a route were answered: a count for each class of status, and a histogram of their times. Made with the first
/// request, since most of ten thousand tunnels never see one.
/// </summary>
internal sealed class AnswerTimes
{
    private readonly long[] _classes = new long[6];
    private readonly long[] _buckets = new long[BoundMilliseconds.Length + 1];
    private long _ticks;

    /// <summary>The upper bounds of the buckets in milliseconds, inclusive; one more bucket holds the rest.</summary>
    public static ReadOnlySpan<int> BoundMilliseconds => [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];

    /// <summary>How many there are of each class: index 1 is 1xx (an upgrade) to 5 is 5xx; 0 had no answer.</summary>
    public long OfClass(int index) => Interlocked.Read(ref _classes[index]);

    /// <summary>How many fell into a bucket (not cumulative).</summary>
    public long InBucket(int index) => Interlocked.Read(ref _buckets[index]);

    /// <summary>The sum of all times in the buckets.</summary>
    public TimeSpan Sum => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    /// <summary>Counts one.</summary>
    public void Add(int status, TimeSpan duration)
    {
        Interlocked.Increment(ref _classes[status is >= 100 and < 600 ? status / 100 : 0]);
        if (status == 101)
            return; // How long somebody keeps a WebSocket open says nothing about how fast answers are.
        var milliseconds = duration.TotalMilliseconds;
        var bucket = 0;
        while (bucket < BoundMilliseconds.Length && milliseconds > BoundMilliseconds[bucket])
            bucket++;
        Interlocked.Increment(ref _buckets[bucket]);
        Interlocked.Add(ref _ticks, duration.Ticks);
    }
}
