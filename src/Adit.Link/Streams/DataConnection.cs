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
    private const int WatchedAndWanted = 3;
    private const int Dead = 4;

    private static readonly TimeSpan OpenOnItsWay = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _sendTurn = new(1, 1);
    private readonly byte[] _smallRecord = new byte[RecordHeader.Size + RecordHeader.MaxPing];
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _watching = Task.CompletedTask;
    private Action<DataConnection>? _returned;
    private int _state;
    private int _isLast;
    private ITimer? _ending;
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

    /// <summary>The OPEN record of a request.</summary>
    /// <exception cref="ArgumentException">The request is too long for one.</exception>
    public static byte[] OpenRecord(OpenRequest request)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(request, LinkJson.Default.OpenRequest);
        return payload.Length <= RecordHeader.MaxOpen
            ? Record(RecordType.Open, payload)
            : throw new ArgumentException("The target of a stream is too long for an OPEN record.", nameof(request));
    }

    /// <summary>
    /// Begins a stream if the connection is idle. Null when it is dead, or just reads something between streams: then it is given back
    /// through the function of <see cref="StartOpening"/> as soon as it is idle.
    /// </summary>
    /// <param name="request">Where the stream leads.</param>
    /// <param name="open">Its <see cref="OpenRecord"/>.</param>
    public async ValueTask<LinkStream?> TryOpenAsync(OpenRequest request, byte[] open)
    {
        while (Interlocked.CompareExchange(ref _state, InUse, Idle) is var was and not Idle)
        {
            if (was != Watched || Interlocked.CompareExchange(ref _state, WatchedAndWanted, Watched) == Watched)
                return null;
        }

        var stream = new LinkStream(this, request, ++_ordinal, _watching, opener: true);
        await SendAsync(open);
        return stream;
    }

    /// <summary>
    /// Called every few seconds while it is idle: asks a peer that was silent for long for a sign of life, and drops the connection when
    /// none came.
    /// </summary>
    public void TendIdle()
    {
        var silence = Silence;
        if (silence > LinkProtocol.DataPingAfter + LinkProtocol.DataPongWithin)
            TryFinishIdle();
        else if (silence > LinkProtocol.DataPingAfter && Volatile.Read(ref _state) is not (InUse or Dead))
            _ = PingAsync();
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
                if (Interlocked.CompareExchange(ref _state, Idle, InUse) != InUse)
                    break;
                if (Volatile.Read(ref _isLast) != 0)
                {
                    Finish();
                    break;
                }
            }
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            // Over.
        }
        finally
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
        if (Volatile.Read(ref _isLast) != 0)
        {
            Finish();
            return;
        }

        Volatile.Write(ref _lastHeard, _time.GetTimestamp());
        _watching = WatchIdleAsync(); // Nobody opens before the pool has it back, so the watch is in place by then.
        _returned(this);
    }

    /// <summary>Drops the connection. Never throws; safe from any thread, any number of times.</summary>
    public void Abort()
    {
        if (Interlocked.Exchange(ref _state, Dead) == Dead)
            return;
        _ending?.Dispose();
        Wire.Abort();
        _closed.TrySetResult();
    }

    /// <summary>
    /// Ends an idle connection in order: of the stream that was on it last, bytes may still be under way to a slow reader. Never throws.
    /// </summary>
    public void Finish()
    {
        if (Interlocked.Exchange(ref _state, Dead) != Dead)
            CloseWire();
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

    /// <summary>
    /// Ends the connection unless a stream is on it; then after that stream. The opener's side knows whether one is. The acceptor's side
    /// waits a moment, since an OPEN may be on its way.
    /// </summary>
    public void FinishIfIdle()
    {
        Interlocked.Exchange(ref _isLast, 1); // Before the look at the state: whoever ends a stream does it the other way round.
        if (_returned is not null)
            TryFinishIdle();
        else
            _ending = _time.CreateTimer(static c => ((DataConnection)c!).TryFinishIdle(), this, OpenOnItsWay, Timeout.InfiniteTimeSpan);
    }

    public override string ToString() =>
        $"stream {_ordinal}, {Volatile.Read(ref _state) switch { Idle => "idle", InUse => "in use", Watched or WatchedAndWanted => "reading between streams", _ => "dead" }}";

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
                if (Interlocked.CompareExchange(ref _state, Idle, Watched) == WatchedAndWanted
                    && Interlocked.CompareExchange(ref _state, Idle, WatchedAndWanted) == WatchedAndWanted)
                    _returned!(this); // Somebody took it from the pool while it was being read, and left it to us.
            }
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            // Falls through: dead.
        }

        Abort();
    }

    private void TryFinishIdle()
    {
        while (Volatile.Read(ref _state) is var was and not (InUse or Dead))
        {
            if (Interlocked.CompareExchange(ref _state, Dead, was) != was)
                continue;
            CloseWire();
            return;
        }
    }

    private void CloseWire()
    {
        _ending?.Dispose();
        Wire.Close();
        _closed.TrySetResult();
    }

    private async Task PingAsync()
    {
        try
        {
            await SendSmallAsync(RecordType.Ping, default);
        }
        catch (LinkStreamException)
        {
            // It is dead now, and says so itself.
        }
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
