using Adit.Content.Chunks;

namespace Adit.Content;

public sealed class ContentStoreTests
{
    [Fact]
    public async Task What_is_added_is_read_at_once_and_after_the_store_was_closed()
    {
        await using var store = await TestStore.OpenAsync();
        var ids = await store.AddAsync(Enumerable.Range(0, 2000));
        await store.AddAsync(Enumerable.Range(5000, 10), kind: ChunkKind.Directory);
        Assert.DoesNotContain(true, await store.MissingAsync(ids));
        await store.AssertReadableAsync(Enumerable.Range(0, 2000).Reverse());
        await store.ReopenAsync();
        Assert.Empty(store.Store.FoundAtOpening);
        Assert.DoesNotContain(true, await store.MissingAsync(ids));
        await store.AssertReadableAsync(Enumerable.Range(0, 2000).Concat(Enumerable.Range(5000, 10)));
        Assert.Equal(2, store.PackFiles().Length);
    }

    [Fact]
    public async Task What_was_flushed_is_there_after_a_crash()
    {
        await using var store = await TestStore.OpenAsync();
        await store.AddAsync(Enumerable.Range(0, 300));
        await store.Store.FlushAsync(CancellationToken.None);
        await store.CrashAsync();
        await store.AssertReadableAsync(Enumerable.Range(0, 300));
        await store.AddAsync(Enumerable.Range(300, 300));
        await store.Store.FlushAsync(CancellationToken.None);
        await store.CrashAsync();
        await store.AssertReadableAsync(Enumerable.Range(0, 600));
        Assert.Single(store.PackFiles());
    }

    [Fact]
    public async Task What_is_not_there_is_missing_and_what_is_asked_for_in_vain_is_named()
    {
        await using var store = await TestStore.OpenAsync();
        await store.AddAsync([1, 2]);
        var ids = TestStore.Ids([1, 3, 2]);
        Assert.Equal(new[] { false, true, false }, await store.MissingAsync(ids));
        var missing = await Assert.ThrowsAsync<MissingContentException>(async () => await store.Store.ReadAsync(ids, (_, _) => { }, CancellationToken.None));
        Assert.Equal(ids[1], missing.Id);
    }

    [Fact]
    public async Task A_frame_with_a_chunk_that_is_not_what_it_says_is_refused_as_a_whole()
    {
        await using var store = await TestStore.OpenAsync();
        using var writer = new FrameWriter();
        writer.Add(ChunkId.Of(TestStore.Chunk(1)), ChunkKind.Data, TestStore.Chunk(1));
        writer.Add(ChunkId.Of(TestStore.Chunk(2)), ChunkKind.Data, TestStore.Chunk(3));
        await Assert.ThrowsAsync<DamagedContentException>(async () => await store.Store.AddAsync(writer.Finish(), CancellationToken.None));
        Assert.Equal(new[] { true, true }, await store.MissingAsync(TestStore.Ids([1, 2])));
        Assert.Equal(0, store.Store.Statistics.Packs);
    }

    [Fact]
    public async Task What_is_there_already_takes_no_space()
    {
        await using var store = await TestStore.OpenAsync();
        await store.AddAsync(Enumerable.Range(0, 100));
        var before = store.Store.Statistics;
        await store.AddAsync(Enumerable.Range(0, 100));
        await store.AddAsync(Enumerable.Range(20, 30));
        Assert.Equal(before, store.Store.Statistics);
        await store.ReopenAsync();
        await store.AddAsync(Enumerable.Range(50, 50));
        Assert.Equal(before, store.Store.Statistics with { IndexBytes = 0 });
    }

    [Fact]
    public async Task Packs_are_sealed_when_they_are_full_and_all_of_them_are_read()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        await store.AddAsync(Enumerable.Range(0, 40).Select(n => (2 * n) + 1), length: 60_000);
        Assert.True(store.PackFiles().Length > 5);
        await store.Store.FlushAsync(CancellationToken.None);
        await store.CrashAsync();
        Assert.Empty(store.Store.FoundAtOpening);
        await store.AssertReadableAsync(Enumerable.Range(0, 40).Select(n => (2 * n) + 1), length: 60_000);
        await store.ReopenAsync();
        await store.AssertReadableAsync(Enumerable.Range(0, 40).Select(n => (2 * n) + 1), length: 60_000);
        Assert.Equal(40, store.Store.Statistics.DataChunks);
        Assert.Equal(40 * 60_000, store.Store.Statistics.PlainBytes);
    }

    [Fact]
    public async Task Without_its_index_a_store_is_the_same()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000, memoryLimit: 100);
        await store.AddAsync(Enumerable.Range(0, 2000));
        await store.AddAsync(Enumerable.Range(3000, 500), kind: ChunkKind.List);
        await store.ReopenAsync();
        var before = store.Store.Statistics;
        await store.Store.DisposeAsync();
        Directory.Delete(Path.Combine(store.Path, "index"), recursive: true);
        await store.OpenAgainAsync();
        Assert.Empty(store.Store.FoundAtOpening);
        await store.AssertReadableAsync(Enumerable.Range(0, 2000).Concat(Enumerable.Range(3000, 500)));
        Assert.Equal(before with { IndexBytes = 0 }, store.Store.Statistics with { IndexBytes = 0 });
    }

    [Fact]
    public async Task Frames_are_given_out_as_they_are_each_once()
    {
        await using var store = await TestStore.OpenAsync();
        var ids = await store.AddAsync(Enumerable.Range(0, 1000));
        List<ChunkId> got = [];
        var frames = 0;
        await store.Store.ReadFramesAsync(
            ids,
            (frame, _) =>
            {
                frames++;
                var plain = new byte[frame.PlainLength];
                using var decompressor = new ZstdSharp.Decompressor();
                frame.DecodeAndCheck(plain, decompressor);
                got.AddRange(Enumerable.Range(0, frame.Count).Select(i => frame[i].Id));
                return ValueTask.CompletedTask;
            },
            CancellationToken.None);
        Assert.Equal(ids, got);
        Assert.Equal(4, frames);
    }

    [Fact]
    public async Task Many_threads_add_flush_look_up_and_read_at_once()
    {
        await using var store = await TestStore.OpenAsync(packFull: 500_000, memoryLimit: 500);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(async () =>
        {
            for (var round = 0; round < 20; round++)
            {
                // Half of it is another thread's too.
                var numbers = Enumerable.Range(((thread / 2) * 10_000) + (round * 100), 100).ToArray();
                await store.AddAsync(numbers, trusted: thread % 2 == 0);
                if (round % 3 == 0)
                    await store.Store.FlushAsync(CancellationToken.None);
                Assert.DoesNotContain(true, await store.MissingAsync(TestStore.Ids(numbers)));
                await store.AssertReadableAsync(numbers);
            }
        }))).WaitAsync(TimeSpan.FromSeconds(60));
        await store.ReopenAsync();
        await store.AssertReadableAsync(Enumerable.Range(0, 2000).Concat(Enumerable.Range(10_000, 2000)));
    }
}
