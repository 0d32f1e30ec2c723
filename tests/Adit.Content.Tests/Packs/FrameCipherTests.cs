using System.Text;
using Adit.Content.Chunks;

namespace Adit.Content.Packs;

public sealed class FrameCipherTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(7, 32).Select(i => (byte)i)];

    [Fact]
    public async Task An_encrypted_store_keeps_what_is_added_and_shows_none_of_it()
    {
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("A secret that is long enough to be compressed. ", 40)));
        var id = ChunkId.Of(text);
        await using var store = await TestStore.OpenAsync(Key, packFull: 50_000, memoryLimit: 100);
        using (var writer = new FrameWriter())
        {
            writer.Add(id, ChunkKind.Data, text);
            await store.Store.AddAsync(writer.Finish(), CancellationToken.None);
        }

        await store.AddAsync(Enumerable.Range(0, 1000));
        await store.ReopenAsync();
        await store.AssertReadableAsync(Enumerable.Range(0, 1000));
        Assert.Equal(new[] { false }, await store.MissingAsync(id));
        Assert.Empty((await store.Store.CheckAsync(readData: true)).Findings);
        foreach (var file in Directory.EnumerateFiles(store.Path, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith("lock", StringComparison.Ordinal)))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            Assert.Equal(-1, bytes.AsSpan().IndexOf("secret"u8));
            Assert.Equal(-1, bytes.AsSpan().IndexOf(id.Bytes));
        }

        await store.CrashAsync();
        await store.AssertReadableAsync(Enumerable.Range(0, 1000));
        await store.Store.DisposeAsync();
        Directory.Delete(Path.Combine(store.Path, "index"), recursive: true);
        await store.OpenAgainAsync();
        await store.AssertReadableAsync(Enumerable.Range(0, 1000));
    }

    [Fact]
    public async Task An_encrypted_store_is_collected_and_recovered_as_any_other()
    {
        await using var store = await TestStore.OpenAsync(Key, packFull: 50_000, memoryLimit: 100);
        await store.AddAsync(Enumerable.Range(0, 1000));
        var live = TestStore.Ids(Enumerable.Range(0, 1000).Where(n => n % 9 == 0));
        await store.Store.CollectAsync((marks, _) =>
        {
            foreach (var id in live)
                marks.Mark(id);
            return Task.CompletedTask;
        });
        await store.AddAsync(Enumerable.Range(2000, 20));
        await store.Store.FlushAsync(CancellationToken.None);
        await store.CrashAsync();
        Assert.Empty(store.Store.FoundAtOpening);
        await store.AssertReadableAsync(Enumerable.Range(0, 1000).Where(n => n % 9 == 0).Concat(Enumerable.Range(2000, 20)));
    }

    [Fact]
    public async Task Another_key_or_none_is_refused_with_a_sentence()
    {
        await using var store = await TestStore.OpenAsync(Key);
        await store.Store.DisposeAsync();
        var other = await Assert.ThrowsAsync<IOException>(() => ContentStore.OpenAsync(new ContentStoreOptions { Directory = store.Path, Key = new byte[32] }));
        Assert.Equal($"This is not the key of the store in '{store.Path}'. Give the key that it was made with.", other.Message);
        var none = await Assert.ThrowsAsync<IOException>(() => ContentStore.OpenAsync(new ContentStoreOptions { Directory = store.Path }));
        Assert.Equal($"The store in '{store.Path}' is encrypted. Give its key.", none.Message);
        await store.OpenAgainAsync();

        await using var plain = await TestStore.OpenAsync();
        await plain.Store.DisposeAsync();
        var needless = await Assert.ThrowsAsync<IOException>(() => ContentStore.OpenAsync(new ContentStoreOptions { Directory = plain.Path, Key = Key }));
        Assert.Equal($"The store in '{plain.Path}' is not encrypted, but a key was given. Leave the key away.", needless.Message);
    }

    [Fact]
    public async Task A_flipped_bit_in_an_encrypted_frame_is_damage()
    {
        await using var store = await TestStore.OpenAsync(Key);
        var ids = await store.AddAsync([1, 2, 3]);
        await store.Store.FlushAsync(CancellationToken.None);
        StoreCheckTests.Flip(store.PackFiles()[0], 100);
        await Assert.ThrowsAsync<DamagedContentException>(() => store.AssertReadableAsync([1]));
        Assert.Equal(new[] { false, false, false }, await store.MissingAsync(ids));
    }
}
