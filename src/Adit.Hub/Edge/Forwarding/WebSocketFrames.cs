namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// Follows one direction of a WebSocket to know where its frames end (RFC 6455 section 5.2). Reads headers and counts payload; what is in a
/// payload, extensions and fragments included, does not matter. A mutable value: keep it in a field, never in a copy.
/// </summary>
internal struct WebSocketFrames
{
    private const int Close = 0x8;

    private ulong _payload;
    private ulong _length;
    private byte _seen;
    private byte _opcode;
    private byte _lengthLeft;
    private byte _maskLeft;

    /// <summary>Whether the last frame is complete and no other has begun, so that one of ours may go in between.</summary>
    public readonly bool IsBetweenFrames => _seen == 0 && _payload == 0;

    /// <summary>Whether a close frame has come: this end will say no more (section 5.5.1).</summary>
    public bool HasClosed { readonly get; private set; }

    /// <summary>Bytes have passed.</summary>
    public void Advance(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[Step(bytes)..];
    }

    /// <summary>Passes bytes up to the end of the frame that has begun.</summary>
    /// <returns>How many that are; all of them when it does not end here, none when none has begun.</returns>
    public int AdvanceToEnd(ReadOnlySpan<byte> bytes)
    {
        var count = 0;
        while (!IsBetweenFrames && count < bytes.Length)
            count += Step(bytes[count..]);
        return count;
    }

    // As much of the payload as there is, or one byte of a header.
    private int Step(ReadOnlySpan<byte> bytes)
    {
        if (_payload > 0)
        {
            var count = (int)Math.Min((ulong)bytes.Length, _payload);
            _payload -= (ulong)count;
            return count;
        }

        TakeOfHeader(bytes[0]);
        if (_seen == 2 && _lengthLeft == 0 && _maskLeft == 0)
        {
            _seen = 0;
            _payload = _length;
            HasClosed |= _opcode == Close;
        }

        return 1;
    }

    private void TakeOfHeader(byte next)
    {
        if (_seen == 0)
        {
            _opcode = (byte)(next & 0x0F);
            _seen = 1;
        }
        else if (_seen == 1)
        {
            var length = next & 0x7F;
            _lengthLeft = (byte)(length switch { 126 => 2, 127 => 8, _ => 0 });
            _length = _lengthLeft == 0 ? (ulong)length : 0;
            _maskLeft = (byte)((next & 0x80) != 0 ? 4 : 0);
            _seen = 2;
        }
        else if (_lengthLeft > 0)
        {
            _length = (_length << 8) | next;
            _lengthLeft--;
        }
        else
        {
            _maskLeft--;
        }
    }
}
