using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Adit.Link;

/// <summary>
/// A data connection: a wire that carries one stream at a time and is used again for the next. One side opens streams on it, the other
/// accepts them; which is which was settled by the ticket it was made with.
/// </summary>
/// <remarks>
/// Life: idle → a stream → idle … → dead. Between streams the opener's side is watched for PONG, a late RESET or the end of the wire,
/// and the acceptor's side waits for OPEN; neither holds a buffer then. A stream's ordinal (1, 2, …, counted by both sides at each OPEN)
/// tells a late RESET of an earlier stream from one of this stream.
/// </remarks>
internal sealed class DataConnection
{
    private const int Idle = 0;
    private const int InUse = 1;
    private const int Watched = 2;
    private const int Dead = 3;

    private readonly SemaphoreSlim _sendTurn = new(1, 1);
    private readonly byte[] _smallRecord = new byte[RecordHeader.Size + RecordHeader.MaxPing];
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _watching = Task.CompletedTask;
    private Action<DataConnection>? _returned;
    private int _state;
    private volatile bool _isLast;
    private volatile bool _isWanted;
    private uint _ordinal;
    private long _lastHeard;

    public DataConnection(Wire wire, TimeProvider time)
    {
        Wire = wire;
        Reader = new RecordReader(wire);
        _time = time;
        _lastHeard = time.GetTimestamp();
    }

    public Wire Wire { get; }

    public RecordReader Reader { get; }

    public TimeProvider Time => _time;

    /// <summary>Completes when the connection is dead.</summary>
    public Task Closed => _closed.Task;

    public bool IsDead => Volatile.Read(ref _state) == Dead;

    /// <summary>How long ago the peer was last heard while idle.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _lastHeard));

    // ---- The opener's side -------------------------------------------------------------------------------------------------------

    /// <summary>Starts the life of an opener's connection: idle and watched. <paramref name="returned"/> is called whenever it is idle again.</summary>
    public void StartOpening(Action<DataConnection> returned)
    {
        _returned = returned;
        _watching = WatchIdleAsync();
    }

    /// <summary>
    /// Begins a stream if the connection is idle. Null when it is dead, or just reads something between streams: then it is given back
    /// through the function of <see cref="StartOpening"/> as soon as it is idle.
    /// </summary>
    public async ValueTask<LinkStream?> TryOpenAsync(OpenRequest request)
    {
        if (Interlocked.CompareExchange(ref _state, InUse, Idle) != Idle)
        {
            _isWanted = true;
            if (Interlocked.CompareExchange(ref _state, InUse, Idle) != Idle)
                return null;
            _isWanted = false;
        }

        var record = Record(RecordType.Open, JsonSerializer.SerializeToUtf8Bytes(request, LinkJson.Default.OpenRequest));
        if (record.Length > RecordHeader.Size + RecordHeader.MaxOpen)
        {
            Interlocked.CompareExchange(ref _state, Idle, InUse);
            throw new ArgumentException("The target of a stream is too long for an OPEN record.", nameof(request));
        }

        var stream = new LinkStream(this, request, ++_ordinal, _watching, opener: true);
        await SendAsync(record);
        return stream;
    }

    /// <summary>Asks the peer of an idle connection for a sign of life.</summary>
    public async ValueTask PingAsync()
    {
        if (Volatile.Read(ref _state) is Idle or Watched)
            await SendSmallAsync(RecordType.Ping, default);
    }

    // ---- The acceptor's side -----------------------------------------------------------------------------------------------------

    /// <summary>
    /// Accepts streams until the connection ends, one after the other. Each is given to <paramref name="accept"/>, which must dispose it.
    /// </summary>
    public async Task AcceptAsync(Func<LinkStream, Task> accept)
    {
        try
        {
            while (true)
            {
                await Reader.WaitAsync();
                if (await Reader.ReadHeaderAsync() is not { } header)
                    break;
                if (header.Type != RecordType.Open)
                {
                    await HandleIdleAsync(header);
                    continue;
                }

                var stream = new LinkStream(this, ParseOpen(await Reader.ReadPayloadAsync()), ++_ordinal, Task.CompletedTask, opener: false);
                if (Interlocked.CompareExchange(ref _state, InUse, Idle) != Idle)
                    break;
                await accept(stream);
                await stream.Finished;
                if (Interlocked.CompareExchange(ref _state, Idle, InUse) != InUse || _isLast)
                    break;
            }

            Abort();
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            Abort();
        }
    }

    // ---- Both sides --------------------------------------------------------------------------------------------------------------

    /// <summary>Sends a record whose first four bytes are its header already. Records of several callers never mix.</summary>
    /// <param name="record">The record.</param>
    /// <param name="ends">
    /// Of the stream whose DATA it is; null for what may leave always. Asked when it is the record's turn: a RESET may have gone before it,
    /// and what leaves after that would be taken for the next stream's.
    /// </param>
    /// <exception cref="LinkStreamException">
    /// The connection broke; it is dead then, since half a record may have been sent. Or the stream failed before the record's turn came.
    /// </exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(ReadOnlyMemory<byte> record, StreamEnds? ends = null)
    {
        if (!_sendTurn.Wait(0))
            await _sendTurn.WaitAsync();
        try
        {
            ends?.ThrowIfNotWritable();
            await Wire.SendAsync(record);
        }
        catch (Exception e) when (e is not LinkStreamException && Wire.IsBroken(e))
        {
            Abort();
            throw Lost(e);
        }
        finally
        {
            _sendTurn.Release();
        }
    }

    /// <summary>Sends a record of at most 16 bytes of payload.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async ValueTask SendSmallAsync(RecordType type, ReadOnlyMemory<byte> payload, StreamEnds? ends = null)
    {
        if (!_sendTurn.Wait(0))
            await _sendTurn.WaitAsync();
        try
        {
            if (type == RecordType.End)
                ends?.ThrowIfReset(); // Its own sending direction has ended by now.
            else
                ends?.ThrowIfNotWritable();
            RecordHeader.Write(_smallRecord, type, payload.Length);
            payload.CopyTo(_smallRecord.AsMemory(RecordHeader.Size));
            await Wire.SendAsync(_smallRecord.AsMemory(0, RecordHeader.Size + payload.Length));
        }
        catch (Exception e) when (e is not LinkStreamException && Wire.IsBroken(e))
        {
            Abort();
            throw Lost(e);
        }
        finally
        {
            _sendTurn.Release();
        }
    }

    /// <summary>The stream on this connection is over for both sides and for its owner.</summary>
    public void StreamFinished()
    {
        if (_returned is null)
            return; // The acceptor's loop waits for the stream itself.
        if (Interlocked.CompareExchange(ref _state, Idle, InUse) != InUse)
            return;
        Volatile.Write(ref _lastHeard, _time.GetTimestamp());
        _watching = WatchIdleAsync(); // Nobody opens before the pool has it back, so the watch is in place by then.
        _returned(this);
    }

    /// <summary>Drops the connection. Never throws; safe from any thread, any number of times.</summary>
    public void Abort()
    {
        if (Interlocked.Exchange(ref _state, Dead) == Dead)
            return;
        Wire.Abort();
        _closed.TrySetResult();
    }

    /// <summary>
    /// Drops the connection when its peer stopped acknowledging what is sent to it. To be called every few seconds: while bytes are under
    /// way neither keepalive nor PING finds a peer that is gone. An idle connection has none under way but a PING, which has its own time.
    /// </summary>
    public void AbortIfUnanswered()
    {
        if (Volatile.Read(ref _state) == InUse && Wire.IsUnanswered)
            Abort();
    }

    /// <summary>Drops the connection unless a stream is on it; then after that stream.</summary>
    public void AbortIfIdle()
    {
        _isLast = true;
        if (Volatile.Read(ref _state) != InUse)
            Abort();
    }

    public override string ToString() =>
        $"stream {_ordinal}, {Volatile.Read(ref _state) switch { Idle => "idle", InUse => "in use", Watched => "reading between streams", _ => "dead" }}";

    public static LinkStreamException Lost(Exception? inner = null) =>
        new(ResetCode.LinkLost, "The connection between hub and client was lost.", inner);

    public static byte[] Record(RecordType type, ReadOnlySpan<byte> payload)
    {
        var record = new byte[RecordHeader.Size + payload.Length];
        RecordHeader.Write(record, type, payload.Length);
        payload.CopyTo(record.AsSpan(RecordHeader.Size));
        return record;
    }

    // Watches an idle opener's connection. Ends when a stream has begun (the stream then reads on from here) or the wire has ended.
    private async Task WatchIdleAsync()
    {
        try
        {
            while (true)
            {
                await Reader.WaitAsync();
                var was = Interlocked.CompareExchange(ref _state, Watched, Idle);
                if (was != Idle)
                {
                    return; // In use: the bytes belong to the stream.
                }

                if (await Reader.ReadHeaderAsync() is not { } header)
                    break;
                await HandleIdleAsync(header);
                if (Interlocked.CompareExchange(ref _state, Idle, Watched) == Watched && _isWanted)
                    GiveBack();
            }
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            // Falls through: dead.
        }

        Abort();
    }

    // Somebody took it from the pool while it was being read and left it to us. Whoever opens it at this very moment wins.
    private void GiveBack()
    {
        _isWanted = false;
        _returned!(this);
    }

    private async ValueTask HandleIdleAsync(RecordHeader header)
    {
        var payload = await Reader.ReadPayloadAsync();
        Volatile.Write(ref _lastHeard, _time.GetTimestamp());
        switch (header.Type)
        {
            case RecordType.Ping:
                await SendSmallAsync(RecordType.Pong, payload);
                break;
            case RecordType.Pong:
            case RecordType.Reset: // Of a stream that is over: it crossed our END.
                break;
            default:
                throw new LinkStreamException(ResetCode.Protocol, $"The peer sent a record of type {(byte)header.Type} outside of a stream.");
        }
    }

    private static OpenRequest ParseOpen(byte[] payload)
    {
        try
        {
            if (JsonSerializer.Deserialize(payload, LinkJson.Default.OpenRequest) is { Target.Length: > 0 and <= 1024 } request)
                return request;
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new LinkStreamException(ResetCode.Protocol, "The peer sent an OPEN record that is not the JSON this protocol asks for.");
    }
}
