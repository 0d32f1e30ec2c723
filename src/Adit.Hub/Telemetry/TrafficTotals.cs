using Adit.Hub.Edge;

namespace Adit.Hub.Telemetry;

/// <summary>The counters of a meter at one time; and the sum of what several grew by.</summary>
internal sealed class TrafficTotals
{
    private static readonly int Buckets = AnswerTimes.BoundMilliseconds.Length + 1;

    public long Streams { get; private set; }

    public long BytesIn { get; private set; }

    public long BytesOut { get; private set; }

    public long[] Classes { get; } = new long[6];

    public long[] Times { get; } = new long[Buckets];

    public TimeSpan TimeSum { get; private set; }

    /// <summary>Reads a meter.</summary>
    public static TrafficTotals Of(RouteMeter meter)
    {
        var totals = new TrafficTotals { Streams = meter.Streams, BytesIn = meter.BytesIn, BytesOut = meter.BytesOut };
        if (meter.Answers is not { } answers)
            return totals;
        for (var i = 0; i < totals.Classes.Length; i++)
            totals.Classes[i] = answers.OfClass(i);
        for (var i = 0; i < Buckets; i++)
            totals.Times[i] = answers.InBucket(i);
        totals.TimeSum = answers.Sum;
        return totals;
    }

    /// <summary>Adds what a meter grew by between two readings.</summary>
    public void AddGrowth(TrafficTotals before, TrafficTotals now)
    {
        Streams += now.Streams - before.Streams;
        BytesIn += now.BytesIn - before.BytesIn;
        BytesOut += now.BytesOut - before.BytesOut;
        TimeSum += now.TimeSum - before.TimeSum;
        for (var i = 0; i < Classes.Length; i++)
            Classes[i] += now.Classes[i] - before.Classes[i];
        for (var i = 0; i < Buckets; i++)
            Times[i] += now.Times[i] - before.Times[i];
    }
}
