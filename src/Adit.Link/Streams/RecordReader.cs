using System.Buffers;
using System.Runtime.CompilerServices;

namespace Adit.Link;

/// <summary>
/// Cuts what a wire receives into records. Payload is handed out as slices of the receive buffer, in runs as they arrive, never copied
/// and never collected. One caller at a time.
/// </summary>
/// <remarks>
/// The buffer starts small and follows the traffic: a full read moves it one size up, a series of small ones back down, an idle
/// connection holds none. While a record's payload is being read, a receive asks for at most the rest of it and the next header, so that
/// bulk data arrives as one run per receive. The four bytes before a run are always consumed already and may be overwritten: a relay
/// puts its own header there and sends without copying.
/// </remarks>
internal sealed class RecordReader(Wire wire)
{
    private const int SmallReadsBeforeShrinking = 64;

    // 64 KB take a whole record of a pump in one receive; more would only be held by whoever stalls.
    private static readonly int[] Sizes = [2 * 1024, 16 * 1024, 64 * 1024];

    private byte[]? _buffer;
    private int _size;
    private int _rented;
    private int _start;
    private int _end;
    private int _remaining;
    private int _smallReads;

    /// <summary>Payload bytes of the current record not yet handed out.</summary>
    public int Remaining => _remaining;

    /// <summary>Waits until there is something to read or the wire has ended, holding no buffer meanwhile.</summary>
    public async ValueTask WaitAsync()
    {
        if (_start < _end)
            return;
        Release();
        await wire.ReceiveAsync(Memory<byte>.Empty);
    }

    /// <summary>Reads the next header; null when the wire ended between records.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RecordHeader?> ReadHeaderAsync()
    {
        while (_end - _start < RecordHeader.Size)
        {
            if (await FillAsync(int.MaxValue))
                continue;
            if (_start == _end)
                return null;
            throw Broken();
        }

        var header = RecordHeader.Read(_buffer.AsSpan(_start));
        _start += RecordHeader.Size;
        _remaining = header.Length;
        return header;
    }

    /// <summary>The next run of the current record's payload: at least one byte. Call only while <see cref="Remaining"/> is above 0.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Memory<byte>> ReadRunAsync()
    {
        if (_start == _end && !await FillAsync(_remaining + RecordHeader.Size))
            throw Broken();
        var count = Math.Min(_remaining, _end - _start);
        var run = _buffer.AsMemory(_start, count);
        _start += count;
        _remaining -= count;
        return run;
    }

    /// <summary>Reads the whole payload of a small record.</summary>
    public async ValueTask<byte[]> ReadPayloadAsync()
    {
        var payload = new byte[_remaining];
        for (var at = 0; _remaining > 0;)
        {
            var run = await ReadRunAsync();
            run.CopyTo(payload.AsMemory(at));
            at += run.Length;
        }

        return payload;
    }

    /// <summary>Gives the buffer back; for an idle or dead connection. Nothing may be unread.</summary>
    public void Release()
    {
        if (_buffer is { } buffer && _start == _end)
        {
            _buffer = null;
            _start = _end = 0;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Leaves the buffer to whoever may still use the last run, and goes on in another with what is unread. It does not go back to its
    /// pool: nobody knows when its user is done.
    /// </summary>
    public void LeaveBuffer()
    {
        if (_buffer is not { } left)
            return;
        _buffer = _start < _end ? ArrayPool<byte>.Shared.Rent(left.Length) : null;
        if (_buffer is null)
            _start = _end = 0;
        else
            left.AsSpan(_start, _end - _start).CopyTo(_buffer.AsSpan(_start));
    }

    private static LinkStreamException Broken() => new(ResetCode.LinkLost, "The data connection closed in the middle of a record.");

    // Receives once, at most `most` bytes. False at the end of the wire.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(int most)
    {
        Prepare(most);
        var room = Math.Min(most, _buffer!.Length - _end);
        var count = await wire.ReceiveAsync(_buffer.AsMemory(_end, room));
        if (count == 0)
            return false;
        _end += count;
        Adapt(count);
        return true;
    }

    // Makes room at the end: headroom of one header is always left at the front. What is unread here is at most 3 bytes of a header.
    private void Prepare(int most)
    {
        var unread = _end - _start;
        if (_smallReads >= SmallReadsBeforeShrinking && _size > 0)
        {
            _smallReads = 0;
            _size--;
        }

        if (unread == 0 && _buffer is not null && _rented != _size)
            Release();
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Sizes[_size]);
            _rented = _size;
        }

        if (_start > RecordHeader.Size || _start == 0)
        {
            _buffer.AsSpan(_start, unread).CopyTo(_buffer.AsSpan(RecordHeader.Size));
            _start = RecordHeader.Size;
            _end = _start + unread;
        }
    }

    private void Adapt(int count)
    {
        if (_end == _buffer!.Length && _size == _rented && _size < Sizes.Length - 1)
        {
            _size++;
            _smallReads = 0;
        }
        else if (count < Sizes[_rented] / 8)
        {
            _smallReads++;
        }
        else
        {
            _smallReads = 0;
        }
    }
}
