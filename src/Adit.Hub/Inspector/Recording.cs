using Adit.Hub.Edge;

namespace Adit.Hub.Inspector;

/// <summary>A request as the inspector keeps it: first while it passes, then for looking at.</summary>
internal sealed class Recording(Exchange exchange, int bodyLimit, RequestArchive archive, string? replayOf = null) : IBodyObserver
{
    // What an object, its lists and their entries take besides text.
    private const int FixedCost = 1024;
    private const int CostPerHeader = 64;

    public Exchange Exchange { get; } = exchange;

    public CapturedBody Request { get; } = new(bodyLimit, archive);

    public CapturedBody Response { get; } = new(bodyLimit, archive);

    /// <summary>The id of the request that this one repeats.</summary>
    public string? ReplayOf { get; } = replayOf;

    /// <summary>Bytes that it costs, bodies aside; they were paid for as they came.</summary>
    public long HeadCost { get; private set; }

    public void RequestBody(ReadOnlySpan<byte> bytes) => Request.Add(bytes);

    public void ResponseBody(ReadOnlySpan<byte> bytes) => Response.Add(bytes);

    /// <summary>It is complete: nothing is added any more.</summary>
    public void Close() =>
        HeadCost = FixedCost + (2L * Exchange.Target.Length) + Cost(Exchange.RequestHeaders) + Cost(Exchange.ResponseHeaders);

    private static long Cost(IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        long cost = 0;
        foreach (var (_, value) in headers)
            cost += CostPerHeader + (2L * value.Length); // Names are shared.
        return cost;
    }
}
