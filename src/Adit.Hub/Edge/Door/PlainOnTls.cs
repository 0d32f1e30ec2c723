using System.Net.Sockets;

namespace Adit.Hub.Edge.Door;

/// <summary>Tells those who speak clear text to the TLS port what is wrong, when it looks like HTTP.</summary>
internal static class PlainOnTls
{
    private static ReadOnlySpan<byte> Response =>
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 68\r\nConnection: close\r\n\r\nThis port speaks TLS only. Use https:// (or wss://) in the address.\n"u8;

    /// <summary>Answers and closes. Never throws.</summary>
    public static void Answer(Socket socket)
    {
        try
        {
            Span<byte> request = stackalloc byte[4096];
            var count = socket.Receive(request, SocketFlags.None);
            if (LooksLikeHttp(request[..count]))
                socket.Send(Response, SocketFlags.None, out _);
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        socket.Dispose();
    }

    // A method and a space.
    private static bool LooksLikeHttp(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)' ');
        return end is > 2 and < 10 && !bytes[..end].ContainsAnyExceptInRange((byte)'A', (byte)'Z');
    }
}
