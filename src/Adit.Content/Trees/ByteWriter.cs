namespace Adit.Content.Trees;

/// <summary>Writes the encodings of docs/reference/content.md to a buffer that grows. The default one has none yet.</summary>
internal struct ByteWriter(int capacity)
{
    private byte[]? _buffer = new byte[capacity];

    public int Length { readonly get; private set; }

    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Byte(byte value)
    {
        Reserve(1);
        _buffer[Length++] = value;
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(Length));
        Length += bytes.Length;
    }

    public void Varint(ulong value)
    {
        Reserve(10);
        while (value >= 0x80)
        {
            _buffer[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _buffer[Length++] = (byte)value;
    }

    public void SignedVarint(long value) => Varint(((ulong)value << 1) ^ (ulong)(value >> 63));

    /// <summary>A varint of the length, and the bytes.</summary>
    public void Counted(ReadOnlySpan<byte> bytes)
    {
        Varint((ulong)bytes.Length);
        Bytes(bytes);
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(_buffer))]
    private void Reserve(int more)
    {
        _buffer ??= new byte[Math.Max(more, 256)];
        if (Length + more > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(Length + more, _buffer.Length * 2));
    }
}
