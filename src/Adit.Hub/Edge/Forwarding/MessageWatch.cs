using System.Buffers.Binary;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// Looks at both directions of an upgraded connection for <see cref="RouteUse"/>: reads the heads of frames (RFC 6455 section 5.2), and
/// payload only of short messages that a filter may know. Control frames and empty ones count as nothing.
/// </summary>
internal sealed class MessageWatch(RouteUse use, bool isStrong, bool isWebSocket)
{
    /// <summary>Longer messages are never looked into, and count.</summary>
    public const int Longest = 256;

    private Direction _inward = new();
    private Direction _outward = new();

    /// <summary>Bytes of the visitor. From one thread at a time.</summary>
    public void Inward(ReadOnlySpan<byte> bytes)
    {
        if (!isWebSocket)
        {
            Sent();
            return;
        }

        var looks = use.Filter is { LooksAtMessages: true };
        while (_inward.Next(ref bytes, looks))
        {
            if (!_inward.IsData)
                continue;
            if (!_inward.IsWhole)
                Sent();
            else if (_inward.IsCompressed)
                use.Pushed(); // It cannot be told from a sign of life: it holds the application as one would.
            else if (use.Filter!.IgnoresMessage(_inward.Payload, _inward.IsText))
                use.Ignore(Ignored.Message);
            else
                Sent();
        }
    }

    /// <summary>Bytes of the application. From one thread at a time.</summary>
    public void Outward(ReadOnlySpan<byte> bytes)
    {
        if (!isWebSocket)
        {
            use.Pushed();
            return;
        }

        while (_outward.Next(ref bytes, looks: false))
        {
            if (_outward.IsData)
                use.Pushed();
        }
    }

    private void Sent()
    {
        if (isStrong)
            use.Sent();
        else
            use.Pushed();
    }

    // A mutable value: kept in a field, never in a copy.
    private struct Direction()
    {
        private const int Text = 1;
        private const int Binary = 2;

        private readonly byte[] _head = new byte[14];
        private byte[]? _payload;
        private int _headCount;
        private int _count;
        private ulong _left;
        private bool _keeps;

        /// <summary>Whether the frame has something in it that is part of a message.</summary>
        public readonly bool IsData => (_head[0] & 0x0F) is 0 or Text or Binary && Length > 0;

        public readonly bool IsText => (_head[0] & 0x0F) == Text;

        public readonly bool IsCompressed => (_head[0] & 0x40) != 0;

        /// <summary>Whether <see cref="Payload"/> is the whole message.</summary>
        public readonly bool IsWhole => _keeps;

        public readonly ReadOnlySpan<byte> Payload => _payload.AsSpan(0, _count);

        private readonly ulong Length => (_head[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(2)),
            127 => BinaryPrimitives.ReadUInt64BigEndian(_head.AsSpan(2)),
            var length => (ulong)length,
        };

        private readonly int HeadLength => 2 + ((_head[1] & 0x7F) switch { 126 => 2, 127 => 8, _ => 0 }) + (IsMasked ? 4 : 0);

        private readonly bool IsMasked => (_head[1] & 0x80) != 0;

        /// <summary>Takes bytes up to where something can be said of a frame: its head, or with payload that is kept its end.</summary>
        /// <returns>Whether something can; otherwise all are taken.</returns>
        public bool Next(ref ReadOnlySpan<byte> bytes, bool looks)
        {
            while (!bytes.IsEmpty)
            {
                if (_left > 0)
                {
                    var count = (int)Math.Min((ulong)bytes.Length, _left);
                    if (_keeps)
                        bytes[..count].CopyTo(_payload.AsSpan(_count));
                    _count += _keeps ? count : 0;
                    _left -= (ulong)count;
                    bytes = bytes[count..];
                    if (_left > 0 || !_keeps)
                        continue;
                    Unmask();
                    return true;
                }

                if (_headCount >= 2 && _headCount == HeadLength)
                    _headCount = 0;
                _head[_headCount++] = bytes[0];
                bytes = bytes[1..];
                if (_headCount < 2 || _headCount < HeadLength)
                    continue;
                _left = Length;
                _count = 0;
                _keeps = looks && (_head[0] & 0x80) != 0 && (_head[0] & 0x0F) is Text or Binary && Length is > 0 and <= Longest;
                if (!_keeps)
                    return true;
                _payload ??= new byte[Longest];
            }

            return false;
        }

        private readonly void Unmask()
        {
            if (!IsMasked)
                return;
            var mask = _head.AsSpan(HeadLength - 4, 4);
            for (var i = 0; i < _count; i++)
                _payload![i] ^= mask[i & 3];
        }
    }
}
