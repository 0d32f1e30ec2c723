using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace Adit.Link;

/// <summary>
/// A connected byte transport under a data connection: a plain socket, or a stream (TLS, WebSocket messages, an upgraded request).
/// One receive and one send may be under way at a time; <see cref="Abort"/> may be called at any time by anyone.
/// </summary>
public abstract class Wire
{
    /// <summary>The address of the other end, for logs; null where there is none.</summary>
    public abstract EndPoint? Remote { get; }

    /// <summary>Whether bytes are under way that the other end has not acknowledged for so long that it must be gone.</summary>
    public virtual bool IsUnanswered => false;

    /// <summary>
    /// Receives at least one byte; 0 at the end. With an empty buffer it completes when there is something to receive, holding no memory
    /// meanwhile.
    /// </summary>
    /// <exception cref="Exception">The connection broke: one that <see cref="IsBroken"/> knows.</exception>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends all of it.</summary>
    /// <exception cref="Exception">The connection broke: one that <see cref="IsBroken"/> knows.</exception>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> buffer);

    /// <summary>Ends the sending direction where the transport can say so; otherwise does nothing.</summary>
    public abstract void EndSending();

    /// <summary>Closes in order: what was sent still arrives. Call when both directions have ended.</summary>
    public virtual void Close() => Abort();

    /// <summary>Drops the connection at once; pending calls fail. Never throws.</summary>
    public abstract void Abort();

    /// <summary>Whether an exception is how transports say that the connection broke, and not a defect.</summary>
    public static bool IsBroken(Exception exception) =>
        exception is IOException or SocketException or ObjectDisposedException or WebSocketException or OperationCanceledException;
}
