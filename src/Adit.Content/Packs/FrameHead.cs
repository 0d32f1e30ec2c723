using System.Buffers.Binary;
using Adit.Content.Chunks;

namespace Adit.Content.Packs;

/// <summary>Header and table of a frame without its body, as a pack's footer has them. The header is as it is stored, the table is plain.</summary>
internal readonly ref struct FrameHead
{
    /// <summary>Bytes that encryption adds to a frame: nonce and tag.</summary>
    public const int Sealing = 28;

    /// <summary>Most bytes of a frame in a pack.</summary>
    public const int MaxStored = Frame.MaxTotal + Sealing;

    private const byte EncryptedFlag = 1;

    private readonly ReadOnlySpan<byte> _bytes;

    private FrameHead(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The header as it is stored and the table, plain.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Number of chunks.</summary>
    public int Count => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[6..]);

    /// <summary>Bytes of all chunks together.</summary>
    public int PlainLength => BinaryPrimitives.ReadInt32LittleEndian(_bytes[8..]);

    /// <summary>Bytes of the frame in its pack.</summary>
    public int StoredLength => StoredLengthOf(_bytes);

    /// <summary>The chunk at <paramref name="index"/> of the table.</summary>
    public ChunkRef this[int index] => Frame.ReadRow(_bytes, index);

    /// <summary>The header says that table and body are encrypted.</summary>
    public static bool IsEncrypted(ReadOnlySpan<byte> start) => start[5] == EncryptedFlag;

    /// <summary>How many bytes the frame has in its pack that begins with these <see cref="Frame.FixedHeader"/> bytes; 0 when none does, or it is out of bounds.</summary>
    public static int StoredLengthOf(ReadOnlySpan<byte> start)
    {
        if (start.Length < Frame.FixedHeader || start[5] > EncryptedFlag)
            return 0;
        var sealing = start[5] == EncryptedFlag ? Sealing : 0;
        Span<byte> plain = stackalloc byte[Frame.FixedHeader];
        start[..Frame.FixedHeader].CopyTo(plain);
        plain[5] = 0;
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(plain[12..]);
        BinaryPrimitives.WriteUInt32LittleEndian(plain[12..], stored < (uint)sealing ? 0 : stored - (uint)sealing);
        var length = Frame.TotalLength(plain);
        return length == 0 ? 0 : length + sealing;
    }

    /// <summary>Writes the header of the same frame with a body that is encrypted, or is not any more.</summary>
    public static void ChangeSealing(ReadOnlySpan<byte> start, Span<byte> changed)
    {
        start[..Frame.FixedHeader].CopyTo(changed);
        var stored = BinaryPrimitives.ReadInt32LittleEndian(start[12..]);
        changed[5] ^= EncryptedFlag;
        BinaryPrimitives.WriteInt32LittleEndian(changed[12..], IsEncrypted(start) ? stored - Sealing : stored + Sealing);
    }

    /// <summary>The head that <paramref name="bytes"/> begin with; false when they do not, or its lengths do not add up.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out FrameHead head)
    {
        head = default;
        if (StoredLengthOf(bytes) == 0)
            return false;
        var length = Frame.HeadLength(BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]));
        if (bytes.Length < length)
            return false;
        var parsed = new FrameHead(bytes[..length]);
        long sum = 0;
        for (var i = 0; i < parsed.Count; i++)
        {
            var chunk = parsed[i];
            if (chunk.Length is 0 or > Frame.MaxChunk || chunk.Kind > ChunkKind.Snapshot)
                return false;
            sum += chunk.Length;
        }

        if (sum != parsed.PlainLength)
            return false;
        head = parsed;
        return true;
    }
}
