using Adit.Hub.Edge;

namespace Adit.Hub.Telemetry;

/// <summary>A tunnel as metrics see it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind"><c>http</c>, <c>tcp</c> or <c>tls</c>.</param>
/// <param name="IsUp">Whether a client serves it now.</param>
/// <param name="Meter">Its counters.</param>
internal readonly record struct TunnelSample(string Name, string Kind, bool IsUp, RouteMeter Meter);

/// <summary>Tells all tunnels there are; whoever owns them registers it.</summary>
internal delegate IEnumerable<TunnelSample> TunnelSamples();
