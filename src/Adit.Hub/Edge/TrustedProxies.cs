using System.Net;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>The proxies in front of the hub whose word on where a request came from is believed.</summary>
public sealed class TrustedProxies
{
    private readonly IPNetwork[] _networks;

    /// <summary>Takes addresses and networks (<c>10.0.0.0/8</c>).</summary>
    /// <exception cref="FormatException">One is neither.</exception>
    public TrustedProxies(IEnumerable<string> networks) => _networks = [.. networks.Select(Parse)];

    /// <summary>Whether nobody is trusted, as is the default.</summary>
    public bool IsEmpty => _networks.Length == 0;

    /// <summary>Whether an address is a trusted proxy's.</summary>
    public bool Contains(IPAddress? address)
    {
        if (address is null || _networks.Length == 0)
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

    private static IPNetwork Parse(string text)
    {
        if (IPAddress.TryParse(text, out var address))
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return IPNetwork.TryParse(text, out var network)
            ? network
            : throw new FormatException($"'{text}' in trusted proxies is neither an address nor a network like 10.0.0.0/8.");
    }
}
