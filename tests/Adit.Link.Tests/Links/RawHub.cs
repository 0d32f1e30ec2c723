using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Adit.Link.Links;

/// <summary>A hub without a web server, for answers that no web server gives: each connection that is accepted is the test's.</summary>
internal sealed class RawHub : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawHub() => _listener.Start();

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public LinkClient Client(Func<LinkClientOptions, LinkClientOptions>? change = null)
    {
        var options = new LinkClientOptions { Hub = Address, Token = "good", Name = "test", Proxy = null };
        return new LinkClient(change?.Invoke(options) ?? options);
    }

    /// <summary>The next connection, and the head of the request on it.</summary>
    public async Task<(NetworkStream Stream, string Head)> AcceptAsync()
    {
        var stream = new NetworkStream(await _listener.AcceptSocketAsync(), ownsSocket: true);
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }

        return (stream, head.ToString());
    }

    /// <summary>The next connection, as a control connection whose hello has come.</summary>
    public async Task<WebSocket> AcceptControlAsync()
    {
        var (stream, head) = await AcceptAsync();
        var key = head.Split("Sec-WebSocket-Key: ")[1].Split("\r\n")[0];
#pragma warning disable CA5350 // RFC 6455 4.2.2.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await AnswerAsync(
            stream,
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + $"Sec-WebSocket-Protocol: adit-link\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
        var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, SubProtocol = "adit-link" });
        await socket.ReceiveAsync(new byte[4096], CancellationToken.None);
        return socket;
    }

    public static Task AnswerAsync(NetworkStream stream, string answer) => stream.WriteAsync(Encoding.ASCII.GetBytes(answer)).AsTask();

    public static Task SayAsync(WebSocket control, string message) =>
        control.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    public void Dispose() => _listener.Dispose();
}
