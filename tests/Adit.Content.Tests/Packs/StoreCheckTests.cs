using Adit.Content.Chunks;

namespace Adit.Content.Packs;

public sealed class StoreCheckTests
{
    [Theory]
    [InlineData(1)] // Stored as it is.
    [InlineData(2)] // Compressed.
    public async Task A_flipped_bit_is_found_named_and_repaired_by_adding_the_chunk_again(int number)
    {
        await using var store = await TestStore.OpenAsync();
        var ids = await store.AddAsync([number], length: 100_000);
        await store.AddAsync([number + 10], length: 100_000);
        await store.Store.DisposeAsync();
        Flip(store.PackFiles()[0], PackFormat.HeaderSize + Frame.HeadLength(1) + 500);
        await store.OpenAgainAsync();

        Assert.Empty((await store.Store.CheckAsync(readData: false)).Findings);
        var check = await store.Store.CheckAsync(readData: true);
        var finding = Assert.Single(check.Findings);
        Assert.Equal((PackFormat.NameOf(1), PackFormat.HeaderSize, ids[0]), (finding.File, finding.Offset, finding.Chunk));
        Assert.Equal($"The pack '{PackFormat.NameOf(1)}' holds the chunk {ids[0]} damaged, at offset 16.", finding.Message);
        Assert.Equal(2, check.Chunks);

        // It is missing from now on, after the next opening too, and a reader is told where it was.
        await store.ReopenAsync();
        Assert.Equal(new[] { true }, await store.MissingAsync(ids));
        var damaged = await Assert.ThrowsAsync<DamagedContentException>(() => store.AssertReadableAsync([number], length: 100_000));
        Assert.Contains($"{ids[0]} is damaged in the frame at offset 16 of the pack '{PackFormat.NameOf(1)}'", damaged.Message, StringComparison.Ordinal);

        await store.AddAsync([number], length: 100_000);
        await store.AssertReadableAsync([number, number + 10], length: 100_000);
        await store.Store.DisposeAsync();
        Directory.Delete(Path.Combine(store.Path, "index"), recursive: true);
        await store.OpenAgainAsync();
        await store.AssertReadableAsync([number, number + 10], length: 100_000);
        Assert.Equal(new[] { false }, await store.MissingAsync(ids));
    }

    [Fact]
    public async Task A_chunk_that_is_damaged_is_not_given_to_a_reader_and_is_named()
    {
        await using var store = await TestStore.OpenAsync();
        var ids = await store.AddAsync([1, 3], length: 50_000);
        Flip(store.PackFiles()[0], PackFormat.HeaderSize + Frame.HeadLength(2) + 60_000);
        await store.AssertReadableAsync([1], length: 50_000);
        var damaged = await Assert.ThrowsAsync<DamagedContentException>(() => store.AssertReadableAsync([3], length: 50_000));
        Assert.Contains($"{ids[1]} is damaged in the frame at offset 16 of the pack", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_whose_every_byte_is_right_has_no_findings()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000, memoryLimit: 100);
        await store.AddAsync(Enumerable.Range(0, 1000));
        await store.AddAsync(Enumerable.Range(2000, 100), kind: ChunkKind.Directory);
        Assert.Empty((await store.Store.CheckAsync(readData: true)).Findings);
        await store.ReopenAsync();
        List<CheckProgress> progress = [];
        var check = await store.Store.CheckAsync(readData: true, new Listener(progress.Add));
        Assert.Empty(check.Findings);
        Assert.Equal(1100, check.Chunks);
        Assert.Equal(store.PackFiles().Length, progress.Count);
        Assert.Equal(progress[^1].AllBytes, progress[^1].Bytes);
    }

    [Fact]
    public async Task A_damaged_index_is_found_and_made_anew()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        await store.AddAsync(Enumerable.Range(0, 500));
        await store.Store.DisposeAsync();
        var index = Assert.Single(Directory.GetFiles(Path.Combine(store.Path, "index")));
        Flip(index, 5000);
        await store.OpenAgainAsync();
        var finding = Assert.Single((await store.Store.CheckAsync(readData: false)).Findings);
        Assert.Equal($"The index file '{Path.GetRelativePath(store.Path, index)}' is damaged; it was made anew from the packs.", finding.Message);
        await store.AssertReadableAsync(Enumerable.Range(0, 500));
        await store.ReopenAsync();
        await store.AssertReadableAsync(Enumerable.Range(0, 500));
        Assert.Empty((await store.Store.CheckAsync(readData: false)).Findings);
    }

    [Theory]
    [InlineData(0)] // A header of an index that is not right is as good as none.
    [InlineData(70)]
    [InlineData(20)]
    public async Task An_index_of_another_version_or_with_a_damaged_header_is_made_anew(int offset)
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        await store.AddAsync(Enumerable.Range(0, 500));
        await store.Store.DisposeAsync();
        Flip(Assert.Single(Directory.GetFiles(Path.Combine(store.Path, "index"))), offset);
        await store.OpenAgainAsync();
        await store.AssertReadableAsync(Enumerable.Range(0, 500));
        Assert.Empty(store.Store.FoundAtOpening);
    }

    [Fact]
    public async Task A_pack_that_was_cut_off_is_reported_and_the_rest_of_it_is_read()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        var ids = await store.AddAsync(Enumerable.Range(0, 4).Select(n => (2 * n) + 1), length: 60_000);
        await store.AddAsync(Enumerable.Range(10, 4).Select(n => (2 * n) + 1), length: 60_000);
        await store.Store.DisposeAsync();
        var pack = store.PackFiles()[0];
        using (var file = File.OpenWrite(pack))
            file.SetLength(file.Length - 100);
        await store.OpenAgainAsync();
        Assert.Equal(
            $"The pack '{PackFormat.NameOf(1)}' is not as long as it was; what is left is read anew.", Assert.Single(store.Store.FoundAtOpening).Message);
        Assert.DoesNotContain(true, await store.MissingAsync(ids));
        await store.AssertReadableAsync(Enumerable.Range(10, 4).Select(n => (2 * n) + 1), length: 60_000);
        Assert.Empty((await store.Store.CheckAsync(readData: true)).Findings);
    }

    [Fact]
    public async Task A_damaged_footer_is_reported_and_the_frames_are_read_one_by_one()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        await store.AddAsync(Enumerable.Range(0, 1000));
        await store.Store.DisposeAsync();
        Directory.Delete(Path.Combine(store.Path, "index"), recursive: true);
        var pack = store.PackFiles()[0];
        Flip(pack, new FileInfo(pack).Length - 100);
        await store.OpenAgainAsync();
        Assert.Contains("has a damaged footer; its frames are read one by one", Assert.Single(store.Store.FoundAtOpening).Message, StringComparison.Ordinal);
        await store.AssertReadableAsync(Enumerable.Range(0, 1000));
    }

    [Fact]
    public async Task A_pack_that_is_gone_is_reported_and_the_others_are_read()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        var numbers = Enumerable.Range(0, 12).Select(n => (2 * n) + 1).ToArray();
        foreach (var number in numbers)
            await store.AddAsync([number], length: 60_000);
        await store.Store.DisposeAsync();
        File.Delete(store.PackFiles()[0]);
        await store.OpenAgainAsync();
        Assert.Equal($"The pack '{PackFormat.NameOf(1)}' is gone; what lay in it is missing.", Assert.Single(store.Store.FoundAtOpening).Message);
        var missing = await store.MissingAsync(TestStore.Ids(numbers, 60_000));
        Assert.Equal([0, 1], Enumerable.Range(0, 12).Where(i => missing[i]));
        await store.AddAsync(numbers, length: 60_000);
        await store.AssertReadableAsync(numbers, length: 60_000);
    }

    internal static void Flip(string path, long offset)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 0x10));
    }

    private sealed class Listener(Action<CheckProgress> hear) : IProgress<CheckProgress>
    {
        public void Report(CheckProgress value) => hear(value);
    }
}
