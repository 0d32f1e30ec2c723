using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>Entries and pages that a seed makes, at and between all bounds.</summary>
internal sealed class AnyTree(int seed)
{
    private readonly Random _random = new(seed);

    public TreeEntry Entry()
    {
        var type = (EntryType)_random.Next(1, 4);
        var entry = new TreeEntry { Name = Name(), Type = type, Mode = _random.Next(TreeEntry.ModeMask + 1), Attributes = Attributes() };
        if (type == EntryType.Directory)
            return entry with { Content = Id(), Entries = Number(), Files = Number(), Size = Number() };
        entry = entry with { Modified = new FileTime(OneOf(0, -1, long.MinValue, long.MaxValue, _random.NextInt64()), (int)OneOf(0, 1, 999_999_999, _random.Next(1_000_000_000))) };
        if (type == EntryType.Link)
            return entry with { Target = Bytes((int)OneOf(1, 20, TreeEntry.MaxTarget), 1) };
        entry = entry with { IsFuzzy = _random.Next(4) == 0, HardLink = _random.Next(4) == 0 ? (ulong)_random.NextInt64(1, long.MaxValue) : 0, Form = (FileForm)_random.Next(3) };
        return entry.Form switch
        {
            FileForm.Inline => Inline(entry),
            FileForm.Chunk => entry with { Content = Id(), Size = OneOf(1, Frame.MaxChunk, _random.Next(1, Frame.MaxChunk)) },
            _ => entry with { Content = Id(), Size = OneOf(1, long.MaxValue, _random.NextInt64(1, long.MaxValue)) },
        };
    }

    /// <summary>Entries in the order of their names, which are all different.</summary>
    public TreeEntry[] Entries(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Entry()).DistinctBy(static e => Convert.ToHexString(e.Name)).OrderBy(static e => e.Name, BytesInOrder)];

    public static IComparer<byte[]> BytesInOrder { get; } = Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b));

    /// <summary>The bytes of a page: of entries, of pages below, of a list, of a list above.</summary>
    public (ChunkKind Kind, byte[] Bytes) Page()
    {
        var page = new ByteWriter();
        var level = _random.Next(2) * _random.Next(1, Trees.Page.MaxLevel + 1);
        if (_random.Next(2) == 0)
        {
            var entries = Entries(_random.Next(level == 0 ? 0 : 1, 6));
            Trees.Page.Begin(ref page, level, entries.Length);
            foreach (var entry in entries)
            {
                if (level == 0)
                    EntryCodec.Write(ref page, entry);
                else
                    Below(ref page, entry.Name);
            }

            return (ChunkKind.Directory, page.Written.ToArray());
        }

        var count = _random.Next(1, 6);
        Trees.Page.Begin(ref page, level, count);
        for (var i = 0; i < count; i++)
            Item(ref page, level);
        return (ChunkKind.List, page.Written.ToArray());
    }

    public ChunkId Id() => new(Bytes(ChunkId.Size, 1));

    private void Below(ref ByteWriter page, byte[] name)
    {
        page.Counted(name);
        page.Bytes(Id().Bytes);
        for (var i = 0; i < 3; i++)
            page.Varint((ulong)Number());
    }

    private void Item(ref ByteWriter page, int level)
    {
        var isHole = level == 0 && _random.Next(3) == 0;
        var length = (ulong)(isHole || level > 0 ? OneOf(1, long.MaxValue, _random.NextInt64(1, long.MaxValue)) : OneOf(1, Frame.MaxChunk, 70_000));
        page.Varint(level == 0 ? (length << 1) | (isHole ? 1UL : 0) : length);
        if (!isHole)
            page.Bytes(Id().Bytes);
    }

    private TreeEntry Inline(TreeEntry entry)
    {
        var bytes = Bytes((int)OneOf(0, 1, TreeEntry.MaxInline), 0);
        return entry with { Inline = bytes, Size = bytes.Length };
    }

    private byte[] Name()
    {
        while (true)
        {
            var name = Bytes((int)OneOf(1, 2, 8, 127, 128, TreeEntry.MaxName), 1);
            name.AsSpan().Replace((byte)'/', (byte)'-');
            if (TreeEntry.IsName(name))
                return name;
        }
    }

    private ExtendedAttribute[] Attributes() => _random.Next(4) != 0
        ? []
        : [.. Enumerable.Range(0, _random.Next(4)).Select(_ => new ExtendedAttribute(Name(), Bytes((int)OneOf(0, 1, 300), 0)))
            .DistinctBy(static a => Convert.ToHexString(a.Name)).OrderBy(static a => a.Name, BytesInOrder)];

    private byte[] Bytes(int length, int least)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = (byte)_random.Next(least, 256);
        return bytes;
    }

    private long Number() => OneOf(0, 1, 127, 128, long.MaxValue, _random.NextInt64(long.MaxValue));

    private long OneOf(params ReadOnlySpan<long> of) => of[_random.Next(of.Length)];
}
