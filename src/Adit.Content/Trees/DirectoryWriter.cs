using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>Makes the pages of a directory of its entries, given in ascending order of their names' bytes. For one thread; used again for the next directory.</summary>
/// <param name="capacity">Bytes of its buffers to begin with.</param>
internal sealed class DirectoryWriter(int capacity = 64 << 10)
{
    private readonly List<Item> _items = [];
    private ByteWriter _bytes = new(capacity);
    private ByteWriter _page = new(capacity);
    private ByteWriter _above = new(Math.Min(capacity, 4 << 10));

    /// <summary>Entries added.</summary>
    public int Count => _items.Count;

    /// <summary>Forgets what was added.</summary>
    public void Begin()
    {
        _items.Clear();
        _bytes.Clear();
    }

    /// <summary>Adds an entry.</summary>
    public void Add(TreeEntry entry)
    {
        var start = _bytes.Length;
        EntryCodec.Write(ref _bytes, entry);
        Added(start, entry.Name.Length, entry.Type, entry.Files, entry.Size);
    }

    /// <summary>Adds an entry that is encoded already.</summary>
    public void Add(ReadOnlySpan<byte> encoded, int nameLength, EntryType type, long files, long size)
    {
        var start = _bytes.Length;
        _bytes.Bytes(encoded);
        Added(start, nameLength, type, files, size);
    }

    /// <summary>Writes the pages.</summary>
    public async ValueTask<DirectoryRef> FinishAsync(ChunkWriter writer, CancellationToken cancellationToken)
    {
        var total = Sum(0, _items.Count, _items);
        if (_items.Count <= Page.Undivided && _bytes.Length < Page.FullBytes)
            return total with { Id = await WriteAsync(writer, 0, 0, _items.Count, _items, cancellationToken) };

        var items = _items;
        for (var level = 0; ; level++)
        {
            var pages = new List<Item>();
            _above.Clear();
            for (int start = 0, end; start < items.Count; start = end)
            {
                end = EndOfPage(items, start, level);
                var page = Sum(start, end, items) with { Id = await WriteAsync(writer, level, start, end, items, cancellationToken) };
                AddPage(pages, page, items[start]);
            }

            if (pages.Count == 1)
                return total with { Id = pages[0].Id };
            (_bytes, _above) = (_above, _bytes);
            items = pages;
            if (items.Count > Page.Undivided)
                continue;
            return total with { Id = await WriteAsync(writer, level + 1, 0, items.Count, items, cancellationToken) };
        }
    }

    private static DirectoryRef Sum(int start, int end, List<Item> items)
    {
        var sum = new DirectoryRef(default, 0, 0, 0);
        for (var i = start; i < end; i++)
            sum = new DirectoryRef(default, sum.Entries + items[i].Entries, sum.Files + items[i].Files, sum.Bytes + items[i].Size);
        return sum;
    }

    private void Added(int start, int nameLength, EntryType type, long files, long size) => _items.Add(new Item
    {
        Start = start,
        Length = _bytes.Length - start,
        NameStart = start + (nameLength < 0x80 ? 1 : 2),
        NameLength = nameLength,
        Entries = 1,
        Files = type switch { EntryType.Directory => files, EntryType.File => 1, _ => 0 },
        Size = type == EntryType.Link ? 0 : size,
    });

    private int EndOfPage(List<Item> items, int start, int level)
    {
        var bytes = 0;
        for (var i = start; i < items.Count; i++)
        {
            var item = items[i];
            bytes += item.Length;
            var isCut = level == 0 ? Page.EndsAt(_bytes.Written.Slice(item.NameStart, item.NameLength)) : Page.EndsAt(item.Id);
            if (isCut || i + 1 - start == Page.MaxItems || bytes >= Page.FullBytes)
                return i + 1;
        }

        return items.Count;
    }

    private ValueTask<ChunkId> WriteAsync(ChunkWriter writer, int level, int start, int end, List<Item> items, CancellationToken cancellationToken)
    {
        Page.Begin(ref _page, level, end - start);
        if (end > start)
            _page.Bytes(_bytes.Written[items[start].Start..(items[end - 1].Start + items[end - 1].Length)]);
        return writer.PutAsync(ChunkKind.Directory, _page.Written.ToArray(), cancellationToken);
    }

    private void AddPage(List<Item> pages, DirectoryRef page, Item first)
    {
        var start = _above.Length;
        _above.Counted(_bytes.Written.Slice(first.NameStart, first.NameLength));
        var nameStart = _above.Length - first.NameLength;
        _above.Bytes(page.Id.Bytes);
        _above.Varint((ulong)page.Entries);
        _above.Varint((ulong)page.Files);
        _above.Varint((ulong)page.Bytes);
        pages.Add(new Item
        {
            Id = page.Id, Start = start, Length = _above.Length - start, NameStart = nameStart, NameLength = first.NameLength,
            Entries = page.Entries, Files = page.Files, Size = page.Bytes,
        });
    }

    private readonly record struct Item
    {
        public ChunkId Id { get; init; }

        public int Start { get; init; }

        public int Length { get; init; }

        public int NameStart { get; init; }

        public int NameLength { get; init; }

        public long Entries { get; init; }

        public long Files { get; init; }

        public long Size { get; init; }
    }
}
