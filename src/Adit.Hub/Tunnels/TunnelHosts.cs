using Adit.Hub.Edge;

namespace Adit.Hub.Tunnels;

/// <summary>The custom host names of tunnels.</summary>
/// <param name="claims">Who has which host name.</param>
/// <param name="domain">The hub's own.</param>
/// <param name="pathHost">The host of path mode, which no tunnel has; null for none.</param>
internal sealed class TunnelHosts(HostClaims claims, string domain, string? pathHost)
{
    private const int MostPerTunnel = 20;

    /// <summary>Claims all of these for a tunnel, or none.</summary>
    /// <exception cref="TunnelRefusal">One is no host name that a tunnel may have, or somebody else's.</exception>
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

        if (claims.Claim(hosts, Holder(tunnel)) is { } taken)
            throw new TunnelRefusal(TunnelRefusalCode.HostTaken, $"The host name {taken} belongs to another tunnel or an external route.");
    }

    /// <summary>Gives up what a tunnel has of these.</summary>
    public void Release(IEnumerable<string> hosts, string tunnel) => claims.Release(hosts, Holder(tunnel));

    private static string Holder(string tunnel) => "tunnel:" + tunnel;
}
