using System.Net.Sockets;
using System.Text;
using Adit.Bench.Subjects;

namespace Adit.Bench.Load;

/// <summary>One HTTP/1.1 connection of the load generator, kept simple so that it costs little.</summary>
/// <remarks>No cancellation: registering a token costs as much as an exchange. Disposing the connection ends what waits on it.</remarks>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer;

    private HttpConnection(int bufferSize) => _buffer = new byte[bufferSize];

    /// <summary>Connects to a subject.</summary>
    public static async Task<HttpConnection> OpenAsync(Subject subject, int bufferSize = 16 * 1024)
    {
        var connection = new HttpConnection(bufferSize);
        await connection._socket.ConnectAsync(subject.Address);
        return connection;
    }

    /// <summary>The bytes of a request without a body.</summary>
    public static byte[] Get(Subject subject, string target) => Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {subject.Host}\r\n\r\n");

    /// <summary>Sends a request and reads the whole answer; gives the length of its body.</summary>
    public async ValueTask<long> ExchangeAsync(ReadOnlyMemory<byte> request)
    {
        await SendAsync(request);
        return await ReceiveAnswerAsync();
    }

    /// <summary>Sends bytes as they are.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> data)
    {
        while (data.Length > 0)
            data = data[await _socket.SendAsync(data, SocketFlags.None)..];
    }

    /// <summary>Reads one answer to its end; gives the length of its body.</summary>
    public async ValueTask<long> ReceiveAnswerAsync()
    {
        var (_, length, left) = await ReceiveHeadAsync();
        while (left > 0)
            left -= await ReceiveSomeAsync(_buffer);

        return length;
    }

    /// <summary>Reads until the head of an answer is complete, and perhaps a little of its body.</summary>
    public async ValueTask<(int Status, long BodyLength, long BodyLeft)> ReceiveHeadAsync()
    {
        var filled = 0;
        while (true)
        {
            filled += await ReceiveSomeAsync(_buffer.AsMemory(filled));
            var end = _buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var (status, length) = AnswerHead.Parse(_buffer.AsSpan(0, end + 2));
                return (status, length, length - (filled - end - 4));
            }

            if (filled == _buffer.Length)
                throw new IOException("answer head too large");
        }
    }

    public void Dispose() => _socket.Dispose();

    private async ValueTask<int> ReceiveSomeAsync(Memory<byte> destination)
    {
        var read = await _socket.ReceiveAsync(destination, SocketFlags.None);
        return read > 0 ? read : throw new IOException("the connection was closed in the middle of an answer");
    }
}
