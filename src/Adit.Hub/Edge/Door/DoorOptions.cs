namespace Adit.Hub.Edge.Door;

/// <summary>Bounds of what a stranger may cost before the hub knows what the connection is for.</summary>
internal sealed record DoorOptions
{
    /// <summary>Peers that must send a PROXY protocol header; null when the hub was not told to expect it.</summary>
    public TrustedProxies? ProxyProtocolFrom { get; init; }

    /// <summary>How long a connection may stay silent before its first byte.</summary>
    public TimeSpan FirstByteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From the first byte until the door knows where to lead it, TLS handshake of a link included.</summary>
    public TimeSpan SniffTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections that may wait at the door at one time. One more sends the one away that has waited longest.</summary>
    public int MostWaiting { get; init; } = 8192;

    /// <summary>
    /// The longest ClientHello with its record headers. Real ones are under 2 KiB; the largest with post-quantum keys under 20.
    /// </summary>
    public int MostHelloBytes { get; init; } = 32 * 1024;

    /// <summary>How long an upstream may take to open the stream of a TLS passthrough connection.</summary>
    public TimeSpan PassthroughOpenTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long TLS passthrough connections may go on when the hub stops.</summary>
    public TimeSpan DrainTimeout { get; init; }

    /// <summary>The listen backlog; the kernel cuts it to net.core.somaxconn.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>The options a hub's own imply.</summary>
    /// <exception cref="FormatException">A trusted proxy is neither an address nor a network.</exception>
    public static DoorOptions From(HubOptions hub) => new()
    {
        DrainTimeout = hub.DrainTimeout,
        ProxyProtocolFrom = hub.ProxyProtocol ? TrustedProxies.Parse(hub.TrustedProxies) : null,
    };
}
