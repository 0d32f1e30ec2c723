using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>
/// What was known of a directory when it was scanned last: what the system said of it and of each name, each entry as it stands in the directory's page, and where
/// the blocks of its directories are. Made in memory, and kept in a <see cref="FileIndex"/>.
/// </summary>
/// <remarks>Head, then a row for each entry in ascending order of the names, then the encoded entries. In this machine's byte order: it never leaves it.</remarks>
internal sealed class IndexBlock : IDisposable
{
    private byte[] _bytes;
    private int _length;

    private IndexBlock(byte[] bytes, int length) => (_bytes, _length) = (bytes, length);

    public ref readonly IndexHead Head => ref MemoryMarshal.AsRef<IndexHead>(_bytes.AsSpan());

    public ReadOnlySpan<IndexRow> Rows => MemoryMarshal.Cast<byte, IndexRow>(_bytes.AsSpan(Unsafe.SizeOf<IndexHead>(), Head.Count * Unsafe.SizeOf<IndexRow>()));

    /// <summary>The rows, to be set to where their blocks are; then the block is to be sealed.</summary>
    public Span<IndexRow> Placed => MemoryMarshal.Cast<byte, IndexRow>(_bytes.AsSpan(Unsafe.SizeOf<IndexHead>(), Head.Count * Unsafe.SizeOf<IndexRow>()));

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>The encoded entry of a row.</summary>
    public ReadOnlySpan<byte> Entry(in IndexRow row) => _bytes.AsSpan(row.EntryOffset, row.EntryLength);

    /// <summary>The name of a row.</summary>
    public ReadOnlySpan<byte> Name(in IndexRow row) => _bytes.AsSpan(row.EntryOffset + (row.NameLength < 0x80 ? 1 : 2), row.NameLength);

    /// <summary>A block of these rows, whose offsets count from the beginning of <paramref name="entries"/>.</summary>
    public static IndexBlock Make(IndexHead head, ReadOnlySpan<IndexRow> rows, ReadOnlySpan<byte> entries)
    {
        var start = Unsafe.SizeOf<IndexHead>() + (rows.Length * Unsafe.SizeOf<IndexRow>());
        var length = start + entries.Length;
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        entries.CopyTo(bytes.AsSpan(start));
        var placed = MemoryMarshal.Cast<byte, IndexRow>(bytes.AsSpan(Unsafe.SizeOf<IndexHead>(), start - Unsafe.SizeOf<IndexHead>()));
        for (var i = 0; i < rows.Length; i++)
        {
            placed[i] = rows[i];
            placed[i].EntryOffset += start;
        }

        head.Length = length;
        head.Count = rows.Length;
        MemoryMarshal.Write(bytes, in head);
        var block = new IndexBlock(bytes, length);
        block.Seal();
        return block;
    }

    /// <summary>Gives it the checksum of what it holds now.</summary>
    public void Seal()
    {
        ref var head = ref MemoryMarshal.AsRef<IndexHead>(_bytes.AsSpan());
        head.Checksum = 0;
        head.Checksum = ChecksumOf(Bytes);
    }

    /// <summary>Takes bytes of the pool that were read from a file; null, and the bytes are given back, when they are no whole block.</summary>
    public static IndexBlock? Take(byte[] pooled, int length)
    {
        var block = new IndexBlock(pooled, length);
        if (length >= Unsafe.SizeOf<IndexHead>())
        {
            ref var head = ref MemoryMarshal.AsRef<IndexHead>(pooled.AsSpan());
            var said = head.Checksum;
            head.Checksum = 0;
            var isWhole = head.Length == length && head.Count >= 0
                && Unsafe.SizeOf<IndexHead>() + ((long)head.Count * Unsafe.SizeOf<IndexRow>()) <= length && said == ChecksumOf(pooled.AsSpan(0, length));
            head.Checksum = said;
            if (isWhole)
                return block;
        }

        block.Dispose();
        return null;
    }

    public void Dispose()
    {
        var bytes = Interlocked.Exchange(ref _bytes, []);
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> bytes)
    {
        // Four at once hide that one takes three cycles.
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        uint a = 1, b = 2, c = 3, d = 4;
        var i = 0;
        for (; i + 4 <= words.Length; i += 4)
        {
            a = BitOperations.Crc32C(a, words[i]);
            b = BitOperations.Crc32C(b, words[i + 1]);
            c = BitOperations.Crc32C(c, words[i + 2]);
            d = BitOperations.Crc32C(d, words[i + 3]);
        }

        for (; i < words.Length; i++)
            a = BitOperations.Crc32C(a, words[i]);
        foreach (var rest in bytes[(words.Length * 8)..])
            a = BitOperations.Crc32C(a, rest);
        return BitOperations.Crc32C(BitOperations.Crc32C(a, b), ((ulong)c << 32) | d);
    }
}

/// <summary>What begins a block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IndexHead
{
    public int Length;
    public uint Checksum;
    public int Count;
    public int Reserved;

    /// <summary>The directory's own inode and times: while they are the same, so are its names.</summary>
    public ulong Inode;
    public ulong Device;
    public long Modified;
    public long Changed;

    /// <summary>The rules of what is ignored that held in it.</summary>
    public ulong Ignored;

    public ChunkId Id;
    public long Entries;
    public long Files;
    public long Size;

    public readonly DirectoryRef Directory => new(Id, Entries, Files, Size);
}

/// <summary>An entry in a block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IndexRow
{
    public long Modified;

    /// <summary><see cref="long.MinValue"/> when the file was so young that it could change without a trace: it is read again.</summary>
    public long Changed;
    public ulong Inode;
    public long Size;
    public int Mode;
    public int EntryOffset;
    public int EntryLength;
    public short NameLength;
    public EntryType Type;

    /// <summary>Directories: where their block is; 0 for none.</summary>
    public long Block;
    public long Files;

    /// <summary>Directories: bytes below. <see cref="Size"/> is their number of entries.</summary>
    public long Bytes;
    public ChunkId Id;

    public readonly bool IsAs(in FileStat stat) =>
        Modified == stat.Modified && Changed == stat.Changed && Inode == stat.Inode && Size == stat.Size && Mode == stat.Mode && Type == stat.Type;
}
