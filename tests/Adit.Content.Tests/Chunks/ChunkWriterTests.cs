namespace Adit.Content.Chunks;

public sealed class ChunkWriterTests
{
    [Fact]
    public async Task What_is_put_is_in_the_store_once_however_often_it_was_put()
    {
        await using var store = await TestStore.OpenAsync();
        using var writer = new ChunkWriter(store.Store);
        for (var round = 0; round < 3; round++)
        {
            for (var number = 0; number < 5000; number++)
                Assert.Equal(ChunkId.Of(TestStore.Chunk(number)), await writer.PutAsync(ChunkKind.Data, TestStore.Chunk(number), CancellationToken.None));
            for (var number = 0; number < 10; number++)
                await writer.PutAsync(ChunkKind.Data, TestStore.Chunk(number), CancellationToken.None);
        }

        await writer.CompleteAsync(CancellationToken.None);
        await store.AssertReadableAsync(Enumerable.Range(0, 5000));
        Assert.Equal(5000, writer.NewChunks);
        Assert.Equal(5_000_000, writer.NewBytes);
        Assert.InRange(writer.StoredBytes, 2_000_000, 4_000_000);
    }

    [Fact]
    public async Task More_different_chunks_than_it_remembers_are_all_in_the_store()
    {
        await using var store = await TestStore.OpenAsync();
        using var writer = new ChunkWriter(store.Store);
        foreach (var number in Enumerable.Range(0, 40_000).Concat(Enumerable.Range(0, 40_000)))
            await writer.PutAsync(ChunkKind.Data, TestStore.Chunk(number, 20), CancellationToken.None);
        await writer.CompleteAsync(CancellationToken.None);
        await store.AssertReadableAsync(Enumerable.Range(0, 40_000), 20);
        // What waits in a frame may be asked for a second time when it is not remembered any more.
        Assert.InRange(writer.NewChunks, 40_000, 44_096);
    }

    [Fact]
    public async Task What_the_store_has_is_not_sent()
    {
        await using var store = await TestStore.OpenAsync();
        await store.AddAsync(Enumerable.Range(0, 100));
        using var writer = new ChunkWriter(store.Store);
        for (var number = 0; number < 101; number++)
            writer.Put(ChunkKind.Directory, TestStore.Chunk(number));
        await writer.CompleteAsync(CancellationToken.None);
        Assert.Equal(1, writer.NewChunks);
        Assert.Equal(1000, writer.NewBytes);
    }

    [Fact]
    public async Task Chunks_of_the_largest_size_and_of_one_byte_fit_together()
    {
        await using var store = await TestStore.OpenAsync();
        using var writer = new ChunkWriter(store.Store);
        var large = TestStore.Chunk(1, Frame.MaxChunk);
        var first = await writer.PutAsync(ChunkKind.Data, new byte[] { 1 }, CancellationToken.None);
        var second = await writer.PutAsync(ChunkKind.Data, large, CancellationToken.None);
        await writer.CompleteAsync(CancellationToken.None);
        await store.Store.ReadAsync(new[] { second, first }, (i, chunk) => Assert.True(i == 0 ? chunk.SequenceEqual(large) : chunk.SequenceEqual((byte[])[1])), CancellationToken.None);
    }

    [Fact]
    public async Task What_is_too_long_or_empty_or_put_when_it_is_full_is_refused_at_once()
    {
        await using var store = await TestStore.OpenAsync();
        using var writer = new ChunkWriter(store.Store);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Put(ChunkKind.Data, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Put(ChunkKind.Data, new byte[Frame.MaxChunk + 1]));
        writer.Put(ChunkKind.Data, new byte[Frame.MaxChunk]);
        Assert.True(writer.IsFull);
        Assert.Throws<InvalidOperationException>(() => writer.Put(ChunkKind.Data, [1]));
    }

    [Fact]
    public async Task When_the_store_fails_its_error_is_thrown_and_nothing_is_taken_for_stored_any_more()
    {
        await using var store = await TestStore.OpenAsync();
        foreach (var failing in new[] { new FailingStore(store.Store) { FailsToFind = true }, new FailingStore(store.Store) { FailingAdd = 2 } })
        {
            using var writer = new ChunkWriter(failing);
            var failure = await Assert.ThrowsAsync<IOException>(async () =>
            {
                for (var number = 0; number < 3000; number++)
                    await writer.PutAsync(ChunkKind.Data, TestStore.Chunk(number), CancellationToken.None);
                await writer.CompleteAsync(CancellationToken.None);
            });
            Assert.Equal("The disk failed.", failure.Message);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.CompleteAsync(CancellationToken.None));
        }
    }

    [Fact]
    public async Task When_the_last_frame_fails_completing_again_fails_too()
    {
        await using var store = await TestStore.OpenAsync();
        using var writer = new ChunkWriter(new FailingStore(store.Store) { FailingAdd = 1 });
        writer.Put(ChunkKind.Data, [1, 2, 3]);
        await Assert.ThrowsAsync<IOException>(async () => await writer.CompleteAsync(CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.CompleteAsync(CancellationToken.None));
    }
}
