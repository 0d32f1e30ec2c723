using System.Runtime.CompilerServices;

namespace Adit.Link;

/// <summary>
/// The receiving half of a <see cref="LinkStream"/>: takes records off the connection, hands out the payload of DATA, and acts on the rest.
/// One caller at a time, which its turn makes sure of.
/// </summary>
internal sealed class StreamReceiver(DataConnection connection, StreamEnds ends, uint ordinal, Task handover, bool isOpener)
{
    // What a reset stream may still receive before its connection is dropped instead of used again, and how long it may take.
    private const long DrainBytes = 1024 * 1024;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private bool _isOpened;
    private long _drained;

    /// <inheritdoc cref="LinkStream.ReceiveAsync"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Memory<byte>> ReceiveAsync()
    {
        if (ends.ResetSent)
            throw ends.Failure!;
        if (!_turn.Wait(0))
            throw ends.Failure ?? (Exception)new InvalidOperationException("A stream is received from by one caller at a time.");
        try
        {
            return await ReceiveCoreAsync();
        }
        catch (Exception e) when (e is not LinkStreamException && Wire.IsBroken(e))
        {
            throw ends.Fail(DataConnection.Lost(e));
        }
        catch (LinkStreamException e) when (e.Code is ResetCode.Protocol or ResetCode.LinkLost && !ReferenceEquals(e, ends.Failure))
        {
            throw ends.Fail(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc cref="LinkStream.WaitOpenedAsync"/>
    public async ValueTask WaitOpenedAsync()
    {
        if (!_turn.Wait(0))
            throw ends.Failure ?? (Exception)new InvalidOperationException("A stream is received from by one caller at a time.");
        try
        {
            if (!handover.IsCompletedSuccessfully)
                await handover;
            while (!_isOpened)
            {
                if (ends.Failure is { } failure)
                    throw failure;
                if (await connection.Reader.ReadHeaderAsync() is not { } header)
                    throw ends.Fail(DataConnection.Lost());
                if (header.Type == RecordType.Data)
                    _isOpened = true;
                else
                    await HandleAsync(header);
            }
        }
        catch (Exception e) when (e is not LinkStreamException && Wire.IsBroken(e))
        {
            throw ends.Fail(DataConnection.Lost(e));
        }
        catch (LinkStreamException e) when (e.Code is ResetCode.Protocol or ResetCode.LinkLost && !ReferenceEquals(e, ends.Failure))
        {
            throw ends.Fail(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Tells the peer that the stream was given up, then throws away what is still on its way here, so that the connection can carry the
    /// next stream. What does not come to an end soon costs the connection. Never throws.
    /// </summary>
    public async Task ResetAsync(ResetCode code, string reason)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // The caller holds the lock.
        await using var deadline = connection.Time.CreateTimer(
            static c => ((DataConnection)c!).Abort(), connection, DrainTime, Timeout.InfiniteTimeSpan);
        try
        {
            await connection.SendAsync(new ResetPayload(ordinal, code, reason).ToRecord());
            await _turn.WaitAsync(); // A receive that is under way drains meanwhile, until the peer has ended.
            try
            {
                if (!handover.IsCompletedSuccessfully)
                    await handover;
                connection.Reader.LeaveBuffer(); // Whoever received last may still be sending what it was given.
                while (!ends.RemoteEnded)
                    await ReceiveCoreAsync();
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (LinkStreamException e) when (e.Code is ResetCode.LinkLost or ResetCode.Protocol && !ReferenceEquals(e, ends.Failure))
        {
            ends.Fail(e);
        }
        catch (LinkStreamException)
        {
            // The peer has ended too: the stream is over in order.
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            ends.Fail(DataConnection.Lost(e));
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Memory<byte>> ReceiveCoreAsync()
    {
        if (!handover.IsCompletedSuccessfully)
            await handover;
        var reader = connection.Reader;
        while (true)
        {
            if (ends.Failure is { } failure && !ends.ResetSent)
                throw failure;
            if (ends.RemoteEnded)
                return ends.Failure is null ? Memory<byte>.Empty : throw ends.Failure;
            if (reader.Remaining > 0)
            {
                var run = await reader.ReadRunAsync();
                if (!ends.ResetSent)
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
                _isOpened = true;
                ends.EndRemote();
                break;
            case RecordType.Opened when isOpener:
                _isOpened = true;
                break;
            case RecordType.Reset:
                await HandleResetAsync(ResetPayload.Read(await connection.Reader.ReadPayloadAsync()));
                break;
            case RecordType.Ping:
                await connection.SendSmallAsync(RecordType.Pong, await connection.Reader.ReadPayloadAsync());
                break;
            case RecordType.Pong:
                await connection.Reader.ReadPayloadAsync();
                break;
            default:
                throw new LinkStreamException(
                    ResetCode.Protocol, $"The peer sent a record of type {(byte)header.Type} inside of a stream.");
        }
    }

    private async ValueTask HandleResetAsync(ResetPayload reset)
    {
        if (reset.Ordinal < ordinal)
            return; // Of an earlier stream on this connection: it crossed our END.
        if (reset.Ordinal > ordinal)
            throw new LinkStreamException(ResetCode.Protocol, "The peer reset a stream that does not exist yet.");
        if (ends.TakeReset(new LinkStreamException(reset.Code, reset.Reason)))
            await connection.SendAsync(new ResetPayload(ordinal, ResetCode.None, "").ToRecord());
        ends.EndRemote(); // Not before the answer has left: the next stream's OPEN may follow at once.
    }
}
