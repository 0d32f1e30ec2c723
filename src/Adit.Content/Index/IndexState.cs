using Adit.Content.Chunks;

namespace Adit.Content.Index;

/// <summary>
/// The parts of an index at one time; replaced as a whole. What was said last comes first: the memory that is added to, memories that are being written to runs,
/// runs by falling number. Counted, so that no run is unmapped below a reader.
/// </summary>
internal sealed class IndexState
{
    private readonly TaskCompletionSource _unused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _users = 1;

    public IndexState(MemoryIndex active, MemoryIndex[] frozen, RunFile[] runs, IReadOnlySet<uint>? condemned = null)
    {
        (Active, Frozen, Runs, Condemned) = (active, frozen, runs, condemned);
        foreach (var run in runs)
            run.Use();
    }

    public MemoryIndex Active { get; }

    /// <summary>Full ones, the newest first.</summary>
    public MemoryIndex[] Frozen { get; }

    /// <summary>The newest first.</summary>
    public RunFile[] Runs { get; }

    /// <summary>Packs that a collection is about to remove: who asks in order to rely upon a chunk finds only those there that are marked already. Null: none.</summary>
    public IReadOnlySet<uint>? Condemned { get; }

    /// <summary>Done when nobody uses it any more.</summary>
    public Task Unused => _unused.Task;

    /// <summary>False when it was let go of by all meanwhile, and another is current.</summary>
    public bool TryUse()
    {
        for (var users = Volatile.Read(ref _users); users > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
                return true;
            users = seen;
        }

        return false;
    }

    public void LetGo()
    {
        if (Interlocked.Decrement(ref _users) != 0)
            return;
        foreach (var run in Runs)
            run.LetGo();
        _unused.SetResult();
    }

    /// <summary>Where the chunk is, as the newest says that is not known to be wrong.</summary>
    /// <param name="stored">Its id as run files have it.</param>
    /// <param name="touch">It is about to be relied upon: a collection under way shall not remove it.</param>
    /// <param name="wasLive">It was marked before, or is newer than the collection; or there is none.</param>
    public bool TryFind(in ChunkId id, in ChunkId stored, DamagedChunks damaged, bool touch, out ChunkLocation location, out bool wasLive)
    {
        wasLive = true;
        if (Active.TryFind(id, out location) && !damaged.Contains(id, location))
            return true;
        foreach (var memory in Frozen)
        {
            if (memory.TryFind(id, out location) && !damaged.Contains(id, location))
                return true;
        }

        foreach (var run in Runs)
        {
            var position = run.Find(stored);
            if (position < 0)
                continue;
            location = run[(uint)position].Location;
            if (run.IsLeft(location.Pack) || damaged.Contains(id, location))
                continue;
            wasLive = run.IsLive(position);
            if (touch && !wasLive)
            {
                if (Condemned?.Contains(location.Pack) == true)
                    continue;
                run.MarkLive(position);
            }

            return true;
        }

        location = default;
        return false;
    }

    /// <summary>Marks the chunk live.</summary>
    public IndexMark Mark(in ChunkId id, in ChunkId stored, DamagedChunks damaged)
    {
        if (Active.TryFind(id, out var location) && !damaged.Contains(id, location))
            return IndexMark.Newer;
        foreach (var memory in Frozen)
        {
            if (memory.TryFind(id, out location) && !damaged.Contains(id, location))
                return IndexMark.Newer;
        }

        foreach (var run in Runs)
        {
            var position = run.Find(stored);
            if (position < 0)
                continue;
            location = run[(uint)position].Location;
            if (!run.IsLeft(location.Pack) && !damaged.Contains(id, location))
                return run.Visit(position);
        }

        return IndexMark.Missing;
    }
}
