using System.Net;

namespace Adit.Hub.Edge.Door;

/// <summary>
/// An address that Kestrel should listen on through the door. The type is how <see cref="DoorListenerFactory"/> knows its own: whatever
/// else Kestrel binds stays with Kestrel's transports.
/// </summary>
/// <param name="address">The address to bind.</param>
/// <param name="port">The port; 0 lets the system choose.</param>
/// <param name="tls">Connections begin with a TLS ClientHello; Kestrel's side needs <c>UseAditTls</c>.</param>
internal sealed class DoorEndPoint(IPAddress address, int port, bool tls) : IPEndPoint(address, port)
{
    /// <summary>Whether connections begin with a TLS ClientHello.</summary>
    public bool IsTls { get; } = tls;
}
