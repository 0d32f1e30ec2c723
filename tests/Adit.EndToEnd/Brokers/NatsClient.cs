using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Adit.EndToEnd.Brokers;

/// <summary>
/// As much of a NATS client as a test needs: the text protocol over one TCP connection (INFO, CONNECT, PING, PONG, PUB, SUB, MSG).
/// One writer and one reader at a time.
/// </summary>
internal sealed class NatsClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;

    private NatsClient(Socket socket)
    {
        _socket = socket;
        var stream = new NetworkStream(socket, ownsSocket: true);
        _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 256 * 1024, leaveOpen: true));
        _writer = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 64 * 1024, leaveOpen: false));
    }

    /// <summary>Connects, reads the server's INFO and says CONNECT.</summary>
    public static async Task<NatsClient> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        var client = new NatsClient(socket);
        var info = await client.ReadLineAsync(cancellationToken);
        if (!info.StartsWith("INFO ", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"A NATS server begins with INFO; this one sent: {info}");
        }

        client.Write("CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"adit-test\"}\r\n"u8);
        await client.PingAsync(cancellationToken);
        return client;
    }

    /// <summary>Subscribes, and returns when the server has taken note.</summary>
    public async Task SubscribeAsync(string subject, CancellationToken cancellationToken)
    {
        Write(Encoding.ASCII.GetBytes($"SUB {subject} 1\r\n"));
        await PingAsync(cancellationToken);
    }

    /// <summary>
    /// Publishes <paramref name="count"/> messages whose payload is their number, many to a write, and returns when the server has all.
    /// </summary>
    public async Task PublishNumbersAsync(string subject, int count, CancellationToken cancellationToken)
    {
        var head = Encoding.ASCII.GetBytes($"PUB {subject} ");
        for (var number = 0; number < count; number++)
        {
            WriteNumber(head, number);
            if (_writer.UnflushedBytes > 32 * 1024)
            {
                await _writer.FlushAsync(cancellationToken);
            }
        }

        await PingAsync(cancellationToken);
    }

    /// <summary>Receives <paramref name="count"/> messages whose payload must be 0, 1, 2 …; throws at the first that is not next.</summary>
    public async Task ReceiveNumbersAsync(int count, CancellationToken cancellationToken)
    {
        var next = 0;
        while (next < count)
        {
            var result = await _reader.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            while (next < count && TryReadMessage(ref buffer, out var number))
            {
                if (number is null)
                {
                    // The server asks now and then whether its clients live; only the reader writes on this connection now.
                    Write("PONG\r\n"u8);
                    await _writer.FlushAsync(cancellationToken);
                    continue;
                }

                if (number != next)
                {
                    throw new InvalidDataException($"Message {number} came where {next} was due.");
                }

                next++;
            }

            _reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted && next < count)
            {
                throw new EndOfStreamException($"The connection ended after {next} of {count} messages.");
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _reader.CompleteAsync();
        await _writer.CompleteAsync();
        _socket.Dispose();
    }

    private async Task PingAsync(CancellationToken cancellationToken)
    {
        Write("PING\r\n"u8);
        await _writer.FlushAsync(cancellationToken);
        while (await ReadLineAsync(cancellationToken) is var line && line != "PONG")
        {
            if (line == "PING")
            {
                Write("PONG\r\n"u8);
                await _writer.FlushAsync(cancellationToken);
            }

            if (line.StartsWith("-ERR", StringComparison.Ordinal))
            {
                throw new InvalidDataException($"The NATS server refused: {line}");
            }
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await _reader.ReadAsync(cancellationToken);
            var reader = new SequenceReader<byte>(result.Buffer);
            if (reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8))
            {
                var text = Encoding.UTF8.GetString(line);
                _reader.AdvanceTo(reader.Position);
                return text;
            }

            _reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
            {
                throw new EndOfStreamException("The NATS server closed the connection.");
            }
        }
    }

    // MSG subject sid size\r\npayload\r\n, or PING\r\n, for which the number is null.
    private static bool TryReadMessage(ref ReadOnlySequence<byte> buffer, out int? number)
    {
        number = null;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadTo(out ReadOnlySpan<byte> line, "\r\n"u8))
        {
            return false;
        }

        if (line.SequenceEqual("PING"u8))
        {
            buffer = buffer.Slice(reader.Position);
            return true;
        }

        if (!line.StartsWith("MSG "u8))
        {
            throw new InvalidDataException($"Expected a message, got: {Encoding.UTF8.GetString(line)}");
        }

        if (!Utf8Parser.TryParse(line[(line.LastIndexOf((byte)' ') + 1)..], out int size, out _) || size is < 1 or > 10)
        {
            throw new InvalidDataException($"A message of an impossible size: {Encoding.UTF8.GetString(line)}");
        }

        Span<byte> payload = stackalloc byte[12];
        payload = payload[..(size + 2)];
        if (!reader.TryCopyTo(payload))
        {
            return false;
        }

        if (!Utf8Parser.TryParse(payload[..size], out int parsedNumber, out var parsed) || parsed != size || !payload[size..].SequenceEqual("\r\n"u8))
        {
            throw new InvalidDataException($"A damaged message: {Encoding.UTF8.GetString(payload)}");
        }

        number = parsedNumber;
        reader.Advance(size + 2);
        buffer = buffer.Slice(reader.Position);
        return true;
    }

    // PUB subject size\r\npayload\r\n
    private void WriteNumber(ReadOnlySpan<byte> head, int number)
    {
        Span<byte> digits = stackalloc byte[10];
        Utf8Formatter.TryFormat(number, digits, out var length);
        var span = _writer.GetSpan(head.Length + 24);
        head.CopyTo(span);
        var position = head.Length;
        Utf8Formatter.TryFormat(length, span[position..], out var written);
        position += written;
        "\r\n"u8.CopyTo(span[position..]);
        position += 2;
        digits[..length].CopyTo(span[position..]);
        position += length;
        "\r\n"u8.CopyTo(span[position..]);
        _writer.Advance(position + 2);
    }

    private void Write(ReadOnlySpan<byte> bytes) => _writer.Write(bytes);
}
