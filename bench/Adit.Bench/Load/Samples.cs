using System.Diagnostics;

namespace Adit.Bench.Load;

/// <summary>Latencies of one phase, each kept, so that percentiles are exact. Not thread-safe.</summary>
internal sealed class Samples
{
    private const int Limit = 4_000_000;

    private readonly List<long> _ticks = new(64 * 1024);
    private bool _sorted;

    /// <summary>How many were taken.</summary>
    public int Count => _ticks.Count;

    /// <summary>Adds the time from a <see cref="Stopwatch"/> timestamp until now.</summary>
    public void AddSince(long started)
    {
        _sorted = false;
        if (_ticks.Count < Limit)
            _ticks.Add(Stopwatch.GetTimestamp() - started);
    }

    /// <summary>Adds all samples of another phase.</summary>
    public void Add(Samples other)
    {
        _sorted = false;
        _ticks.AddRange(other._ticks);
    }

    /// <summary>The value that the given share (0 to 1) of the samples does not exceed, in microseconds.</summary>
    public double Percentile(double share)
    {
        if (_ticks.Count == 0)
            throw new InvalidOperationException("no samples");

        if (!_sorted)
            _ticks.Sort();

        _sorted = true;
        return Microseconds(_ticks[(int)Math.Min(_ticks.Count - 1, share * _ticks.Count)]);
    }

    /// <summary>The share of samples between two values in microseconds.</summary>
    public double ShareBetween(double from, double to) =>
        (double)_ticks.Count(t => Microseconds(t) is var us && us >= from && us < to) / _ticks.Count;

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;
}
