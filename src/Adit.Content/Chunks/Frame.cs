using System.Buffers.Binary;
using ZstdSharp;

namespace Adit.Content.Chunks;

/// <summary>
/// Chunks compressed together, as they lie in a pack and cross a wire: docs/reference/content.md, "Frames". A view of bytes that somebody else owns,
/// whose header and table were checked when it was made; the chunks in it are checked when they are read.
/// </summary>
public readonly struct Frame
{
    /// <summary>Bytes of the fixed part of the header.</summary>
    public const int FixedHeader = 16;

    /// <summary>Bytes of a row of the table.</summary>
    public const int Row = ChunkId.Size + 4;

    /// <summary>Most bytes of a chunk.</summary>
    public const int MaxChunk = 1 << 20;

    /// <summary>Most chunks of a frame.</summary>
    public const int MaxCount = 4096;

    /// <summary>Most plain bytes of a frame.</summary>
    public const int MaxPlain = 2 << 20;

    /// <summary>Most bytes of a frame with its header.</summary>
    public const int MaxTotal = FixedHeader + (MaxCount * Row) + MaxPlain;

    internal const uint Magic = 0x52464441; // ADFR

    private Frame(ReadOnlyMemory<byte> bytes, FrameCodec codec, int count, int plainLength)
    {
        Bytes = bytes;
        Codec = codec;
        Count = count;
        PlainLength = plainLength;
    }

    /// <summary>Header, table and body.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>How the body is stored.</summary>
    public FrameCodec Codec { get; }

    /// <summary>Number of chunks.</summary>
    public int Count { get; }

    /// <summary>Bytes of all chunks together.</summary>
    public int PlainLength { get; }

    /// <summary>Header and table.</summary>
    public ReadOnlyMemory<byte> Head => Bytes[..HeadLength(Count)];

    /// <summary>The body as stored.</summary>
    public ReadOnlyMemory<byte> Body => Bytes[HeadLength(Count)..];

    /// <summary>The chunk at <paramref name="index"/> of the table.</summary>
    public ChunkRef this[int index] => ReadRow(Bytes.Span, index);

    /// <summary>Bytes of header and table of a frame of <paramref name="count"/> chunks.</summary>
    public static int HeadLength(int count) => FixedHeader + (count * Row);

    /// <summary>How many bytes the frame has that begins with these <see cref="FixedHeader"/> bytes; 0 when none does, or it is out of bounds, or encrypted.</summary>
    public static int TotalLength(ReadOnlySpan<byte> start)
    {
        if (start.Length < FixedHeader || BinaryPrimitives.ReadUInt32LittleEndian(start) != Magic || start[4] > (byte)FrameCodec.Zstandard || start[5] != 0)
            return 0;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(start[6..]);
        var plain = BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(start[12..]);
        return count is 0 or > MaxCount || plain is 0 or > MaxPlain || stored == 0 || stored > plain || (start[4] == (byte)FrameCodec.Raw && stored != plain)
            ? 0
            : HeadLength(count) + (int)stored;
    }

    /// <summary>The frame that <paramref name="bytes"/> are, all of them; false when they are none: wrong bounds, lengths that do not add up.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out Frame frame)
    {
        frame = default;
        var span = bytes.Span;
        if (TotalLength(span) != span.Length || span.Length == 0)
            return false;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(span[6..]);
        var plain = BinaryPrimitives.ReadInt32LittleEndian(span[8..]);
        long sum = 0;
        for (var i = 0; i < count; i++)
        {
            var chunk = ReadRow(span, i);
            if (chunk.Length is 0 or > MaxChunk || chunk.Kind > ChunkKind.Snapshot)
                return false;
            sum += chunk.Length;
        }

        if (sum != plain)
            return false;
        frame = new Frame(bytes, (FrameCodec)span[4], count, plain);
        return true;
    }

    /// <summary>Writes the plain chunks, one after the other, to the first <see cref="PlainLength"/> bytes of <paramref name="plain"/>. They are not checked yet.</summary>
    /// <exception cref="DamagedContentException">The body cannot be decompressed to what the header says.</exception>
    public void Decode(Span<byte> plain, Decompressor decompressor)
    {
        ArgumentNullException.ThrowIfNull(decompressor);
        plain = plain[..PlainLength];
        if (Codec == FrameCodec.Raw)
        {
            Body.Span.CopyTo(plain);
            return;
        }

        try
        {
            if (decompressor.Unwrap(Body.Span, plain) == PlainLength)
                return;
        }
        catch (ZstdException e)
        {
            throw new DamagedContentException($"The frame of the chunk {this[0].Id} cannot be decompressed.", e);
        }

        throw new DamagedContentException($"The frame of the chunk {this[0].Id} is shorter than it says.");
    }

    /// <summary>Decodes it, as <see cref="Decode"/> does, and checks each chunk.</summary>
    /// <exception cref="DamagedContentException">A chunk is not what its id says.</exception>
    public void DecodeAndCheck(Span<byte> plain, Decompressor decompressor)
    {
        Decode(plain, decompressor);
        for (int i = 0, at = 0; i < Count; i++)
        {
            var chunk = this[i];
            Check(chunk.Id, plain.Slice(at, chunk.Length));
            at += chunk.Length;
        }
    }

    /// <summary>Throws unless these bytes are the chunk <paramref name="id"/>.</summary>
    /// <exception cref="DamagedContentException">They are not.</exception>
    public static void Check(ChunkId id, ReadOnlySpan<byte> chunk)
    {
        if (ChunkId.Of(chunk) != id)
            throw new DamagedContentException($"The chunk {id} is damaged: its bytes have another SHA-256.");
    }

    internal static ChunkRef ReadRow(ReadOnlySpan<byte> bytes, int index)
    {
        var row = bytes.Slice(FixedHeader + (index * Row), Row);
        var number = BinaryPrimitives.ReadUInt32LittleEndian(row[ChunkId.Size..]);
        return new ChunkRef(new ChunkId(row[..ChunkId.Size]), (int)(number & 0xFFFFFF), (ChunkKind)(number >> 24));
    }
}
