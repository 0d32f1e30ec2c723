using Adit.Content.Packs;

namespace Adit.Content;

/// <summary>What is done to a store as a whole, beside those who use it: one thing at a time.</summary>
public sealed partial class ContentStore
{
    private readonly HoldGate _gate = new();
    private readonly SemaphoreSlim _checking = new(1);

    /// <summary>
    /// Held by who makes chunks live that were not: a commit of new roots, whose chunks may have been in the store before, unused. Between this and its disposal it asks
    /// <see cref="FindMissingAsync"/> for every chunk that the new roots reach, flushes, and writes down the roots, where the next collection finds them.
    /// </summary>
    /// <remarks>
    /// A collection that begins waits until nobody holds it: so it sees the roots of those who asked before it began. Who asks while it runs makes live what he is told is there.
    /// What is missing then was removed since it was last seen; it is added again, and asked for again. Held for seconds, not for the time of an upload: new holders wait
    /// behind a collection that waits.
    /// </remarks>
    public ValueTask<IDisposable> HoldAsync(CancellationToken cancellationToken = default) => _gate.HoldAsync(cancellationToken);

    /// <summary>
    /// Removes packs in which nothing is live, and copies what is live out of those that are mostly dead. Others add, flush and read meanwhile. One at a time.
    /// </summary>
    /// <param name="mark">
    /// Marks each chunk that a root reaches, the roots' own too, beginning with a read of the roots. What was added since it was called lives, marked or not, and so does what
    /// <see cref="FindMissingAsync"/> called present since.
    /// </param>
    /// <exception cref="IOException">The disk failed or is full. Nothing live was removed.</exception>
    public async Task<CollectionResult> CollectAsync(Func<LiveChunks, CancellationToken, Task> mark, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(mark);
        ThrowIfDisposed();
        await _checking.WaitAsync(cancellationToken);
        try
        {
            ThrowIfDisposed();
            var collector = new PackCollector(_files, _cipher, _index, _packs, _handles, _damaged, _upkeep, _decompressors);
            return await Task.Run(() => collector.RunAsync(_gate, mark, _time, _packFull, cancellationToken), CancellationToken.None);
        }
        finally
        {
            _checking.Release();
        }
    }

    /// <summary>
    /// Looks at packs and index while the store is in use; with <paramref name="readData"/> at every chunk. One that is damaged counts as missing from then on: whoever has
    /// it adds it again, and it is read from there. A damaged index file is made anew from the packs.
    /// </summary>
    public async Task<CheckResult> CheckAsync(bool readData, IProgress<CheckProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        await _checking.WaitAsync(cancellationToken);
        try
        {
            ThrowIfDisposed();
            var check = new StoreCheck(_directory, _cipher, _index, _packs, _handles, _damaged, _upkeep, _decompressors);
            return await Task.Run(() => check.RunAsync(readData, progress, _time, cancellationToken), CancellationToken.None);
        }
        finally
        {
            _checking.Release();
        }
    }
}
