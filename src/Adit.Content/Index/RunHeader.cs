using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Adit.Content.Index;

/// <summary>The header of a run file: docs/reference/content.md, "The index".</summary>
/// <param name="Count">Number of records.</param>
/// <param name="BucketBits">The table of buckets has 2^this entries, and one.</param>
/// <param name="Replaces">The lowest number of a run that this one replaces, with all between; its own number when none.</param>
/// <param name="Spans">What it knows, in the order of packs and offsets.</param>
internal sealed record RunHeader(uint Count, int BucketBits, uint Replaces, PackSpan[] Spans)
{
    public const int FixedSize = 96;
    public const int MaxBucketBits = 28;
    private const uint Version = 1;

    /// <summary>Where the records begin.</summary>
    public long RecordsAt => RecordsAfter(Spans.Length);

    /// <summary>Where the table of buckets begins.</summary>
    public long BucketsAt => RecordsAt + ((long)Count * IndexRecord.Size);

    /// <summary>Bytes of the file.</summary>
    public long Length => BucketsAt + (4L * ((1L << BucketBits) + 1));

    private static ReadOnlySpan<byte> Magic => "ADITINDX"u8;

    public static long RecordsAfter(int spans) => (FixedSize + ((long)spans * PackSpan.Size) + 63) / 64 * 64;

    /// <summary>So many bits that a bucket holds about 12 records.</summary>
    public static int BucketBitsFor(long count) => Math.Clamp(65 - System.Numerics.BitOperations.LeadingZeroCount((ulong)count / 16), 0, MaxBucketBits);

    /// <summary>Its bytes, to <see cref="RecordsAt"/>.</summary>
    /// <param name="contentHash">SHA-256 of all that follows.</param>
    public byte[] ToBytes(ReadOnlySpan<byte> contentHash)
    {
        var bytes = new byte[RecordsAt];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), BucketBits);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), Count);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), Replaces);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), Spans.Length);
        contentHash.CopyTo(bytes.AsSpan(32));
        MemoryMarshal.AsBytes(Spans.AsSpan()).CopyTo(bytes.AsSpan(FixedSize));
        HashOf(bytes).CopyTo(bytes, 64);
        return bytes;
    }

    /// <summary>The header that a file of <paramref name="fileLength"/> bytes begins with; null when it is none, or not of this version, or says another length.</summary>
    /// <param name="read">Gets so many of the first bytes of the file.</param>
    public static RunHeader? Read(long fileLength, Func<int, byte[]> read, out byte[] contentHash)
    {
        contentHash = [];
        if (fileLength < FixedSize)
            return null;
        var start = read(FixedSize);
        var bits = BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(12));
        var spans = BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(24));
        if (!start.AsSpan(0, 8).SequenceEqual(Magic) || BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(8)) != Version
            || bits is < 0 or > MaxBucketBits || spans > fileLength / PackSpan.Size)
            return null;
        var header = new RunHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(16)), bits, BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(20)), new PackSpan[spans]);
        if (header.Length != fileLength)
            return null;
        var bytes = read((int)header.RecordsAt);
        if (!HashOf(bytes).AsSpan().SequenceEqual(bytes.AsSpan(64, 32)))
            return null;
        contentHash = bytes[32..64];
        bytes.AsSpan(FixedSize, (int)spans * PackSpan.Size).CopyTo(MemoryMarshal.AsBytes(header.Spans.AsSpan()));
        return header;
    }

    // Of all but the hash itself.
    private static byte[] HashOf(byte[] header)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header.AsSpan(0, 64));
        hash.AppendData(header.AsSpan(FixedSize));
        return hash.GetHashAndReset();
    }
}
