using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Doors;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tunnels;

/// <summary>A live tunnel as the API shows it.</summary>
internal sealed class TunnelView(HubOptions options, Authority authority, AccessCap cap)
{
    /// <summary>The tunnel now; null when it was removed meanwhile. The asker's own scheme and port make its address.</summary>
    public Tunnel? Of(LiveTunnel tunnel, HttpContext context)
    {
        if (tunnel.Record is not { } record || tunnel.Upstream is not { } upstream)
            return null;
        var hosts = TunnelCompiler.Hosts(record, options.Domain);
        return new Tunnel
        {
            Name = record.Name,
            Kind = record.Kind,
            State = upstream.IsUp ? TunnelState.Up : TunnelState.Down,
            Url = Url(record, hosts, context),
            PathUrl = PathUrl(record, context),
            May = Rights(context.Caller(), record),
            Access = record.Access,
            Rules = record.Rules,
            Owner = record.Owner,
            Account = record.Account,
            Project = record.Project,
            Keep = record.Keep,
            Task = record.Task,
            Hosts = hosts,
            Port = record.Port,
            Created = record.Created,
            Servers = Servers(record, upstream),
            Options = TunnelCompiler.Masked(record.Options),
            Traffic = new TunnelTraffic
            {
                Requests = tunnel.Meter.Requests,
                Streams = tunnel.Meter.Streams,
                OpenStreams = tunnel.Meter.OpenStreams,
                BytesIn = tunnel.Meter.BytesIn,
                BytesOut = tunnel.Meter.BytesOut,
            },
        };
    }

    /// <summary>Where visitors of a tunnel go; null for a private tcp tunnel.</summary>
    public string? Url(TunnelRecord record, IReadOnlyList<string> hosts, HttpContext context)
    {
        return record.Kind switch
        {
            TunnelKind.Http => PublicAddress.OfRoute(hosts[0], context, options) + "/",
            TunnelKind.Tls => $"tls://{hosts[0]}:{PublicAddress.Outside(context, options).Port}",
            _ => record.Port is { } tcp ? $"tcp://{(!record.IsPublic ? "127.0.0.1" : options.Domain)}:{tcp}" : null,
        };
    }

    // Where its owner, and nobody else, finds it too.
    private string? PathUrl(TunnelRecord record, HttpContext context)
    {
        if (record.Kind != TunnelKind.Http || options.PathHost is not { } host)
            return null;
        return $"{PublicAddress.OfRoute(host, context, options)}/w/{record.Account}/{record.Name}/";
    }

    private string[] Rights(Caller caller, TunnelRecord record)
    {
        if (!authority.May(caller, Permission.TunnelsWrite, record.Belonging))
            return [];
        return record.Kind == TunnelKind.Http && cap.AllowsEmbed(caller.Account) ? ["change", "embed"] : ["change"];
    }

    private static List<TunnelServer> Servers(TunnelRecord record, TunnelUpstream upstream)
    {
        var servers = upstream.Servers
            .Select(s => new TunnelServer
            {
                Client = s.Link.Client.Name,
                Link = s.Link.Id,
                Target = s.TargetText,
                Remote = s.Link.Remote?.ToString(),
                Since = s.Since,
            })
            .ToList();
        if (record.Client is { } client && servers.All(s => s.Client != client))
            servers.Add(new TunnelServer { Client = client, Target = record.Target! });
        return servers;
    }
}
