using System.Collections.Concurrent;

namespace Adit.Hub.Tunnels;

/// <summary>Which tunnel has which custom host name: one each, however many ask at the same time.</summary>
/// <param name="domain">The hub's own.</param>
/// <param name="pathHost">The host of path mode, which no tunnel has; null for none.</param>
internal sealed class HostClaims(string domain, string? pathHost)
{
    private const int MostPerTunnel = 20;

    private readonly ConcurrentDictionary<string, string> _claims = new(StringComparer.Ordinal);

    /// <summary>Claims all of these for a tunnel, or none.</summary>
    /// <exception cref="TunnelRefusal">One is no host name that a tunnel may have, or another tunnel's.</exception>
    public void Claim(IReadOnlyList<string> hosts, string tunnel)
    {
        if (hosts.Count > MostPerTunnel)
            throw new TunnelRefusal(TunnelRefusalCode.Invalid, $"A tunnel has at most {MostPerTunnel} host names of its own.");
        foreach (var host in hosts)
        {
            if (TunnelName.HostRefusal(host, domain) is { } refusal)
                throw new TunnelRefusal(TunnelRefusalCode.Invalid, refusal);
            if (host.Equals(pathHost, StringComparison.OrdinalIgnoreCase))
                throw new TunnelRefusal(TunnelRefusalCode.HostTaken, $"The host name {host} is that of path mode; take another.");
        }

        var added = new List<string>();
        foreach (var host in hosts)
        {
            if (_claims.TryAdd(host, tunnel))
            {
                added.Add(host);
            }
            else if (_claims.TryGetValue(host, out var other) && other != tunnel)
            {
                Release(added, tunnel);
                throw new TunnelRefusal(TunnelRefusalCode.HostTaken, $"The host name {host} belongs to another tunnel.");
            }
        }
    }

    /// <summary>Gives up what a tunnel has of these.</summary>
    public void Release(IEnumerable<string> hosts, string tunnel)
    {
        foreach (var host in hosts)
            _claims.TryRemove(KeyValuePair.Create(host, tunnel));
    }
}
