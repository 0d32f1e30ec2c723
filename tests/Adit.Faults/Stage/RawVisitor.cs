using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Adit.Faults.Stage;

/// <summary>A visitor in bytes: sends exactly what a test says and keeps exactly what comes.</summary>
internal sealed class RawVisitor : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly StringBuilder _received = new();

    private RawVisitor()
    {
    }

    /// <summary>All that came so far.</summary>
    public string Received => _received.ToString();

    /// <summary>Whether the end came as a reset.</summary>
    public bool WasReset { get; private set; }

    public static async Task<RawVisitor> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var visitor = new RawVisitor();
        await visitor._socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return visitor;
    }

    /// <summary>Connects, sends, closes its sending half never, and reads until the hub closes or nothing came for a while.</summary>
    public static async Task<string> AskAsync(int port, string text, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var visitor = await ConnectAsync(port, cancellationToken);
        await visitor.SendAsync(text, cancellationToken);
        await visitor.ReadToEndAsync(patience, cancellationToken);
        return visitor.Received;
    }

    public async Task SendAsync(string text, CancellationToken cancellationToken)
    {
        try
        {
            await _socket.SendAsync(Encoding.Latin1.GetBytes(text), cancellationToken);
        }
        catch (SocketException)
        {
            WasReset = true; // Refused before all of it was sent.
        }
    }

    public async Task SendAsync(byte[] bytes, CancellationToken cancellationToken) => await _socket.SendAsync(bytes, cancellationToken);

    /// <summary>Reads until <paramref name="text"/> was seen.</summary>
    public async Task ReadUntilAsync(string text, CancellationToken cancellationToken)
    {
        while (!Received.Contains(text, StringComparison.Ordinal))
        {
            if (!await ReadAsync(cancellationToken))
            {
                throw new EndOfStreamException($"The connection ended before '{text}'. It brought:\n{Received}");
            }
        }
    }

    /// <summary>Reads until the other side closes; false when it still had not when nothing came for <paramref name="patience"/>.</summary>
    public async Task<bool> ReadToEndAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            quiet.CancelAfter(patience);
            try
            {
                if (!await ReadAsync(quiet.Token))
                {
                    return true;
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            var count = await _socket.ReceiveAsync(buffer, cancellationToken);
            _received.Append(Encoding.Latin1.GetString(buffer, 0, count));
            return count > 0;
        }
        catch (SocketException)
        {
            WasReset = true;
            return false;
        }
    }
}
