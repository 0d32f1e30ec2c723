using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Adit.Bench.Backend;

/// <summary>Accepts a WebSocket (RFC 6455, section 4.2.2) and sends every message back.</summary>
internal static partial class WebSocketEcho
{
    private const string KeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    public static async Task ServeAsync(Socket socket, string head)
    {
#pragma warning disable CA5350 // RFC 6455 asks for SHA-1; nothing secret rests on it.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(Key().Match(head).Groups[1].Value + KeySuffix)));
#pragma warning restore CA5350
        var answer = $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(answer), SocketFlags.None);

        await using var stream = new NetworkStream(socket);
        using var webSocket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        var buffer = new byte[1024];
        while (await webSocket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None) is var message && message.MessageType != WebSocketMessageType.Close)
            await webSocket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, CancellationToken.None);
    }

    [GeneratedRegex(@"^Sec-WebSocket-Key:\s*(\S+)\s*$", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex Key();
}
