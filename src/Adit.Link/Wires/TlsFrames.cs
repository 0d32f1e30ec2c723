using System.Buffers;
using System.Buffers.Binary;

namespace Adit.Link;

/// <summary>
/// What lies under a <see cref="TlsStream"/>: receives as much as there is and hands it on in whole TLS frames (RFC 8446 section 5.1), so
/// that it is known whether the next one is there; and joins the frames of one write. Buffers are held only while they have bytes in them. One caller reads and one writes at a time.
/// </summary>
/// <param name="transport">What carries the frames; owned.</param>
internal sealed class TlsFrames(Stream transport) : Stream
{
    /// <summary>The most plaintext that one frame carries, in bytes.</summary>
    public const int MaxPlaintext = 16 * 1024;

    private const int HeaderSize = 5;
    private const byte ApplicationData = 23;

    // What a peer that has not sent a frame of bulk yet can have held for it, with half a frame and nothing after it: the door serves
    // strangers. From the first bulk frame on a receive takes several.
    private const int FirstReceiveSize = 4 * 1024;
    private const int BulkReceiveSize = 64 * 1024;

    // Handshake messages that come later (tickets, key updates) are far shorter. Reading one of them would wait for what follows it.
    private const int LeastBulkFrame = 4 * 1024;

    // What the suites of today add to a frame: header, nonce and tag. Where one adds more, the frames leave in two calls.
    private const int FrameOverhead = 40;

    private byte[]? _received;
    private int _receiveSize = FirstReceiveSize;
    private bool _isBulk;
    private int _start;
    private int _end;
    private int _frameRest;
    private byte[]? _held;
    private int _heldLength;

    /// <summary>Whether the next frame is here as a whole and carries data: reading it waits for nothing.</summary>
    public bool HasBulkFrame =>
        _frameRest == 0 && _end - _start > LeastBulkFrame && _received![_start] == ApplicationData
        && FrameLength(_start) is > LeastBulkFrame and var length && length <= _end - _start;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    // ---- Receiving ---------------------------------------------------------------------------------------------------------------

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return _start < _end ? 0 : await transport.ReadAsync(buffer, cancellationToken);
        while (_start == _end || (_frameRest == 0 && _end - _start < HeaderSize))
        {
            if (await ReceiveAsync(cancellationToken))
                continue;
            if (_start == _end)
                return 0;
            break; // The end, in the middle of a header: whoever decrypts says so.
        }

        var count = Take(buffer.Length);
        _received.AsMemory(_start, count).CopyTo(buffer);
        _start += count;
        if (_start == _end)
            ReleaseReceived();
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // How many bytes to hand on now: the rest of a frame that was begun, and all whole frames after it; part of a frame only when there is
    // nothing else.
    private int Take(int most)
    {
        var available = Math.Min(most, _end - _start);
        var count = Math.Min(available, _frameRest);
        _frameRest -= count;
        if (_isBulk && _frameRest == 0)
            _receiveSize = BulkReceiveSize; // Its beginning alone anybody can send.
        while (_frameRest == 0 && available - count >= HeaderSize && FrameLength(_start + count) is var length && length <= available - count)
            count += length;
        if (count > 0)
            return count;
        if (available >= HeaderSize)
        {
            _frameRest = FrameLength(_start) - available;
            _isBulk = _received![_start] == ApplicationData && FrameLength(_start) > LeastBulkFrame;
        }

        return available;
    }

    private int FrameLength(int at) => HeaderSize + BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(at + 3));

    private async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        _received ??= ArrayPool<byte>.Shared.Rent(_receiveSize);
        if (_start > 0)
        {
            _received.AsSpan(_start, _end - _start).CopyTo(_received);
            _end -= _start;
            _start = 0;
        }

        var count = 0;
        try
        {
            count = await transport.ReadAsync(_received.AsMemory(_end), cancellationToken);
            _end += count;
            return count > 0;
        }
        finally
        {
            if (_end == 0)
                ReleaseReceived();
        }
    }

    private void ReleaseReceived()
    {
        _start = _end = 0;
        if (_received is { } buffer)
        {
            _received = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // ---- Sending -----------------------------------------------------------------------------------------------------------------

    /// <summary>From here on frames are collected instead of sent.</summary>
    /// <param name="plaintext">How many bytes are going to be encrypted.</param>
    public void Hold(int plaintext)
    {
        _heldLength = 0;
        _held = ArrayPool<byte>.Shared.Rent(SizeOf(plaintext));
    }

    /// <summary>How many bytes the frames of so many bytes of plaintext take.</summary>
    public static int SizeOf(int plaintext) => plaintext + (((plaintext / MaxPlaintext) + 1) * FrameOverhead);

    /// <summary>Sends what was collected.</summary>
    public ValueTask SendHeldAsync(CancellationToken cancellationToken) => transport.WriteAsync(_held.AsMemory(0, _heldLength), cancellationToken);

    /// <summary>Ends collecting.</summary>
    public void Drop()
    {
        if (_held is { } buffer)
        {
            _held = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _held is null ? transport.WriteAsync(buffer, cancellationToken) : CollectAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => transport.Write(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // The buffers are left to the collector: a call that is under way may still use them.
        if (disposing)
            transport.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask CollectAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        if (buffer.Length > _held!.Length - _heldLength)
        {
            await SendHeldAsync(cancellationToken);
            _heldLength = 0;
        }

        if (buffer.Length > _held.Length)
        {
            await transport.WriteAsync(buffer, cancellationToken);
            return;
        }

        buffer.CopyTo(_held.AsMemory(_heldLength));
        _heldLength += buffer.Length;
    }
}
