using System.Net;
using System.Net.Sockets;

namespace Adit.Hub.Tunnels;

/// <summary>The ports that tcp tunnels may have, and the addresses they listen on.</summary>
internal sealed class PortRanges(HubOptions options)
{
    /// <summary>Whether a port may be asked for.</summary>
    public bool Contains(int port) => options.TcpPorts.Any(r => port >= r.First && port <= r.Last);

    /// <summary>The ranges as people write them.</summary>
    public string Text => options.TcpPorts.Count == 0 ? "none" : string.Join(", ", options.TcpPorts.Select(r => $"{r.First}-{r.Last}"));

    /// <summary>
    /// Where a tunnel's port listens. A private one is on loopback only: whoever reaches a TCP port passes, so the network is its policy.
    /// </summary>
    public IPAddress Address(bool isPublic)
    {
        if (!isPublic)
            return IPAddress.Loopback;
        var text = options.TcpAddress
            ?? (options.ListenTls.Concat(options.Listen).FirstOrDefault() is { } first ? first[..first.LastIndexOf(':')] : "127.0.0.1");
        return text is "*" or "" ? IPAddress.Any : text == "localhost" ? IPAddress.Loopback : IPAddress.Parse(text.Trim('[', ']'));
    }

    /// <summary>Listens on a port that was asked for, or on a free one of the ranges for 0; null when there is none.</summary>
    public TunnelPort? Listen(int port, bool isPublic, Func<IPEndPoint, TunnelPort> listen)
    {
        var address = Address(isPublic);
        foreach (var candidate in port != 0 ? [port] : options.TcpPorts.SelectMany(r => Enumerable.Range(r.First, r.Last - r.First + 1)))
        {
            try
            {
                return listen(new IPEndPoint(address, candidate));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // Taken by a tunnel or another program; the next one, if any may do.
            }
        }

        return null;
    }
}
