using System.Globalization;
using System.Text;
using Adit.Content.Chunks;
using FsCheck;
using FsCheck.Fluent;

namespace Adit.Content.Trees;

public sealed class DirectoryWriterTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(5_000)]
    [InlineData(100_000)]
    public async Task What_is_written_is_listed_found_and_counted(int count)
    {
        await using var store = await TestStore.OpenAsync();
        var entries = Enumerable.Range(0, count).Select(static i => File(i)).ToArray();
        var (directory, _) = await WriteAsync(store, entries);
        Assert.Equal((count, count, entries.Sum(static e => e.Size)), (directory.Entries, directory.Files, directory.Bytes));
        var reader = new TreeReader(store.Store);
        Assert.Equal(Names(entries), Names(await reader.ListAsync(directory.Id).ToArrayAsync()));
        foreach (var i in new[] { 0, 1, count / 3, count / 2, count - 1 }.Where(i => i >= 0 && i < count).Distinct())
        {
            Assert.Equivalent(entries[i], await reader.FindAsync(directory.Id, entries[i].Name, CancellationToken.None), strict: true);
            var after = await reader.ListAsync(directory.Id, entries[i].Name).Take(3).ToArrayAsync();
            Assert.Equal(Names(entries[(i + 1)..].Take(3)), Names(after));
            byte[] between = [.. entries[i].Name, 0x20];
            Assert.Equal(Names(after), Names(await reader.ListAsync(directory.Id, between).Take(3).ToArrayAsync()));
            Assert.Null(await reader.FindAsync(directory.Id, between, CancellationToken.None));
        }

        Assert.Null(await reader.FindAsync(directory.Id, " "u8.ToArray(), CancellationToken.None));
        Assert.Null(await reader.FindAsync(directory.Id, "~"u8.ToArray(), CancellationToken.None));
        Assert.Empty(await reader.ListAsync(directory.Id, "~"u8.ToArray()).ToArrayAsync());
        Assert.Empty(await new TreeVerifier(store.Store).VerifyAsync(directory, default, CancellationToken.None));
    }

    [Fact]
    public async Task One_changed_entry_of_many_writes_few_pages()
    {
        await using var store = await TestStore.OpenAsync();
        var entries = Enumerable.Range(0, 100_000).Select(static i => File(i)).ToArray();
        var (_, all) = await WriteAsync(store, entries);
        Assert.InRange(all.NewChunks, 200, 700);
        foreach (var i in new[] { 0, 50_000, 99_999 })
        {
            entries[i] = entries[i] with { Mode = 1 };
            Assert.InRange((await WriteAsync(store, entries)).Writer.NewChunks, 1, 3);
        }

        TreeEntry[] more = [.. entries[..3000], File(3000) with { Name = "002999a"u8.ToArray() }, .. entries[3000..]];
        Assert.InRange((await WriteAsync(store, more)).Writer.NewChunks, 1, 4);
    }

    [Fact]
    public async Task The_same_entries_have_one_id_however_the_directory_came_to_be()
    {
        await using var store = await TestStore.OpenAsync();
        var writer = new DirectoryWriter();
        using var chunks = new ChunkWriter(store.Store);
        // A writer that is used again knows nothing of the directory before.
        var small = await FinishAsync(writer, chunks, Enumerable.Range(0, 3).Select(static i => File(i)));
        var large = await FinishAsync(writer, chunks, Enumerable.Range(0, 3000).Select(static i => File(i)));
        await FinishAsync(writer, chunks, Enumerable.Range(0, 20_000).Select(static i => File(i)));
        Assert.Equal(small, await FinishAsync(writer, chunks, Enumerable.Range(0, 3).Select(static i => File(i))));
        Assert.Equal(large, await FinishAsync(new DirectoryWriter(), chunks, Enumerable.Range(0, 3000).Select(static i => File(i))));
    }

    [Fact]
    public async Task Any_entries_are_read_as_they_were_written_and_their_sum_is_that_of_the_directory()
    {
        await using var store = await TestStore.OpenAsync();
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed =>
        {
            var any = new AnyTree(seed);
            // Sums of numbers near the largest overflow: the verifier's to refuse.
            var entries = any.Entries(seed % 1500).Select(static e => e with { Size = e.Form == FileForm.Inline && e.Type == EntryType.File ? e.Size : 1 + (e.Size & 0xFFFF), Files = e.Files & 0xFFFF }).ToArray();
            var (directory, _) = WriteAsync(store, entries).GetAwaiter().GetResult();
            var read = new TreeReader(store.Store).ListAsync(directory.Id).ToArrayAsync().AsTask().GetAwaiter().GetResult();
            Assert.Equal(entries.Select(Encode), read.Select(Encode));
            Assert.Equal(entries.Where(static e => e.Type != EntryType.Link).Sum(static e => e.Size), directory.Bytes);
            Assert.Equal(entries.Sum(static e => e.Type == EntryType.File ? 1 : e.Files), directory.Files);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25));
    }

    [Fact]
    public async Task Entries_with_large_attributes_are_pages_that_fit_a_chunk()
    {
        await using var store = await TestStore.OpenAsync();
        var value = new byte[TreeEntry.MaxAttribute - 1];
        var entries = Enumerable.Range(0, 40).Select(i => File(i) with
        {
            Attributes = [new ExtendedAttribute("a"u8.ToArray(), value), new ExtendedAttribute("b"u8.ToArray(), value)],
        }).ToArray();
        var (directory, _) = await WriteAsync(store, entries);
        Assert.Equal(Names(entries), Names(await new TreeReader(store.Store).ListAsync(directory.Id).ToArrayAsync()));
    }

    [Fact]
    public async Task Pages_that_do_not_fit_together_are_damage()
    {
        await using var store = await TestStore.OpenAsync();
        using var chunks = new ChunkWriter(store.Store);
        var one = await FinishAsync(new DirectoryWriter(), chunks, [File(1)]);
        var two = await FinishAsync(new DirectoryWriter(), chunks, [File(2)]);
        var empty = await FinishAsync(new DirectoryWriter(), chunks, []);
        Assert.Equal(2, (await ListAboveAsync(1, ("000001", one.Id), ("000002", two.Id))).Length);
        // Out of order beneath, another first name, another level, an empty page, a page that is none.
        await Damaged(1, ("000001", one.Id), ("000002", one.Id));
        await Damaged(1, ("000000", one.Id), ("000002", two.Id));
        await Damaged(2, ("000001", one.Id), ("000002", two.Id));
        await Damaged(1, ("000001", empty.Id));
        await Damaged(1, ("000001", await chunks.PutAsync(ChunkKind.Data, "hello"u8.ToArray(), CancellationToken.None)));
        await Assert.ThrowsAsync<MissingContentException>(() => ListAboveAsync(1, ("000001", ChunkId.Of("nothing"u8))));

        async Task Damaged(int level, params (string First, ChunkId Id)[] below) =>
            await Assert.ThrowsAsync<DamagedContentException>(() => ListAboveAsync(level, below));

        async Task<TreeEntry[]> ListAboveAsync(int level, params (string First, ChunkId Id)[] below)
        {
            var page = new ByteWriter();
            Page.Begin(ref page, level, below.Length);
            foreach (var (first, id) in below)
            {
                page.Counted(Encoding.UTF8.GetBytes(first));
                page.Bytes(id.Bytes);
                for (var i = 0; i < 3; i++)
                    page.Varint(1);
            }

            var top = await chunks.PutAsync(ChunkKind.Directory, page.Written.ToArray(), CancellationToken.None);
            await chunks.CompleteAsync(CancellationToken.None);
            return await new TreeReader(store.Store).ListAsync(top).ToArrayAsync();
        }
    }

    private static TreeEntry File(int number) => new()
    {
        Name = Encoding.UTF8.GetBytes(number.ToString("d6", CultureInfo.InvariantCulture)),
        Type = EntryType.File,
        Mode = 0b110_100_100,
        Modified = new FileTime(1_700_000_000 + number, number),
        Size = 2,
        Inline = [(byte)number, (byte)(number >> 8)],
    };

    private static async Task<(DirectoryRef Directory, ChunkWriter Writer)> WriteAsync(TestStore store, IEnumerable<TreeEntry> entries)
    {
        using var chunks = new ChunkWriter(store.Store);
        var directory = await FinishAsync(new DirectoryWriter(), chunks, entries);
        await chunks.CompleteAsync(CancellationToken.None);
        return (directory, chunks);
    }

    private static ValueTask<DirectoryRef> FinishAsync(DirectoryWriter writer, ChunkWriter chunks, IEnumerable<TreeEntry> entries)
    {
        writer.Begin();
        foreach (var entry in entries)
            writer.Add(entry);
        return writer.FinishAsync(chunks, CancellationToken.None);
    }

    private static string[] Names(IEnumerable<TreeEntry> entries) => [.. entries.Select(static e => e.DisplayName)];

    private static string Encode(TreeEntry entry)
    {
        var bytes = new ByteWriter();
        EntryCodec.Write(ref bytes, entry);
        return Convert.ToHexString(bytes.Written);
    }
}
