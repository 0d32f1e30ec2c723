using System.Net;

namespace Adit.Hub.Edge.Door;

/// <summary>Addresses and networks of the proxies in front of the hub that are believed.</summary>
public sealed class TrustedProxies
{
    private readonly IPNetwork[] _networks;

    private TrustedProxies(IPNetwork[] networks) => _networks = networks;

    /// <summary>Reads addresses (<c>10.0.0.5</c>, <c>fd00::1</c>) and networks (<c>10.0.0.0/8</c>; bits below the prefix are ignored).</summary>
    /// <exception cref="FormatException">One of them is neither; the message names it.</exception>
    public static TrustedProxies Parse(IEnumerable<string> items) => new([.. items.Select(ParseOne)]);

    /// <summary>Whether the peer is one of them. An IPv4 address that arrives as IPv6 (<c>::ffff:10.0.0.5</c>) is seen as IPv4.</summary>
    public bool Contains(EndPoint? peer)
    {
        if (peer is not IPEndPoint { Address: var address })
            return false;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in _networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    private static IPNetwork ParseOne(string item)
    {
        var slash = item.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? item : item[..slash], out var address))
            throw Bad(item);
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        var prefix = bytes.Length * 8;
        if (slash >= 0 && (!int.TryParse(item.AsSpan(slash + 1), out prefix) || prefix < 0 || prefix > bytes.Length * 8))
            throw Bad(item);
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), prefix);
    }

    private static FormatException Bad(string item) =>
        new($"'{item}' in trustedProxies is neither an address nor a network; write 10.0.0.5 or 10.0.0.0/8.");
}
