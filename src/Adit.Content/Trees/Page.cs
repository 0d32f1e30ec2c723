using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>What pages of lists and of directories have in common: a head, items, and where items are cut into pages. See docs/reference/content.md.</summary>
internal static class Page
{
    public const byte Version = 1;

    /// <summary>Most levels above the lowest.</summary>
    public const int MaxLevel = 7;

    /// <summary>Most items of a page.</summary>
    public const int MaxItems = 4096;

    /// <summary>So many items are one page, whatever they are.</summary>
    public const int Undivided = 512;

    /// <summary>A page of so many bytes of items takes no more.</summary>
    public const int FullBytes = 512 << 10;

    public static void Begin(ref ByteWriter page, int level, int count)
    {
        page.Clear();
        page.Byte(Version);
        page.Byte((byte)level);
        page.Varint((ulong)count);
    }

    /// <summary>Reads a page's head: its level and the number of its items.</summary>
    public static (int Level, int Count) ReadHead(ref ByteReader reader)
    {
        if (reader.Byte() != Version)
            throw new FormatException("It is of a version that is not known here; a newer Adit may read it.");
        var level = reader.Byte();
        return level <= MaxLevel ? (level, (int)reader.Varint(MaxItems)) : throw new FormatException("Its level is out of bounds.");
    }

    public static bool EndsAt(ChunkId id) => (id.Bytes[^1] & 0x7F) == 0;

    /// <summary>Whether the entry of this name is the last of its page: by its FNV-1a hash of 64 bits (draft-eastlake-fnv).</summary>
    public static bool EndsAt(ReadOnlySpan<byte> name)
    {
        var hash = 0xCBF2_9CE4_8422_2325;
        foreach (var b in name)
            hash = (hash ^ b) * 0x0000_0100_0000_01B3;
        return (hash & 0xFF) == 0;
    }
}
