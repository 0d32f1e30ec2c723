using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>Makes the list of the chunks of a file. For one thread; used again for the next file.</summary>
internal sealed class ListWriter
{
    private List<Item> _items = [];
    private ByteWriter _page = new(16 << 10);

    /// <summary>Chunks and holes added.</summary>
    public int Count => _items.Count;

    /// <summary>Bytes of the file so far.</summary>
    public long Length { get; private set; }

    /// <summary>The chunk that is all of the file, when it is one; otherwise none.</summary>
    public ChunkId Only => _items is [{ IsHole: false } one] ? one.Id : default;

    /// <summary>Forgets what was added.</summary>
    public void Begin()
    {
        _items.Clear();
        Length = 0;
    }

    /// <summary>Adds the chunk that comes next.</summary>
    public void Add(ChunkId id, int length)
    {
        _items.Add(new Item(id, length, false));
        Length += length;
    }

    /// <summary>Adds zero bytes that come next and are not stored. Neighbouring holes become one.</summary>
    public void AddHole(long length)
    {
        Length += length;
        if (_items is [.., { IsHole: true } last])
            _items[^1] = last with { Length = last.Length + length };
        else
            _items.Add(new Item(default, length, true));
    }

    /// <summary>Writes the pages; the id of the list.</summary>
    public async ValueTask<ChunkId> FinishAsync(ChunkWriter writer, CancellationToken cancellationToken)
    {
        for (var level = 0; ; level++)
        {
            var pages = new List<Item>();
            for (int start = 0, end; start < _items.Count; start = end)
            {
                end = EndOfPage(start);
                pages.Add(await WriteAsync(writer, level, start, end, cancellationToken));
            }

            if (pages is [var list])
                return list.Id;
            _items = pages;
        }
    }

    private int EndOfPage(int start)
    {
        if (_items.Count <= Page.Undivided)
            return _items.Count;
        for (var i = start; i < _items.Count; i++)
        {
            if ((!_items[i].IsHole && Page.EndsAt(_items[i].Id)) || i + 1 - start == Page.MaxItems)
                return i + 1;
        }

        return _items.Count;
    }

    private async ValueTask<Item> WriteAsync(ChunkWriter writer, int level, int start, int end, CancellationToken cancellationToken)
    {
        Page.Begin(ref _page, level, end - start);
        long below = 0;
        for (var i = start; i < end; i++)
        {
            var item = _items[i];
            below += item.Length;
            _page.Varint(level == 0 ? ((ulong)item.Length << 1) | (item.IsHole ? 1UL : 0) : (ulong)item.Length);
            if (!item.IsHole)
                _page.Bytes(item.Id.Bytes);
        }

        return new Item(await writer.PutAsync(ChunkKind.List, _page.Written.ToArray(), cancellationToken), below, false);
    }

    private readonly record struct Item(ChunkId Id, long Length, bool IsHole);
}
