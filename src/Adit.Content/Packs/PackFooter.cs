using System.Buffers.Binary;
using System.Security.Cryptography;
using Adit.Content.Chunks;

namespace Adit.Content.Packs;

/// <summary>
/// The footer of a pack while it is open: the heads of its frames, in their order. It grows with the pack and is at its end when the pack is sealed.
/// </summary>
internal sealed class PackFooter
{
    public const int TrailerSize = 48;

    /// <summary>Most bytes of a footer: a pack of so many tiny chunks is sealed before it is full.</summary>
    public const int MaxLength = 64 << 20;

    private const int OffsetSize = 4;

    private byte[] _rows = new byte[4096];
    private int _length;
    private uint _frames;

    /// <summary>It holds so much that the pack should be sealed.</summary>
    public bool IsFull => _length >= 8 << 20;

    private static ReadOnlySpan<byte> Magic => "ADITENDS"u8;

    /// <summary>Adds a frame.</summary>
    /// <param name="start">The first 16 bytes of its header as stored.</param>
    /// <param name="table">Its table, plain.</param>
    public void Add(uint offset, ReadOnlySpan<byte> start, ReadOnlySpan<byte> table)
    {
        var length = OffsetSize + Frame.FixedHeader + table.Length;
        if (_rows.Length < _length + length)
            Array.Resize(ref _rows, Math.Max(2 * _rows.Length, _length + length));
        var row = _rows.AsSpan(_length, length);
        BinaryPrimitives.WriteUInt32LittleEndian(row, offset);
        start[..Frame.FixedHeader].CopyTo(row[OffsetSize..]);
        table.CopyTo(row[(OffsetSize + Frame.FixedHeader)..]);
        _length += length;
        _frames++;
    }

    /// <summary>The footer and the last 48 bytes of the pack.</summary>
    /// <param name="header">The first 16 bytes of the pack.</param>
    public byte[] ToBytes(ReadOnlySpan<byte> header, FrameCipher? cipher)
    {
        var stored = cipher == null ? _length : _length + FrameHead.Sealing;
        var bytes = new byte[stored + TrailerSize];
        if (cipher == null)
            _rows.AsSpan(0, _length).CopyTo(bytes);
        else
            cipher.Seal(header, _rows.AsSpan(0, _length), bytes.AsSpan(0, stored));
        var trailer = bytes.AsSpan(stored);
        SHA256.HashData(bytes.AsSpan(0, stored), trailer);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[32..], stored);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[36..], _frames);
        Magic.CopyTo(trailer[40..]);
        return bytes;
    }

    /// <summary>The bytes of the footer that ends in this trailer; 0 when it is none, or longer than a file of so many bytes can have.</summary>
    public static int LengthOf(ReadOnlySpan<byte> trailer, long fileLength)
    {
        if (!trailer[40..].SequenceEqual(Magic))
            return 0;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(trailer[32..]);
        return length > MaxLength || length > fileLength - PackFormat.HeaderSize - TrailerSize ? 0 : (int)length;
    }

    /// <summary>The footer, plain; null when it is not what its trailer says.</summary>
    public static byte[]? Open(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> trailer, ReadOnlySpan<byte> header, FrameCipher? cipher)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(stored, hash);
        if (!trailer[..hash.Length].SequenceEqual(hash))
            return null;
        if (cipher == null)
            return stored.ToArray();
        var plain = new byte[Math.Max(0, stored.Length - FrameHead.Sealing)];
        return cipher.TryOpen(header, stored, plain) ? plain : null;
    }

    /// <summary>The next frame of a footer, which is taken off it; false when it is empty, or not a frame that follows what was before.</summary>
    /// <param name="end">Where the frame before ended; then where this one does.</param>
    public static bool TryNext(ref ReadOnlySpan<byte> footer, ref uint end, out FrameHead head)
    {
        head = default;
        if (footer.Length < OffsetSize || BinaryPrimitives.ReadUInt32LittleEndian(footer) != end || !FrameHead.TryParse(footer[OffsetSize..], out head))
            return false;
        footer = footer[(OffsetSize + Frame.HeadLength(head.Count))..];
        end += (uint)head.StoredLength;
        return true;
    }
}
