using System.Net;

namespace Adit.Runner.Tunnels;

/// <summary>
/// Where a hub may make this client connect. By default that is exactly what its tunnels lead to, so that a stolen hub cannot look around
/// in the client's network. Immutable.
/// </summary>
public sealed class AllowList
{
    private readonly HashSet<(string Name, int Port)> _names = [];
    private readonly List<AllowRule> _rules = [];
    private readonly Func<string> _ownName;

    /// <summary>Makes a list of the tunnels' own targets and of rules.</summary>
    /// <param name="targets">The targets, each with whether TLS to it may go unverified.</param>
    /// <param name="rules">What the user allowed beyond them.</param>
    /// <exception cref="FormatException">A rule is not understood.</exception>
    public AllowList(IEnumerable<(TunnelTarget Target, bool Insecure)> targets, IEnumerable<string> rules)
        : this(targets, rules, Dns.GetHostName)
    {
    }

    internal AllowList(IEnumerable<(TunnelTarget Target, bool Insecure)> targets, IEnumerable<string> rules, Func<string> ownName)
    {
        _ownName = ownName;
        foreach (var rule in targets.Select(static t => AllowRule.For(t.Target, t.Insecure)).Concat(rules.Select(AllowRule.Parse)))
        {
            _rules.Add(rule);
            if (rule.Name is { } name && rule.FirstPort == rule.LastPort)
                _names.Add((name, rule.FirstPort));
        }
    }

    /// <summary>Whether this socket file may be connected to.</summary>
    public bool AllowsUnix(string path) => _rules.Any(r => r.UnixPath == path);

    /// <summary>Whether this name is listed itself. What it resolves to has to pass <see cref="AllowsResolved"/> still.</summary>
    public bool AllowsName(string name, int port) =>
        _names.Contains((name, port)) || _rules.Any(r => r.Name == name && r.HasPort(port));

    /// <summary>Whether an address is in a listed network.</summary>
    public bool AllowsAddress(IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _rules.Any(r => r.Network is { } network && r.HasPort(port) && network.BaseAddress.AddressFamily == plain.AddressFamily && network.Contains(plain));
    }

    /// <summary>
    /// Whether one of the addresses that a name resolved to may be connected to. A listed name may lead anywhere but to this machine and
    /// its link-local neighbours: whoever controls a name's DNS must not get at services that trust loopback, or at a cloud's metadata.
    /// </summary>
    public bool AllowsResolved(string name, IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (AllowsAddress(address, port))
            return true;
        if (!AllowsName(name, port))
            return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !IsInward(plain) || name.Equals(_ownName(), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether any rule could allow a name that is not listed itself, by the address it resolves to.</summary>
    public bool HasNetworks(int port) => _rules.Any(r => r.Network is not null && r.HasPort(port));

    /// <summary>Whether TLS to this target may go unverified when the hub asks for that.</summary>
    public bool AllowsInsecure(string host, int port) =>
        _rules.Any(r => r.Insecure && r.HasPort(port)
            && (r.Name == host || (r.Network is { } network && IPAddress.TryParse(host, out var address) && network.Contains(address))));

    private static bool IsInward(IPAddress address) =>
        IPAddress.IsLoopback(address)
        || address.Equals(IPAddress.Any)
        || address.Equals(IPAddress.IPv6Any)
        || address.IsIPv6LinkLocal
        || (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..] or [0, ..]);
}
