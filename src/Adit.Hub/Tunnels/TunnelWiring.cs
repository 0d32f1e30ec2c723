using Adit.Api;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tunnels;

/// <summary>
/// Brings what a tunnel has at the hub in line with its record: its upstream, its route and host names, its port. Used by
/// <see cref="TunnelRegistry"/> only, which holds the tunnel's <see cref="LiveTunnel.Turn"/>.
/// </summary>
internal sealed class TunnelWiring(
    HubOptions options, RouteTable routes, TunnelHosts hosts, PortRanges ports, TunnelCompiler compiler, OpenDoors? doors, TimeProvider time,
    ILogger log)
{
    /// <summary>Makes it so, from now on. When it fails the caller withdraws.</summary>
    /// <exception cref="TunnelRefusal">Its port cannot be had.</exception>
    public void Apply(LiveTunnel tunnel, TunnelRecord record, TunnelTarget target)
    {
        tunnel.Limits = TunnelCompiler.Limits(record, tunnel.Caller);
        if (tunnel.Upstream is not { } upstream || upstream.Protocol != target.Protocol || upstream.Authority != target.Authority)
        {
            upstream = new TunnelUpstream(record.Name, target, time);
            foreach (var serving in tunnel.Upstream?.Servers ?? [])
                upstream.Add(serving);
            tunnel.Upstream = upstream;
        }

        upstream.Configure(record.Options);
        var before = tunnel.Policy;
        tunnel.Policy = compiler.Policy(record);
        if (record.Kind == TunnelKind.Tcp)
            record = WithPort(tunnel, record);
        else
            SetRoute(tunnel, record);
        tunnel.Record = record;
        if (before is not null && before.Fingerprint != tunnel.Policy.Fingerprint)
            doors?.Changed(); // Connections to a port, and by 'adit connect', have no route that would say so.
    }

    /// <summary>What it should be could not be applied or stored: it is what it was before, if it was anything.</summary>
    public void Undo(LiveTunnel tunnel, TunnelRecord next, TunnelRecord? before, TunnelPort? portBefore)
    {
        if (tunnel.Port != portBefore)
            tunnel.Port?.Dispose();
        Withdraw(tunnel);
        hosts.Release(next.CustomHosts, next.Name);
        if (before is null)
            return;
        hosts.Claim(before.CustomHosts, before.Name);
        Apply(tunnel, before, TunnelTarget.Parse(before.Target!, before.Kind)!);
    }

    /// <summary>Takes its routes and host names away. A tunnel with a port keeps it until it is disposed.</summary>
    public void Withdraw(LiveTunnel tunnel)
    {
        if (tunnel.Record is not { } record || record.Kind == TunnelKind.Tcp)
            return;
        routes.Remove(TunnelCompiler.Hosts(record, options.Domain));
        hosts.Release(record.CustomHosts, record.Name);
    }

    // The record with the port that the tunnel now listens on.
    private TunnelRecord WithPort(LiveTunnel tunnel, TunnelRecord record)
    {
        if (record.Port == tunnel.Port?.Port && tunnel.Record?.IsPublic == record.IsPublic)
            return record;
        if (record.Port is not { } wanted)
        {
            tunnel.Port?.Dispose();
            tunnel.Port = null;
            return record;
        }

        if (wanted == tunnel.Port?.Port)
        {
            tunnel.Port.Dispose(); // The same port on another address.
            tunnel.Port = null;
        }

        var name = record.Name;
        var isPublic = record.IsPublic;
        var port = ports.Listen(wanted, isPublic, at => TunnelPort.Listen(at, name, tunnel, doors, time, log))
            ?? throw (wanted == 0
                ? new TunnelRefusal(
                    TunnelRefusalCode.PortsExhausted,
                    $"All ports for tunnels ({ports.Text}) are taken; remove a tunnel or give the hub a larger range.")
                : new TunnelRefusal(TunnelRefusalCode.PortTaken, $"Port {wanted} of the hub is taken; choose another or 0 for any."));
        tunnel.Port?.Dispose();
        tunnel.Port = port;
        return record with { Port = port.Port };
    }

    private void SetRoute(LiveTunnel tunnel, TunnelRecord record)
    {
        var before = tunnel.Record is { } old ? TunnelCompiler.Hosts(old, options.Domain) : [];
        var now = TunnelCompiler.Hosts(record, options.Domain);
        routes.Set(now, compiler.Route(record, tunnel));
        var gone = before.Except(now, StringComparer.Ordinal).ToArray();
        hosts.Release(gone, record.Name);
        if (gone.Length > 0)
            routes.Remove(gone);
    }
}
