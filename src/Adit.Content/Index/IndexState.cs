using Adit.Content.Chunks;

namespace Adit.Content.Index;

/// <summary>
/// The parts of an index at one time; replaced as a whole. What was said last comes first: the memory that is added to, memories that are being written to runs,
/// runs by falling number. Counted, so that no run is unmapped below a reader.
/// </summary>
internal sealed class IndexState
{
    private int _users = 1;

    public IndexState(MemoryIndex active, MemoryIndex[] frozen, RunFile[] runs)
    {
        (Active, Frozen, Runs) = (active, frozen, runs);
        foreach (var run in runs)
            run.Use();
    }

    public MemoryIndex Active { get; }

    /// <summary>Full ones, the newest first.</summary>
    public MemoryIndex[] Frozen { get; }

    /// <summary>The newest first.</summary>
    public RunFile[] Runs { get; }

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
    }

    /// <summary>Where the chunk is, as the newest says that is not known to be wrong.</summary>
    /// <param name="stored">Its id as run files have it.</param>
    /// <param name="touch">It is about to be relied upon: a collection under way shall not remove it.</param>
    public bool TryFind(in ChunkId id, in ChunkId stored, DamagedChunks damaged, bool touch, out ChunkLocation location)
    {
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
            if (touch)
                run.MarkLive(position);
            return true;
        }

        location = default;
        return false;
    }
}
