using Adit.Hub.Telemetry;

namespace Adit.Hub.Tunnels;

/// <summary>All tunnels as metrics see them.</summary>
internal static class TunnelCensus
{
    public static IEnumerable<TunnelSample> Take(TunnelRegistry registry)
    {
        foreach (var tunnel in registry.All)
        {
            if (tunnel.Record is { } record)
                yield return new TunnelSample(record.Name, record.Kind.Word(), tunnel.Upstream?.IsUp == true, tunnel.Meter);
        }
    }
}
