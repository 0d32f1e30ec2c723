using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge;

namespace Adit.Hub.Inspector;

/// <summary>
/// Looks at the requests of one tunnel. When many pass it looks at the first of each second only: more could be seen by nobody, and looking
/// is not free.
/// </summary>
internal sealed class TunnelInspector(
    string tunnel, Owned belonging, HubOptions options, RequestArchive archive, EventHub events, TimeProvider time) : IExchangeObserver
{
    private const int LeastPerSecond = 100;

    private long _second = -1;
    private int _left;

    /// <summary>Whose the tunnel is.</summary>
    public Owned Belonging { get; } = belonging;

    /// <inheritdoc/>
    public bool IsLooking()
    {
        // Two threads at the turn of a second may both refill it. That lets a few more be seen, which harms nobody.
        var second = time.GetTimestamp() / time.TimestampFrequency;
        if (Interlocked.Exchange(ref _second, second) != second)
            Volatile.Write(ref _left, Math.Max(LeastPerSecond, options.InspectRequests));
        return Interlocked.Decrement(ref _left) >= 0;
    }

    /// <inheritdoc/>
    public IBodyObserver Started(Exchange exchange)
    {
        var recording = new Recording(exchange, options.InspectBodyBytes, archive);
        exchange.Observed = recording;
        return recording;
    }

    /// <inheritdoc/>
    public void Completed(Exchange exchange)
    {
        if (exchange.Observed is Recording recording)
            Keep(recording);
    }

    /// <summary>Keeps a complete recording and tells whoever watches.</summary>
    public void Keep(Recording recording)
    {
        archive.Add(tunnel, recording);
        events.Publish(recording, tunnel, Belonging);
    }
}
