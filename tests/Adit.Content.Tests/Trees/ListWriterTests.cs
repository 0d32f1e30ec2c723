using Adit.Content.Chunks;

namespace Adit.Content.Trees;

public sealed class ListWriterTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(20_000)]
    [InlineData(150_000)]
    public async Task Parts_come_back_in_order_with_their_holes(int count)
    {
        await using var store = await TestStore.OpenAsync();
        using var chunks = new ChunkWriter(store.Store);
        var list = new ListWriter();
        var parts = Parts(count);
        var file = await WriteAsync(list, chunks, parts);
        Assert.Equal(parts, await new TreeReader(store.Store).PartsAsync(file).ToArrayAsync());
        // A change in the middle changes few pages.
        var before = chunks.NewChunks;
        parts[count / 2] = parts[count / 2] with { Id = ChunkId.Of("another"u8) };
        await WriteAsync(list, chunks, parts);
        Assert.InRange(chunks.NewChunks - before, 1, 4);
    }

    [Fact]
    public async Task A_file_that_is_one_hole_and_neighbouring_holes_are_one_part()
    {
        await using var store = await TestStore.OpenAsync();
        using var chunks = new ChunkWriter(store.Store);
        var list = new ListWriter();
        list.Begin();
        list.AddHole(1L << 40);
        list.AddHole(1L << 40);
        Assert.True(list.Only.IsNone);
        var file = new TreeEntry { Name = [1], Type = EntryType.File, Form = FileForm.List, Size = list.Length, Content = await list.FinishAsync(chunks, CancellationToken.None) };
        await chunks.CompleteAsync(CancellationToken.None);
        Assert.Equal([new FilePart(default, 0, 1L << 41)], await new TreeReader(store.Store).PartsAsync(file).ToArrayAsync());
    }

    [Fact]
    public async Task A_list_with_more_or_fewer_bytes_than_its_file_or_its_page_says_is_damage()
    {
        await using var store = await TestStore.OpenAsync();
        using var chunks = new ChunkWriter(store.Store);
        var file = await WriteAsync(new ListWriter(), chunks, Parts(2000));
        foreach (var size in new[] { 1, file.Size - 1, file.Size + 1 })
            await DamagedAsync(file with { Size = size });

        var page = new ByteWriter();
        Page.Begin(ref page, 3, 1);
        page.Varint((ulong)file.Size + 1);
        page.Bytes(file.Content.Bytes);
        await DamagedAsync(file with { Size = file.Size + 1, Content = await chunks.PutAsync(ChunkKind.List, page.Written.ToArray(), CancellationToken.None) });
        await DamagedAsync(file with { Content = await chunks.PutAsync(ChunkKind.List, new byte[] { 1, 0, 0 }, CancellationToken.None) });

        async Task DamagedAsync(TreeEntry damaged)
        {
            await chunks.CompleteAsync(CancellationToken.None);
            await Assert.ThrowsAsync<DamagedContentException>(async () => await new TreeReader(store.Store).PartsAsync(damaged).ToArrayAsync());
        }
    }

    [Fact]
    public async Task A_file_in_its_entry_has_no_parts_and_one_chunk_is_one_part()
    {
        await using var store = await TestStore.OpenAsync();
        var file = new TreeEntry { Name = [1], Type = EntryType.File };
        Assert.Empty(await new TreeReader(store.Store).PartsAsync(file).ToArrayAsync());
        var id = ChunkId.Of([1]);
        Assert.Equal([new FilePart(id, 0, 7)], await new TreeReader(store.Store).PartsAsync(file with { Form = FileForm.Chunk, Content = id, Size = 7 }).ToArrayAsync());
    }

    // Every ninth part is a hole; lengths differ.
    private static FilePart[] Parts(int count)
    {
        var parts = new FilePart[count];
        long at = 0;
        for (var i = 0; i < count; i++)
        {
            parts[i] = new FilePart(i % 9 == 4 ? default : ChunkId.Of(BitConverter.GetBytes(i)), at, 1000 + (i % 500));
            at += parts[i].Length;
        }

        return parts;
    }

    private static async Task<TreeEntry> WriteAsync(ListWriter list, ChunkWriter chunks, FilePart[] parts)
    {
        list.Begin();
        foreach (var part in parts)
        {
            if (part.IsHole)
                list.AddHole(part.Length);
            else
                list.Add(part.Id, (int)part.Length);
        }

        var file = new TreeEntry { Name = [1], Type = EntryType.File, Form = FileForm.List, Size = list.Length, Content = await list.FinishAsync(chunks, CancellationToken.None) };
        await chunks.CompleteAsync(CancellationToken.None);
        return file;
    }
}
