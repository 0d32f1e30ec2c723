using Adit.Content.Chunks;
using Adit.Content.Index;

namespace Adit.Content;

/// <summary>Takes from who starts a collection which chunks are live. For any number of threads, until the marking is over.</summary>
public sealed class LiveChunks
{
    private readonly ChunkIndex _index;
    private readonly Lock _lock = new();
    private readonly HashSet<ChunkId> _newer = [];
    private long _missing;

    internal LiveChunks(ChunkIndex index) => _index = index;

    /// <summary>Chunks that were marked and are not in the store, or damaged there.</summary>
    internal long Missing => Volatile.Read(ref _missing);

    /// <summary>The chunk is live.</summary>
    /// <returns>
    /// True for the first who marks it, who goes on to what it refers to; false when it was marked before, or is missing.
    /// That somebody asked for it with <see cref="IChunkStore.FindMissingAsync"/> makes it live too, but says nothing of what it refers to: it does not count here.
    /// </returns>
    public bool Mark(ChunkId id)
    {
        switch (_index.Mark(id))
        {
            case IndexMark.First:
                return true;
            case IndexMark.Newer:
                lock (_lock)
                    return _newer.Add(id);
            case IndexMark.Missing:
                Interlocked.Increment(ref _missing);
                return false;
            default:
                return false;
        }
    }
}
