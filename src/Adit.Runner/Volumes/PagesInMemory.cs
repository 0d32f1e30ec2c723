using System.Collections.Concurrent;
using Adit.Content;
using Adit.Content.Chunks;
using ZstdSharp;

namespace Adit.Runner.Volumes;

/// <summary>
/// A store for who only wants to know what a directory is: its pages stay here, and its files' bytes nowhere. What is not here is read from another store, which gets nothing.
/// </summary>
internal sealed class PagesInMemory(IChunkStore beneath) : IChunkStore
{
    private readonly ConcurrentDictionary<ChunkId, byte[]> _pages = new();

    /// <inheritdoc/>
    public ValueTask FindMissingAsync(ReadOnlyMemory<ChunkId> ids, Memory<bool> missing, CancellationToken cancellationToken)
    {
        for (var i = 0; i < ids.Length; i++)
            missing.Span[i] = !_pages.ContainsKey(ids.Span[i]);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask AddAsync(Frame frame, CancellationToken cancellationToken)
    {
        if (frame.Count == 0 || frame[0].Kind == ChunkKind.Data)
            return ValueTask.CompletedTask;
        var plain = new byte[frame.PlainLength];
        using var decompressor = new Decompressor();
        frame.DecodeAndCheck(plain, decompressor);
        for (int i = 0, at = 0; i < frame.Count; at += frame[i].Length, i++)
            _pages[frame[i].Id] = plain.AsSpan(at, frame[i].Length).ToArray();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask ReadAsync(ReadOnlyMemory<ChunkId> ids, ChunkReader read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        for (var i = 0; i < ids.Length; i++)
        {
            var place = i;
            if (_pages.TryGetValue(ids.Span[i], out var page))
                read(i, page);
            else
                await beneath.ReadAsync(ids.Slice(i, 1), (_, chunk) => read(place, chunk), cancellationToken);
        }
    }
}
