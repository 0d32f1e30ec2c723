using System.Net;
using System.Net.Sockets;

namespace Adit.Link;

/// <summary>
/// A wire over a TCP or Unix socket: no copy and no allocation per call. What is put in front with <c>unread</c> is received first.
/// </summary>
public sealed class SocketWire : Wire
{
    private readonly Socket _socket;
    private ReadOnlyMemory<byte> _unread;

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">Connected; owned from here on.</param>
    /// <param name="unread">Bytes that were already received from it.</param>
    /// <param name="remote">Whom a trusted proxy names as the other end; null for the socket's own.</param>
    public SocketWire(Socket socket, ReadOnlyMemory<byte> unread = default, EndPoint? remote = null)
    {
        _socket = socket;
        _unread = unread;
        Remote = remote ?? socket.RemoteEndPoint;
    }

    /// <inheritdoc />
    public override EndPoint? Remote { get; }

    /// <inheritdoc />
    public override bool IsUnanswered => SocketAnswers.HaveStopped(_socket);

    /// <inheritdoc />
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_unread.IsEmpty)
            return buffer.IsEmpty ? WaitAsync() : _socket.ReceiveAsync(buffer, SocketFlags.None);
        var count = Math.Min(buffer.Length, _unread.Length);
        _unread[..count].CopyTo(buffer);
        _unread = _unread[count..];
        return new ValueTask<int>(count);
    }

    /// <inheritdoc />
    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
    {
#pragma warning disable CA2012 // Taken apart once: either its result here, or awaited there.
        var sending = _socket.SendAsync(buffer, SocketFlags.None);
        if (!sending.IsCompletedSuccessfully)
            return RestAsync(sending, buffer);
        var sent = sending.Result;
        return sent == buffer.Length ? default : RestAsync(new ValueTask<int>(sent), buffer);
#pragma warning restore CA2012
    }

    /// <inheritdoc />
    public override void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side is gone already; whoever receives will see it.
        }
    }

    /// <inheritdoc />
    public override void Abort()
    {
        try
        {
            // Linger 0 sends RST, so that the other side learns at once that the bytes are not all there.
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        _socket.Dispose();
    }

    /// <inheritdoc />
    public override void Close()
    {
        EndSending(); // A socket that is disposed of while somebody receives is reset otherwise.
        _socket.Dispose();
    }

    // The runtime completes an empty receive at the next event of the socket, which may be an old one for bytes that are taken already.
    private async ValueTask<int> WaitAsync()
    {
        do
            await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
        while (!_socket.Poll(0, SelectMode.SelectRead));
        return 0;
    }

    private async ValueTask RestAsync(ValueTask<int> sending, ReadOnlyMemory<byte> buffer)
    {
        var sent = await sending;
        while (sent < buffer.Length)
            sent += await _socket.SendAsync(buffer[sent..], SocketFlags.None);
    }
}
