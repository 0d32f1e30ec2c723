using Adit.Hub.Access.Permissions;
using Adit.Link;

namespace Adit.Hub.Tunnels;

/// <summary>What links that come and go mean for tunnels.</summary>
internal sealed partial class TunnelRegistry
{
    // The name of a client is its own choice; what its token may is not.
    private bool MayServe(HubLink link, TunnelRecord record) =>
        _tokens.Find(link.Principal.TokenId) is { } caller && _authority.May(caller, Permission.TunnelsWrite, record.Belonging);

    private void OnConnected(HubLink link)
    {
        foreach (var (tunnel, _) in _assigned)
        {
            if (tunnel.Record is { Client: { } client } record && client == link.Client.Name && record.Account == link.Principal.Account
                && MayServe(link, record) && TunnelTarget.Parse(record.Target!, record.Kind) is { } target)
                Attach(tunnel, link, target, record.Target!);
        }
    }

    private void OnDisconnected(HubLink link, string reason)
    {
        if (!_byLink.TryRemove(link, out var served))
            return;
        foreach (var (_, tunnel) in served)
        {
            if (tunnel.Upstream?.Remove(link) != true || tunnel.Record is not { } record)
                continue;
            _news.Publish(record, "down", $"the link of {link.Client.Name} ended: {reason}");
            StartGrace(tunnel);
        }
    }
}
