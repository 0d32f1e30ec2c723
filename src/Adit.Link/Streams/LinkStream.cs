using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

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

    /// <summary>The largest payload of one record, in bytes.</summary>
    public const int MaxPayload = RecordHeader.MaxData;

    // What a reset stream may still receive before its connection is dropped instead of used again, and how long it may take.
    private const long DrainBytes = 1024 * 1024;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    private readonly DataConnection _connection;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _receiveTurn = new(1, 1);
    private readonly uint _ordinal;
    private readonly bool _isOpener;
    private TaskCompletionSource? _opened;
    private Task _handover;
    private Task _resetting = Task.CompletedTask;
    private LinkStreamException? _failure;
    private bool _isOpened;
    private bool _localEnded;
    private bool _remoteEnded;
    private bool _resetSent;
    private bool _disposed;
    private long _drained;
    private Memory<byte> _leftover;

    internal LinkStream(DataConnection connection, OpenRequest request, uint ordinal, Task handover, bool opener)
    {
        _connection = connection;
        Request = request;
        _ordinal = ordinal;
        _handover = handover;
        _isOpener = opener;
    }

    /// <summary>What the opener asked for.</summary>
    public OpenRequest Request { get; }

    /// <summary>
    /// For the opener: completes when the accepting side has connected the target, and faults with <see cref="LinkStreamException"/> when
    /// it has not. It progresses only while somebody receives. Sending need not wait for it.
    /// </summary>
    public Task Opened
    {
        get
        {
            lock (_lock)
            {
                if (_isOpened)
                    return Task.CompletedTask;
                if (_failure is { } failure)
                    return Task.FromException(failure);
                _opened ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _opened.Task;
            }
        }
    }

    /// <summary>The address of the peer of the data connection, for logs.</summary>
    public System.Net.EndPoint? Remote => _connection.Wire.Remote;

    // Completes when both directions have ended and the stream is disposed, or the connection is dead.
    internal Task Finished => _finished.Task;

    /// <summary>
    /// Receives the next run of bytes: a slice of the connection's own buffer, valid until the next call. Empty means that the peer has
    /// ended. The four bytes before the slice may be overwritten.
    /// </summary>
    /// <exception cref="LinkStreamException">The stream was reset by either side, or its connection was lost.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Memory<byte>> ReceiveAsync()
    {
        if (_resetSent)
            throw _failure!;
        if (!_receiveTurn.Wait(0))
            throw _failure ?? (Exception)new InvalidOperationException("A stream is received from by one caller at a time.");
        try
        {
            return await ReceiveCoreAsync();
        }
        catch (Exception e) when (e is not LinkStreamException && Wire.IsBroken(e))
        {
            throw Fail(DataConnection.Lost(e));
        }
        catch (LinkStreamException e) when (e.Code is ResetCode.Protocol or ResetCode.LinkLost && !ReferenceEquals(e, _failure))
        {
            throw Fail(e);
        }
        finally
        {
            _receiveTurn.Release();
        }
    }

    /// <summary>
    /// For the opener: waits until the accepting side has connected the target, receiving no bytes of the stream. Call before anything
    /// else is received.
    /// </summary>
    /// <inheritdoc cref="ReceiveAsync" path="/exception"/>
    public async ValueTask WaitOpenedAsync()
    {
        if (!_receiveTurn.Wait(0))
            throw _failure ?? (Exception)new InvalidOperationException("A stream is received from by one caller at a time.");
        try
        {
            if (!_handover.IsCompletedSuccessfully)
                await _handover;
            while (!_isOpened)
            {
                if (_failure is { } failure)
                    throw failure;
                if (await _connection.Reader.ReadHeaderAsync() is not { } header)
                    throw Fail(DataConnection.Lost());
                if (header.Type == RecordType.Data)
                    ConfirmOpened();
                else
                    await HandleAsync(header);
            }
        }
        catch (Exception e) when (e is not LinkStreamException && Wire.IsBroken(e))
        {
            throw Fail(DataConnection.Lost(e));
        }
        catch (LinkStreamException e) when (e.Code is ResetCode.Protocol or ResetCode.LinkLost && !ReferenceEquals(e, _failure))
        {
            throw Fail(e);
        }
        finally
        {
            _receiveTurn.Release();
        }
    }

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
        ThrowIfNotWritable();
        RecordHeader.Write(record.Span, RecordType.Data, length);
        return _connection.SendAsync(record);
    }

    /// <summary>Sends bytes of any number, copying them.</summary>
    /// <inheritdoc cref="SendAsync" path="/exception"/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> payload)
    {
        const int Piece = (64 * 1024) - HeaderLength;
        while (!payload.IsEmpty)
        {
            var count = Math.Min(payload.Length, Piece);
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
        lock (_lock)
        {
            if (_localEnded || _failure is not null)
                return;
            _localEnded = true;
        }

        try
        {
            await _connection.SendSmallAsync(RecordType.End, default);
        }
        catch (LinkStreamException e)
        {
            throw Fail(e);
        }

        FinishIfDone();
    }

    /// <summary>Tells the opener that the target is connected.</summary>
    public async ValueTask ConfirmOpenedAsync()
    {
        ThrowIfNotWritable();
        await _connection.SendSmallAsync(RecordType.Opened, default);
    }

    /// <summary>
    /// Gives the stream up, telling the peer why. Calls under way and to come fail with the same code. Never throws and never waits.
    /// </summary>
    public void Reset(ResetCode code, string reason)
    {
        TaskCompletionSource? opened;
        lock (_lock)
        {
            if (_resetSent || (_localEnded && _remoteEnded) || _failure is { Code: ResetCode.LinkLost })
                return;
            _resetSent = true;
            _localEnded = true;
            _failure ??= new LinkStreamException(code, reason);
            opened = _opened;
            _resetting = FinishResetAsync(code, reason);
        }

        opened?.TrySetException(_failure);
    }

    /// <summary>The stream as a <see cref="Stream"/>, for <see cref="HttpClient"/> and the like. Disposing it disposes this.</summary>
    public Stream AsStream() => new LinkStreamAdapter(this);

    /// <summary>Resets what has not ended and gives the connection back.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        Reset(ResetCode.Cancelled, "The stream was given up.");
        await _resetting;
        FinishIfDone();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Memory<byte>> ReceiveCoreAsync()
    {
        if (!_handover.IsCompletedSuccessfully)
            await _handover;
        var reader = _connection.Reader;
        while (true)
        {
            if (_failure is { } failure && !_resetSent)
                throw failure;
            if (_remoteEnded)
                return _failure is null ? Memory<byte>.Empty : throw _failure;
            if (reader.Remaining > 0)
            {
                var run = await reader.ReadRunAsync();
                if (!_resetSent)
                    return run;
                if ((_drained += run.Length) > DrainBytes)
                    throw DataConnection.Lost();
                continue;
            }

            if (await reader.ReadHeaderAsync() is not { } header)
                throw DataConnection.Lost();
            if (header.Type != RecordType.Data)
                await HandleAsync(header);
        }
    }

    private async ValueTask HandleAsync(RecordHeader header)
    {
        switch (header.Type)
        {
            case RecordType.End:
                EndRemote(null);
                break;
            case RecordType.Opened when _isOpener:
                ConfirmOpened();
                break;
            case RecordType.Reset:
                await HandleResetAsync(await _connection.Reader.ReadPayloadAsync());
                break;
            case RecordType.Ping:
                await _connection.SendSmallAsync(RecordType.Pong, await _connection.Reader.ReadPayloadAsync());
                break;
            case RecordType.Pong:
                await _connection.Reader.ReadPayloadAsync();
                break;
            default:
                throw new LinkStreamException(ResetCode.Protocol, $"The peer sent a record of type {(byte)header.Type} inside of a stream.");
        }
    }

    private async ValueTask HandleResetAsync(byte[] payload)
    {
        if (payload.Length < 6)
            throw new LinkStreamException(ResetCode.Protocol, "The peer sent a RESET record that is too short.");
        var ordinal = BinaryPrimitives.ReadUInt32BigEndian(payload);
        if (ordinal != _ordinal)
        {
            if (ordinal < _ordinal)
                return; // Of an earlier stream on this connection: it crossed our END.
            throw new LinkStreamException(ResetCode.Protocol, "The peer reset a stream that does not exist yet.");
        }

        var code = (ResetCode)BinaryPrimitives.ReadUInt16BigEndian(payload.AsSpan(4));
        var answer = EndRemote(new LinkStreamException(code, Encoding.UTF8.GetString(payload.AsSpan(6))));
        if (answer)
            await _connection.SendAsync(ResetRecord(ResetCode.None, ""));
    }

    // The peer sends no more. Returns whether a RESET has to be answered with ours.
    private bool EndRemote(LinkStreamException? reset)
    {
        TaskCompletionSource? opened;
        bool answer;
        lock (_lock)
        {
            _remoteEnded = true;
            answer = reset is not null && !_localEnded;
            if (reset is not null)
            {
                _failure ??= reset;
                _localEnded = true;
            }

            opened = _opened;
        }

        if (reset is not null)
            opened?.TrySetException(reset);
        else
            ConfirmOpened();
        return answer;
    }

    private void ConfirmOpened()
    {
        TaskCompletionSource? opened;
        lock (_lock)
        {
            _isOpened = true;
            opened = _opened;
        }

        opened?.TrySetResult();
    }

    // Tells the peer, then throws away what is still on its way here, so that the connection can carry the next stream. What does not
    // come to an end soon costs the connection.
    private async Task FinishResetAsync(ResetCode code, string reason)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // The caller holds the lock.
        await using var deadline = _connection.Time.CreateTimer(
            static c => ((DataConnection)c!).Abort(), _connection, DrainTime, Timeout.InfiniteTimeSpan);
        try
        {
            await _connection.SendAsync(ResetRecord(code, reason));
            await _receiveTurn.WaitAsync(); // A receive that is under way drains meanwhile, until the peer has ended.
            try
            {
                while (!_remoteEnded)
                    await ReceiveCoreAsync();
            }
            finally
            {
                _receiveTurn.Release();
            }
        }
        catch (LinkStreamException e) when (e.Code is ResetCode.LinkLost or ResetCode.Protocol)
        {
            Fail(e);
        }
        catch (LinkStreamException)
        {
            // The peer has ended too: the stream is over in order.
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            Fail(DataConnection.Lost(e));
        }
    }

    private byte[] ResetRecord(ResetCode code, string reason)
    {
        var text = Encoding.UTF8.GetBytes(reason);
        var payload = new byte[6 + Math.Min(text.Length, RecordHeader.MaxReset - 6)];
        BinaryPrimitives.WriteUInt32BigEndian(payload, _ordinal);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(4), (ushort)code);
        text.AsSpan(0, payload.Length - 6).CopyTo(payload.AsSpan(6));
        return DataConnection.Record(RecordType.Reset, payload);
    }

    private void ThrowIfNotWritable()
    {
        if (_failure is { } failure)
            throw failure;
        if (_localEnded)
            throw new InvalidOperationException("The stream's sending direction has ended.");
    }

    private LinkStreamException Fail(LinkStreamException failure)
    {
        TaskCompletionSource? opened;
        lock (_lock)
        {
            _failure ??= failure;
            _localEnded = _remoteEnded = true;
            opened = _opened;
        }

        opened?.TrySetException(_failure);
        _connection.Abort();
        FinishIfDone();
        return _failure;
    }

    private void FinishIfDone()
    {
        lock (_lock)
        {
            if (!_disposed || !_localEnded || !_remoteEnded || _finished.Task.IsCompleted)
                return;
        }

        if (_finished.TrySetResult())
            _connection.StreamFinished();
    }
}
