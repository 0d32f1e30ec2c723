using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>A page of a directory or of a list, read: one of the three lists is there.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Entries">Entries of a directory.</param>
/// <param name="Below">Pages of a directory.</param>
/// <param name="Items">Items of a list: chunks and holes at level 0, pages above. Their offsets are 0.</param>
internal readonly record struct PageContent(int Level, List<TreeEntry>? Entries, List<PageRef>? Below, List<FilePart>? Items)
{
    public int Count => Entries?.Count ?? Below?.Count ?? Items?.Count ?? 0;

    /// <summary>Reads a page.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static PageContent Parse(ReadOnlySpan<byte> bytes, ChunkKind kind)
    {
        var reader = new ByteReader(bytes);
        var (level, count) = Page.ReadHead(ref reader);
        var page = kind == ChunkKind.List ? new PageContent(level, null, null, ReadItems(ref reader, level, count))
            : level == 0 ? new PageContent(level, ReadEntries(ref reader, count), null, null)
            : new PageContent(level, null, ReadBelow(ref reader, count), null);
        return reader.IsAtEnd ? page : throw new FormatException("There is more in it than its items.");
    }

    private static List<TreeEntry> ReadEntries(ref ByteReader reader, int count)
    {
        var entries = new List<TreeEntry>(count);
        for (var i = 0; i < count; i++)
        {
            entries.Add(EntryCodec.Read(ref reader));
            if (i > 0 && entries[i - 1].Name.AsSpan().SequenceCompareTo(entries[i].Name) >= 0)
                throw new FormatException("Its names are not in order.");
        }

        return entries;
    }

    private static List<PageRef> ReadBelow(ref ByteReader reader, int count)
    {
        var below = new List<PageRef>(count);
        for (var i = 0; i < count; i++)
        {
            var first = reader.Counted(TreeEntry.MaxName).ToArray();
            if (!TreeEntry.IsName(first))
                throw new FormatException("The first name of a page is none.");
            var id = reader.Id();
            below.Add(new PageRef(first, new DirectoryRef(id, reader.Varint(long.MaxValue), reader.Varint(long.MaxValue), reader.Varint(long.MaxValue))));
            if (i > 0 && below[i - 1].First.AsSpan().SequenceCompareTo(first) >= 0)
                throw new FormatException("Its pages are not in order.");
        }

        return below.Count > 0 ? below : throw new FormatException("It has no pages.");
    }

    private static List<FilePart> ReadItems(ref ByteReader reader, int level, int count)
    {
        var items = new List<FilePart>(count);
        for (var i = 0; i < count; i++)
        {
            var number = reader.Varint();
            var isHole = level == 0 && (number & 1) != 0;
            var length = level == 0 ? number >> 1 : number;
            if (length == 0 || length > long.MaxValue || (level == 0 && !isHole && length > Frame.MaxChunk))
                throw new FormatException("An item has a length that is out of bounds.");
            items.Add(new FilePart(isHole ? default : reader.Id(), 0, (long)length));
        }

        return items;
    }
}

/// <summary>A page of a directory, as the page above it says.</summary>
/// <param name="First">The first name in it.</param>
/// <param name="Sum">Its id, and what it holds.</param>
internal readonly record struct PageRef(byte[] First, DirectoryRef Sum)
{
    public ChunkId Id => Sum.Id;
}
