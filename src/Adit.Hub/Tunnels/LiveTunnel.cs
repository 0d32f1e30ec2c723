using Adit.Hub.Access;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Tunnels;

/// <summary>
/// A tunnel while the hub runs: its record, who serves it, its port and its counters. Changed only by <see cref="TunnelRegistry"/>, under
/// <see cref="Turn"/>.
/// </summary>
internal sealed class LiveTunnel
{
    /// <summary>Held while the tunnel is made, changed or removed, so that these do not mix. Never held across a stream.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>What should be. Null until it is stored, and again when it is removed.</summary>
    public TunnelRecord? Record { get; set; }

    /// <summary>Who made it, for limits.</summary>
    public Caller? Caller { get; set; }

    /// <summary>Who may use it; null until it is stored.</summary>
    public RoutePolicy? Policy { get; set; }

    /// <summary>The clients that serve it.</summary>
    public TunnelUpstream? Upstream { get; set; }

    /// <summary>Its port, if it has one.</summary>
    public TunnelPort? Port { get; set; }

    /// <summary>Its counters; they outlive changes.</summary>
    public RouteMeter Meter { get; } = new();

    /// <summary>Whether it was removed by somebody, for what is open through it.</summary>
    public RouteLife Life { get; } = new();

    /// <summary>Removes it when nobody has come back by then.</summary>
    public ITimer? Grace { get; set; }

    /// <summary>The bounds that hold now.</summary>
    public RouteLimits Limits { get; set; } = RouteLimits.Default;
}
