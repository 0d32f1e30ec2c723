using System.Net;

namespace Adit.Hub.Edge;

/// <summary>The proxies in front of the hub whose word on where a connection or request came from is believed.</summary>
internal sealed class TrustedProxies
{
    private readonly IPNetwork[] _networks;

    private TrustedProxies(IPNetwork[] networks) => _networks = networks;

    /// <summary>Reads addresses (<c>10.0.0.5</c>, <c>fd00::1</c>) and networks (<c>10.0.0.0/8</c>).</summary>
    /// <exception cref="FormatException">One of them is neither; the message names it.</exception>
    public static TrustedProxies Parse(IEnumerable<string> items) => new([.. items.Select(ParseOne)]);

    /// <summary>Whether nobody is trusted, as is the default.</summary>
    public bool IsEmpty => _networks.Length == 0;

    /// <summary>Whether the peer of a connection is one of them.</summary>
    public bool Contains(EndPoint? peer) => Contains((peer as IPEndPoint)?.Address);

    /// <summary>
    /// Whether an address is one of theirs. An IPv4 address that arrives as IPv6 (<c>::ffff:10.0.0.5</c>) is seen as IPv4.
    /// </summary>
    public bool Contains(IPAddress? address)
    {
        if (address is null || IsEmpty)
            return false;
        address = Plain(address);
        foreach (var network in _networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    private static IPNetwork ParseOne(string text)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            var plain = Plain(address);
            return new IPNetwork(plain, plain.GetAddressBytes().Length * 8);
        }

        return IPNetwork.TryParse(text, out var network)
            ? network
            : throw new FormatException($"'{text}' in trusted-proxies is neither an address nor a network; write 10.0.0.5 or 10.0.0.0/8.");
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
