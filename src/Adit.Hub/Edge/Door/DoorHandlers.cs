using Adit.Hub.Edge.Gate;
using Adit.Link;

namespace Adit.Hub.Edge.Door;

/// <summary>Who takes the connections that never reach Kestrel, by composition.</summary>
internal sealed record DoorHandlers
{
    /// <summary>
    /// Takes a data connection of a link whose HTTP head (<c>GET /_adit/link/data</c> …) is still to be read. Over TLS the handshake is
    /// done and ALPN said <c>adit-link</c>; what follows may be anything, so the head needs a deadline of its own.
    /// <see cref="Wire.Remote"/> is the peer as a trusted proxy reported it. The handler owns the wire until its task completes; the door
    /// aborts it then in any case, which does nothing to one that was closed in order. The token fires when the door is disposed.
    /// </summary>
    public required Func<Wire, CancellationToken, Task> LinkData { get; init; }

    /// <summary>Where TLS connections that were passed on are known as open; null for nowhere.</summary>
    public OpenDoors? Open { get; init; }
}
