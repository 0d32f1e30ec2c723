using System.Buffers;
using System.Net.Sockets;

namespace Adit.Hub.Edge.Door;

/// <summary>Alert descriptions (RFC 8446 section 6.2) that the door sends.</summary>
internal enum TlsAlert : byte
{
    /// <summary>A message that does not keep its own lengths.</summary>
    DecodeError = 50,

    /// <summary>Nobody may pass here who cannot show who they are.</summary>
    AccessDenied = 49,

    /// <summary>The upstream cannot be reached.</summary>
    InternalError = 80,

    /// <summary>No certificate for this name.</summary>
    UnrecognizedName = 112,
}

/// <summary>Refuses a TLS client in words that its user gets to see.</summary>
internal static class TlsRefusal
{
    /// <summary>Sends a fatal alert and closes. Never throws.</summary>
    public static void Refuse(Socket socket, TlsAlert alert)
    {
        try
        {
            // Bytes left unread would make the kernel send RST instead of FIN, and the alert might be lost with it.
            Drain(socket);

            // Content type alert, legacy version 1.2, length 2, level fatal.
            ReadOnlySpan<byte> record = [21, 3, 3, 0, 2, 2, (byte)alert];
            socket.Send(record, SocketFlags.None, out _);
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        socket.Dispose();
    }

    private static void Drain(Socket socket)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        for (var left = 64 * 1024; left > 0 && socket.Available > 0;)
        {
            var count = socket.Receive(buffer, 0, Math.Min(buffer.Length, socket.Available), SocketFlags.None, out var error);
            if (count <= 0 || error != SocketError.Success)
                break;
            left -= count;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }
}
