using Adit.Api;

namespace Adit.Terminal;

/// <summary>Requests and bytes over the last ten seconds, and the median time of the last hundred requests. Not thread-safe.</summary>
internal sealed class TrafficRate(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private const int Remembered = 100;

    private readonly Queue<(long At, long Bytes)> _recent = new();
    private readonly Queue<double> _times = new();
    private long _bytes;

    /// <summary>All requests so far.</summary>
    public long Requests { get; private set; }

    /// <summary>All bytes to visitors so far.</summary>
    public long BytesOut { get; private set; }

    /// <summary>Requests that the target or the hub failed.</summary>
    public long Failures { get; private set; }

    /// <summary>Requests per second.</summary>
    public double PerSecond => Trimmed()._recent.Count / Window.TotalSeconds;

    /// <summary>Bytes to visitors per second.</summary>
    public double BytesPerSecond => Trimmed()._bytes / Window.TotalSeconds;

    /// <summary>The median time in milliseconds; null before the first request.</summary>
    public double? Median => _times.Count == 0 ? null : _times.Order().ElementAt(_times.Count / 2);

    /// <summary>Counts a request.</summary>
    public void Add(RequestSummary request)
    {
        Requests++;
        BytesOut += request.BytesOut;
        if (request.Status is 0 or >= 500)
            Failures++;
        _recent.Enqueue((time.GetTimestamp(), request.BytesOut));
        _bytes += request.BytesOut;
        _times.Enqueue(request.Milliseconds);
        if (_times.Count > Remembered)
            _times.Dequeue();
        Trimmed();
    }

    private TrafficRate Trimmed()
    {
        while (_recent.TryPeek(out var first) && time.GetElapsedTime(first.At) > Window)
            _bytes -= _recent.Dequeue().Bytes;
        return this;
    }
}
