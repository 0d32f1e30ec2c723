using System.Buffers;

namespace Adit.Link;

/// <summary>
/// One bidirectional flow of bytes on a link, with half-close and reset. It owns a data connection while it lives; the kernel's flow
/// control is its flow control, so a reader that stalls holds up nobody else.
/// </summary>
/// <remarks>
/// One task may receive and another send at the same time; <see cref="Reset"/> may be called by anyone at any time. Whoever got the stream
/// disposes it, and the connection returns to its pool when both directions have ended and the stream is disposed.
/// </remarks>
public sealed class LinkStream : IAsyncDisposable
{
    /// <summary>Bytes that <see cref="SendAsync"/> needs free at the front of its buffer.</summary>
    public const int HeaderLength = RecordHeader.Size;

    /// <summary>
    /// How much of bulk data to send at once, in bytes: with its record's header and the TLS frames around it, it fits a pooled array of
    /// 64 KB everywhere on its way.
    /// </summary>
    public const int BulkPayload = (64 * 1024) - 256;

    /// <summary>The largest payload of one record, in bytes.</summary>
    public const int MaxPayload = RecordHeader.MaxData;

    private readonly DataConnection _connection;
    private readonly StreamEnds _ends;
    private readonly StreamReceiver _receiver;
    private Memory<byte> _leftover;

    internal LinkStream(DataConnection connection, OpenRequest request, uint ordinal, Task handover, bool opener)
    {
        _connection = connection;
        _ends = new StreamEnds(connection);
        _receiver = new StreamReceiver(connection, _ends, ordinal, handover, opener);
        Request = request;
    }

    /// <summary>What the opener asked for.</summary>
    public OpenRequest Request { get; }

    /// <summary>The address of the peer of the data connection, for logs.</summary>
    public System.Net.EndPoint? Remote => _connection.Wire.Remote;

    // Completes when both directions have ended and the stream is disposed, or the connection is dead.
    internal Task Finished => _ends.Finished;

    /// <summary>
    /// Receives the next run of bytes: a slice of the connection's own buffer, valid until the next call, also when the stream is reset
    /// meanwhile. Empty means that the peer has ended. The four bytes before the slice may be overwritten.
    /// </summary>
    /// <exception cref="LinkStreamException">The stream was reset by either side, or its connection was lost.</exception>
    public ValueTask<Memory<byte>> ReceiveAsync() => _receiver.ReceiveAsync();

    /// <summary>
    /// For the opener: waits until the accepting side has connected the target, receiving no bytes of the stream. Call before anything
    /// else is received.
    /// </summary>
    /// <inheritdoc cref="ReceiveAsync" path="/exception"/>
    public ValueTask WaitOpenedAsync() => _receiver.WaitOpenedAsync();

    /// <summary>Receives into the caller's memory; 0 means that the peer has ended.</summary>
    /// <inheritdoc cref="ReceiveAsync" path="/exception"/>
    public async ValueTask<int> ReadAsync(Memory<byte> destination)
    {
        if (_leftover.IsEmpty)
            _leftover = await ReceiveAsync();
        var count = Math.Min(destination.Length, _leftover.Length);
        _leftover[..count].CopyTo(destination);
        _leftover = _leftover[count..];
        return count;
    }

    /// <summary>
    /// Sends one record in one call to the kernel and without a copy: the first <see cref="HeaderLength"/> bytes of the buffer are
    /// overwritten with its header, the rest (at most <see cref="MaxPayload"/>) is payload.
    /// </summary>
    /// <exception cref="LinkStreamException">The stream was reset by either side, or its connection was lost.</exception>
    public ValueTask SendAsync(Memory<byte> record)
    {
        var length = record.Length - HeaderLength;
        ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(record));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxPayload, nameof(record));
        _ends.ThrowIfNotWritable();
        RecordHeader.Write(record.Span, RecordType.Data, length);
        return _connection.SendAsync(record, _ends);
    }

    /// <summary>Sends bytes of any number, copying them.</summary>
    /// <inheritdoc cref="SendAsync" path="/exception"/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> payload)
    {
        while (!payload.IsEmpty)
        {
            var count = Math.Min(payload.Length, BulkPayload);
            var record = ArrayPool<byte>.Shared.Rent(HeaderLength + count);
            try
            {
                payload[..count].CopyTo(record.AsMemory(HeaderLength));
                await SendAsync(record.AsMemory(0, HeaderLength + count));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(record);
            }

            payload = payload[count..];
        }
    }

    /// <summary>Ends the sending direction; the peer may go on. Does nothing when it has ended already.</summary>
    public async ValueTask EndAsync()
    {
        if (!_ends.TryEndLocal())
            return;
        try
        {
            await _connection.SendSmallAsync(RecordType.End, default, _ends);
        }
        catch (LinkStreamException e) when (!ReferenceEquals(e, _ends.Failure))
        {
            throw _ends.Fail(e);
        }
        catch (LinkStreamException)
        {
            // The stream was reset meanwhile, and RESET says more than END.
        }

        _ends.EndSent();
    }

    /// <summary>Tells the opener that the target is connected.</summary>
    public async ValueTask ConfirmOpenedAsync()
    {
        _ends.ThrowIfNotWritable();
        await _connection.SendSmallAsync(RecordType.Opened, default, _ends);
    }

    /// <summary>
    /// Gives the stream up, telling the peer why. Calls under way and to come fail with the same code. Never throws and never waits.
    /// </summary>
    public void Reset(ResetCode code, string reason) => _ends.TryReset(code, reason, _receiver);

    /// <summary>The stream as a <see cref="Stream"/>, for <see cref="HttpClient"/> and the like. Disposing it disposes this.</summary>
    public Stream AsStream() => new LinkStreamAdapter(this);

    /// <summary>Resets what has not ended and gives the connection back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_ends.TryDispose())
            return;
        Reset(ResetCode.Cancelled, "The stream was given up.");
        await _ends.Resetting;
        _ends.FinishIfDone();
    }
}
