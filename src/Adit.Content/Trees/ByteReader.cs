using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>Reads the encodings of docs/reference/content.md out of bytes that nobody trusts; whatever is not as said there throws <see cref="FormatException"/>.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { readonly get; private set; }

    public readonly bool IsAtEnd => Position == _bytes.Length;

    public byte Byte() => Bytes(1)[0];

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if ((uint)count > (uint)(_bytes.Length - Position))
            throw new FormatException("It ends too early.");
        var read = _bytes.Slice(Position, count);
        Position += count;
        return read;
    }

    /// <summary>An id; the one that no chunk has, which stands for holes and for empty trees in memory, is none.</summary>
    public ChunkId Id() => new ChunkId(Bytes(ChunkId.Size)) is { IsNone: false } id ? id : throw new FormatException("An id is 32 zero bytes.");

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Byte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return (b != 0 || shift == 0) && (shift < 63 || b < 2)
                    ? value
                    : throw new FormatException("A number is not in its shortest form.");
            }
        }

        throw new FormatException("A number is too long.");
    }

    /// <summary>A varint of at most <paramref name="most"/>.</summary>
    public long Varint(long most)
    {
        var value = Varint();
        return value <= (ulong)most ? (long)value : throw new FormatException($"A number is {value} where {most} is the most.");
    }

    public long SignedVarint()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Bytes after a varint of their length, which is at most <paramref name="most"/>.</summary>
    public ReadOnlySpan<byte> Counted(int most) => Bytes((int)Varint(most));
}
