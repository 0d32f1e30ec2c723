using Adit.Content.Chunks;
using Adit.Content.Packs;
using Adit.Testing;

namespace Adit.Content;

/// <summary>A store in a temporary directory, and chunks that a number makes.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly byte[]? _key;
    private readonly int _memoryLimit;
    private readonly int _packFull;
    private readonly IFileFaults? _faults;

    private TestStore(byte[]? key, int memoryLimit, int packFull, IFileFaults? faults) =>
        (_key, _memoryLimit, _packFull, _faults) = (key, memoryLimit, packFull, faults);

    public ContentStore Store { get; private set; } = null!;

    public string Path => _directory.File("store");

    public static async Task<TestStore> OpenAsync(byte[]? key = null, int memoryLimit = 1 << 19, int packFull = PackFormat.Full, IFileFaults? faults = null)
    {
        var store = new TestStore(key, memoryLimit, packFull, faults);
        await store.OpenAgainAsync();
        return store;
    }

    public async Task OpenAgainAsync() => Store = await ContentStore.OpenAsync(new ContentStoreOptions
    {
        Directory = Path,
        Key = _key,
        MemoryLimit = _memoryLimit,
        PackFull = _packFull,
        Faults = _faults,
    });

    public async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        await OpenAgainAsync();
    }

    /// <summary>As after kill -9: nothing is written any more.</summary>
    public async Task CrashAsync()
    {
        await Store.AbandonAsync();
        await OpenAgainAsync();
    }

    public string[] PackFiles() => [.. Directory.EnumerateFiles(System.IO.Path.Combine(Path, "packs"), "*.pack", SearchOption.AllDirectories).Order()];

    public async ValueTask DisposeAsync()
    {
        await Store.AbandonAsync();
        _directory.Dispose();
    }

    /// <summary>The bytes of a chunk: as many as asked for, every other one compressible.</summary>
    public static byte[] Chunk(int number, int length = 1000)
    {
        var bytes = new byte[length];
        var random = new Random(number);
        random.NextBytes(bytes);
        if (number % 2 == 0)
            bytes.AsSpan(length / 8).Fill((byte)number);
        BitConverter.TryWriteBytes(bytes, number);
        return bytes;
    }

    public static ChunkId[] Ids(IEnumerable<int> numbers, int length = 1000) => [.. numbers.Select(n => ChunkId.Of(Chunk(n, length)))];

    /// <summary>Adds chunks, those of one call in as few frames as hold them.</summary>
    public async Task<ChunkId[]> AddAsync(IEnumerable<int> numbers, int length = 1000, ChunkKind kind = ChunkKind.Data, bool trusted = false)
    {
        using var writer = new FrameWriter();
        List<ChunkId> ids = [];
        foreach (var number in numbers)
        {
            var chunk = Chunk(number, length);
            ids.Add(ChunkId.Of(chunk));
            writer.Add(ids[^1], kind, chunk);
            if (writer.IsFull)
                await AddAsync(writer, trusted);
        }

        if (writer.Count != 0)
            await AddAsync(writer, trusted);
        return [.. ids];
    }

    public async Task<bool[]> MissingAsync(params ChunkId[] ids)
    {
        var missing = new bool[ids.Length];
        for (var at = 0; at < ids.Length; at += ContentStore.MaxIds)
        {
            var count = Math.Min(ContentStore.MaxIds, ids.Length - at);
            await Store.FindMissingAsync(ids.AsMemory(at, count), missing.AsMemory(at, count), CancellationToken.None);
        }

        return missing;
    }

    /// <summary>Reads chunks and says whether each is what a number makes.</summary>
    public async Task AssertReadableAsync(IEnumerable<int> numbers, int length = 1000)
    {
        foreach (var part in numbers.Chunk(ContentStore.MaxIds))
        {
            var next = 0;
            await Store.ReadAsync(
                Ids(part, length),
                (index, chunk) =>
                {
                    Assert.Equal(next++, index);
                    Assert.True(chunk.SequenceEqual(Chunk(part[index], length)), $"Chunk {part[index]} is another.");
                },
                CancellationToken.None);
            Assert.Equal(part.Length, next);
        }
    }

    private ValueTask AddAsync(FrameWriter writer, bool trusted) =>
        trusted ? Store.AddTrustedAsync(writer.Finish(), CancellationToken.None) : Store.AddAsync(writer.Finish(), CancellationToken.None);
}
