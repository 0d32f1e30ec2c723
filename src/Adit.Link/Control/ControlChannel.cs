using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;

namespace Adit.Link;

/// <summary>
/// The control connection: JSON messages over a WebSocket. Any number of senders, one receiver. Remembers when the peer was last heard.
/// </summary>
internal sealed class ControlChannel(WebSocket socket, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _sendTurn = new(1, 1);
    private readonly SemaphoreSlim _receiveTurn = new(1, 1);
    private long _lastHeard = time.GetTimestamp();

    /// <summary>How long ago the peer was last heard.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _lastHeard));

    /// <summary>Sends one message.</summary>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async Task SendAsync(ControlMessage message, CancellationToken cancellationToken)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(message, LinkJson.Default.ControlMessage);
        await _sendTurn.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(bytes.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sendTurn.Release();
        }
    }

    /// <summary>Sends where nothing follows from it: that the connection is broken its receiver notices, and ends the link.</summary>
    public async Task TrySendAsync(ControlMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(message, cancellationToken);
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            // See above.
        }
    }

    /// <summary>Receives one message; null when the peer has closed. Holds no buffer while it waits.</summary>
    /// <exception cref="LinkStreamException">The peer sent something that is no control message.</exception>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async ValueTask<ControlMessage?> ReceiveAsync(CancellationToken cancellationToken)
    {
        await _receiveTurn.WaitAsync(cancellationToken);
        try
        {
            return await ReceiveCoreAsync(cancellationToken);
        }
        finally
        {
            _receiveTurn.Release();
        }
    }

    /// <summary>
    /// Closes with a last word, giving the peer two seconds to take it and close too; then drops the connection. A receive that is under
    /// way meanwhile goes on until the peer has closed.
    /// </summary>
    public async Task CloseAsync(ControlMessage? bye)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                if (bye is not null)
                    await SendAsync(bye, deadline.Token);
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
                while (socket.State == WebSocketState.CloseSent && await ReceiveAsync(deadline.Token) is not null)
                {
                    // To drop the connection with its words unread would drop ours too.
                }
            }
        }
        catch (Exception e) when (Wire.IsBroken(e) || e is InvalidOperationException)
        {
            // It is closed, then.
        }

        socket.Abort();
    }

    /// <summary>Drops the connection; a receive under way fails.</summary>
    public void Abort() => socket.Abort();

    /// <inheritdoc />
    public void Dispose() => socket.Dispose();

    private async ValueTask<ControlMessage?> ReceiveCoreAsync(CancellationToken cancellationToken)
    {
        var arrival = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
        if (arrival.MessageType == WebSocketMessageType.Close)
            return null;
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            for (var length = 0; ;)
            {
                if (length == buffer.Length)
                    buffer = Grow(buffer, length);
                var part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                if (part.MessageType == WebSocketMessageType.Close)
                    return null;
                length += part.Count;
                if (part.EndOfMessage)
                {
                    Volatile.Write(ref _lastHeard, time.GetTimestamp());
                    return Parse(buffer.AsSpan(0, length));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grow(byte[] buffer, int length)
    {
        if (length >= LinkProtocol.MaxControlMessage)
            throw new LinkStreamException(
                ResetCode.Protocol, $"The peer sent a control message of more than {LinkProtocol.MaxControlMessage} bytes.");
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(length * 4, LinkProtocol.MaxControlMessage));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static ControlMessage Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, LinkJson.Default.ControlMessage) is { } message)
                return message;
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new LinkStreamException(
            ResetCode.Protocol, "The peer sent a control message that is not JSON of the form the link protocol asks for.");
    }
}
