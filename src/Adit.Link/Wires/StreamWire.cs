using System.Net;
using System.Net.Sockets;

namespace Adit.Link;

/// <summary>A wire over any duplex stream: TLS, an upgraded HTTP request, WebSocket messages.</summary>
/// <param name="stream">Connected; owned from here on.</param>
/// <param name="remote">The address of the other end, for logs.</param>
/// <param name="abort">What drops the connection under the stream at once; null disposes the stream.</param>
/// <param name="unread">Bytes that were already read from it.</param>
/// <param name="socket">The socket under the stream, where there is one at hand.</param>
public sealed class StreamWire(
    Stream stream, EndPoint? remote, Action? abort = null, ReadOnlyMemory<byte> unread = default, Socket? socket = null) : Wire
{
    private ReadOnlyMemory<byte> _unread = unread;

    /// <inheritdoc />
    public override EndPoint? Remote { get; } = remote;

    /// <inheritdoc />
    public override bool IsUnanswered => socket is not null && SocketAnswers.HaveStopped(socket);

    /// <inheritdoc />
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_unread.IsEmpty)
            return stream.ReadAsync(buffer);
        var count = Math.Min(buffer.Length, _unread.Length);
        _unread[..count].CopyTo(buffer);
        _unread = _unread[count..];
        return new ValueTask<int>(count);
    }

    /// <inheritdoc />
    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer) => stream.WriteAsync(buffer);

    /// <inheritdoc />
    public override void EndSending()
    {
        if (stream is System.Net.Security.SslStream tls)
            _ = EndTlsAsync(tls);
    }

    /// <inheritdoc />
    public override void Abort()
    {
        // Closing what lies under the stream makes its pending calls fail; the stream itself is disposed too, so that TLS state is freed
        // now and not by a finalizer.
        abort?.Invoke();
        try
        {
            stream.Dispose();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Whatever it wanted to say, nobody listens any more.
        }
    }

    /// <inheritdoc />
    /// <remarks>Without a socket at hand it is dropped: there is no other way to end calls that are under way.</remarks>
    public override void Close()
    {
        try
        {
            socket?.Shutdown(SocketShutdown.Send); // A socket that is disposed of while somebody receives is reset otherwise.
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side is gone already.
        }

        Abort();
    }

    // close_notify is how TLS says END (RFC 8446 6.1). Its failure shows at the next receive.
    private static async Task EndTlsAsync(System.Net.Security.SslStream tls)
    {
        try
        {
            await tls.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection broke; the receiving side reports it.
        }
    }
}
