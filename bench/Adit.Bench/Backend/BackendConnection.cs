using System.Buffers;
using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Adit.Bench.Backend;

/// <summary>One keep-alive connection of the backend. Understands what the bench sends through a tunnel, not HTTP at large.</summary>
/// <remarks>No cancellation: registering a token costs more than the rest of an exchange. The process ends, and its sockets with it.</remarks>
internal sealed class BackendConnection(Socket socket)
{
    private const int HeadLimit = 16 * 1024;

    private static readonly byte[] SmallAnswer =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 25\r\n\r\nAdit bench backend is up.\n"u8[..^1].ToArray();

    private static readonly byte[] Block = new byte[256 * 1024];

    private byte[] _buffer = new byte[HeadLimit];
    private int _filled;

    /// <summary>Answers requests until the peer leaves; a connection's failure is its own end and nobody else's.</summary>
    public async Task ServeAsync()
    {
        try
        {
            using (socket)
            {
                while (await ReadHeadAsync() is var head and > 0)
                {
                    if (!await AnswerAsync(head))
                        return;
                }
            }
        }
        catch (Exception e) when (e is SocketException or IOException or System.Net.WebSockets.WebSocketException)
        {
            // The peer went away.
        }
    }

    private async ValueTask<int> ReadHeadAsync()
    {
        while (true)
        {
            var end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
                return end + 4;

            if (_filled == _buffer.Length)
                throw new IOException("request head too large");

            var read = await socket.ReceiveAsync(_buffer.AsMemory(_filled), SocketFlags.None);
            if (read == 0)
                return 0;

            _filled += read;
        }
    }

    private async ValueTask<bool> AnswerAsync(int head)
    {
        var request = _buffer.AsMemory(0, head);
        if (request.Span.StartsWith("GET /bytes/"u8))
        {
            if (!Utf8Parser.TryParse(request.Span["GET /bytes/".Length..], out long length, out _))
                return false;

            Consume(head);
            await SendBytesAsync(length);
            return true;
        }

        if (request.Span.StartsWith("GET /ws"u8))
        {
            await WebSocketEcho.ServeAsync(socket, Encoding.ASCII.GetString(request.Span));
            return false;
        }

        var body = ContentLength(request.Span);
        Consume(head);
        await DropAsync(body);
        await SendAllAsync(SmallAnswer);
        return true;
    }

    private async ValueTask SendBytesAsync(long length)
    {
        var head = $"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n";
        await SendAllAsync(Encoding.ASCII.GetBytes(head));
        for (var left = length; left > 0;)
        {
            var size = (int)Math.Min(left, Block.Length);
            await SendAllAsync(Block.AsMemory(0, size));
            left -= size;
        }
    }

    private async ValueTask DropAsync(long length)
    {
        var buffered = (int)Math.Min(length, _filled);
        Consume(buffered);
        length -= buffered;
        if (length == 0)
            return;

        var sink = ArrayPool<byte>.Shared.Rent(Block.Length);
        while (length > 0)
        {
            var read = await socket.ReceiveAsync(sink.AsMemory(0, (int)Math.Min(length, sink.Length)), SocketFlags.None);
            if (read == 0)
                throw new IOException("the body ended early");

            length -= read;
        }

        ArrayPool<byte>.Shared.Return(sink);
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> data)
    {
        while (data.Length > 0)
            data = data[await socket.SendAsync(data, SocketFlags.None)..];
    }

    private void Consume(int count)
    {
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
    }

    private static long ContentLength(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("GET "u8))
            return 0;

        const string Name = "\r\ncontent-length:";
        var text = Encoding.ASCII.GetString(head).ToLowerInvariant();
        var at = text.IndexOf(Name, StringComparison.Ordinal);
        if (at < 0)
            return 0;

        var value = text.AsSpan(at + Name.Length);
        return long.Parse(value[..value.IndexOf('\r')], System.Globalization.CultureInfo.InvariantCulture);
    }
}
