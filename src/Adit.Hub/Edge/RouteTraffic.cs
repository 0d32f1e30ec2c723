using Adit.Link;

namespace Adit.Hub.Edge;

/// <summary>Counts what a pump moves for a route and holds it to the route's bandwidth.</summary>
internal sealed class RouteTraffic(RouteMeter meter, BandwidthLimit? limit, CancellationToken cancellationToken) : PumpObserver
{
    /// <inheritdoc />
    public override ValueTask InwardAsync(int bytes)
    {
        meter.AddBytesIn(bytes);
        return limit?.SpendAsync(bytes, cancellationToken) ?? default;
    }

    /// <inheritdoc />
    public override ValueTask OutwardAsync(int bytes)
    {
        meter.AddBytesOut(bytes);
        return limit?.SpendAsync(bytes, cancellationToken) ?? default;
    }
}
