using System.Buffers;
using System.Globalization;
using Adit.Content.Chunks;
using Adit.Content.Packs;

namespace Adit.Content.Index;

/// <summary>
/// Where each chunk of a store lies. What was added last is in memory, the rest in runs on the disk, which are written and merged in the background.
/// It is derived: all of it can be made again from the packs.
/// </summary>
/// <remarks>
/// Looking up takes no lock. Adding takes one for the time of a table's entry. <see cref="WriteRun"/>, <see cref="Merge()"/> and <see cref="Rewrite"/> are for one thread
/// at a time: their caller sees to it.
/// </remarks>
internal sealed class ChunkIndex : IDisposable
{
    /// <summary>Runs that are not worth a merge yet.</summary>
    public const int FewRuns = 8;

    private readonly Lock _write = new();
    private readonly StoreFiles _files;
    private readonly string _directory;
    private readonly DamagedChunks _damaged;
    private readonly FrameCipher? _cipher;
    private readonly int _memoryLimit;
    private readonly List<IndexState> _retired = [];
    private IndexState _state;
    private uint _next = 1;

    /// <param name="memoryLimit">The memory is written to a run when it has so many records.</param>
    public ChunkIndex(StoreFiles files, string directory, DamagedChunks damaged, FrameCipher? cipher, int memoryLimit)
    {
        (_files, _directory, _damaged, _cipher, _memoryLimit) = (files, directory, damaged, cipher, memoryLimit);
        var runs = Load();
        _state = new IndexState(new MemoryIndex(), [], runs);
        foreach (var run in runs)
            run.LetGo();
    }

    /// <summary>Memories wait to be written to runs.</summary>
    public int Waiting => Volatile.Read(ref _state).Frozen.Length;

    public int Runs => Volatile.Read(ref _state).Runs.Length;

    /// <summary>Bytes of the runs' files.</summary>
    public long Bytes => Volatile.Read(ref _state).Runs.Sum(static r => r.Header.Length);

    /// <summary>Calls something with the parts of the index, which stay as they are meanwhile.</summary>
    public T With<T>(Func<IndexState, T> use)
    {
        var state = Use();
        try
        {
            return use(state);
        }
        finally
        {
            state.LetGo();
        }
    }

    /// <summary>Says where each chunk is; nowhere where it is not known or known to be damaged.</summary>
    /// <param name="touch">They are about to be relied upon: a collection under way shall not remove them.</param>
    /// <param name="wasLive">Where it is not empty: whether each was live before, as <see cref="IndexState.TryFind"/> says.</param>
    public void Find(ReadOnlySpan<ChunkId> ids, Span<ChunkLocation> locations, bool touch, Span<bool> wasLive = default)
    {
        var translated = _cipher == null ? null : ArrayPool<ChunkId>.Shared.Rent(ids.Length);
        _cipher?.SealIds(ids, translated.AsSpan(0, ids.Length));
        var stored = translated == null ? ids : translated.AsSpan(0, ids.Length);
        var state = Use();
        try
        {
            for (var i = 0; i < ids.Length; i++)
            {
                state.TryFind(ids[i], stored[i], _damaged, touch, out locations[i], out var live);
                if (!wasLive.IsEmpty)
                    wasLive[i] = live;
            }
        }
        finally
        {
            state.LetGo();
            if (translated != null)
                ArrayPool<ChunkId>.Shared.Return(translated);
        }
    }

    /// <summary>Marks a chunk live, for a collection under way.</summary>
    public IndexMark Mark(ChunkId id)
    {
        var stored = _cipher == null ? id : Stored(id);
        var state = Use();
        try
        {
            return state.Mark(id, stored, _damaged);
        }
        finally
        {
            state.LetGo();
        }
    }

    /// <summary>Adds the chunks of a frame that are nowhere yet, and that this part of the pack is known.</summary>
    /// <param name="from">Where the frame before it ended.</param>
    /// <param name="skip">For each chunk: it is not to be added.</param>
    /// <param name="here">The chunks lie here now, wherever they were before; otherwise each is where it was found first.</param>
    public void Add(uint pack, uint from, uint offset, in FrameHead frame, ReadOnlySpan<bool> skip, bool here = false)
    {
        lock (_write)
        {
            var active = _state.Active;
            for (int i = 0, at = 0; i < frame.Count; i++)
            {
                var chunk = frame[i];
                var location = new ChunkLocation(pack, offset, frame.StoredLength, at, chunk.Length, chunk.Kind);
                at += chunk.Length;
                // One that is in the memory and is added all the same was damaged there.
                if (!skip[i] && !_damaged.Contains(chunk.Id, location))
                    active.Add(chunk.Id, location, here || (active.TryFind(chunk.Id, out var before) && _damaged.Contains(chunk.Id, before)));
            }

            active.Cover(PackSpan.Of(pack, offset, frame) with { From = from });
            if (active.Count >= _memoryLimit)
                Freeze();
        }
    }

    /// <summary>The pack was sealed and has so many bytes now.</summary>
    public void Seal(uint pack, uint end, uint length)
    {
        lock (_write)
            _state.Active.Cover(new PackSpan(pack, end, end, length, 0, 0, 0, 0, 0));
    }

    /// <summary>Memory that is not empty waits to be written, full or not.</summary>
    public void FreezeAll()
    {
        lock (_write)
        {
            if (!_state.Active.IsEmpty)
                Freeze();
        }
    }

    /// <summary>
    /// Writes the memory that waits longest to a run; false when none waits. The packs that it speaks of must be on the disk before.
    /// </summary>
    public bool WriteRun()
    {
        if (Volatile.Read(ref _state).Frozen is not [.., var memory])
            return false;
        var number = _next;
        var path = PathOf(number);
        var records = memory.Sorted(_cipher == null ? null : Stored);
        using (var writer = new RunWriter(_files, path, memory.Spans.Values, records.Length))
        {
            foreach (ref readonly var record in records.AsSpan())
                writer.Add(record);
            writer.Finish(number);
        }

        _next++;
        Publish(path, number, (state, run) => new IndexState(state.Active, state.Frozen[..^1], [run, .. state.Runs], state.Condemned));
        return true;
    }

    /// <summary>Merges the newest runs to one, so many that each is read a few times in its life; false when there are few.</summary>
    public bool Merge()
    {
        var runs = Volatile.Read(ref _state).Runs;
        if (runs.Length <= FewRuns)
            return false;
        var take = 2;
        for (long sum = runs[0].Count + runs[1].Count; take < runs.Length && (runs[take].Count <= 2 * sum || runs.Length - take >= FewRuns); take++)
            sum += runs[take].Count;
        Merge(take);
        return true;
    }

    /// <summary>Merges all runs to one without what is in packs that were left.</summary>
    public void Rewrite() => Merge(Volatile.Read(ref _state).Runs.Length);

    /// <summary>
    /// From now on nobody who asks for chunks in these packs, in order to rely upon them, is told that they are there, unless they are marked already; null: ends that.
    /// When this returns, no one who asked before is still marking.
    /// </summary>
    public Task CondemnAsync(IReadOnlySet<uint>? packs)
    {
        lock (_write)
        {
            Replace(state => new IndexState(state.Active, state.Frozen, state.Runs, packs));
            return Task.WhenAll(_retired.Select(static s => s.Unused));
        }
    }

    /// <summary>Adds chunks again whose part of the index was lost. The next opening reads their packs once more.</summary>
    public void Restore(IEnumerable<IndexRecord> records)
    {
        lock (_write)
        {
            foreach (var record in records)
                _state.Active.Add(record.Id, record.Location, replace: false);
        }
    }

    /// <summary>Takes a run away that turned out to be damaged, and returns what it knew.</summary>
    public PackSpan[] Drop(RunFile run)
    {
        Replace(state => new IndexState(state.Active, state.Frozen, [.. state.Runs.Where(r => r != run)], state.Condemned));
        Remove(run.Path);
        return run.Header.Spans;
    }

    public void Dispose() => _state.LetGo();

    private ChunkId Stored(ChunkId id)
    {
        var stored = default(ChunkId);
        _cipher!.SealIds(new ReadOnlySpan<ChunkId>(in id), new Span<ChunkId>(ref stored));
        return stored;
    }

    private void Merge(int take)
    {
        var number = _next;
        var path = PathOf(number);
        var merged = With(state =>
        {
            var runs = state.Runs[..take];
            RunMerge.Write(_files, path, runs, IsDamaged);
            return runs;
        });
        _next++;
        Publish(path, number, (state, run) => new IndexState(state.Active, state.Frozen, [run, .. state.Runs[take..]], state.Condemned));
        foreach (var run in merged)
            Remove(run.Path);
    }

    private bool IsDamaged(IndexRecord record)
    {
        if (_damaged.Count == 0)
            return false;
        var stored = record.Id;
        var id = stored;
        _cipher?.OpenIds(new ReadOnlySpan<ChunkId>(in stored), new Span<ChunkId>(ref id));
        return _damaged.Contains(id, record.Location);
    }

    private void Publish(string path, uint number, Func<IndexState, RunFile, IndexState> change)
    {
        var run = RunFile.Open(path, number) ?? throw new DamagedContentException($"The index file '{path}' was just written and cannot be read.");
        Replace(state => change(state, run));
        run.LetGo();
    }

    private void Freeze() => Replace(static state => new IndexState(new MemoryIndex(), [state.Active, .. state.Frozen], state.Runs, state.Condemned));

    private void Replace(Func<IndexState, IndexState> change)
    {
        lock (_write)
        {
            var old = _state;
            Volatile.Write(ref _state, change(old));
            old.LetGo();
            _retired.RemoveAll(static s => s.Unused.IsCompleted);
            _retired.Add(old);
        }
    }

    private IndexState Use()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state.TryUse())
                return state;
        }
    }

    private string PathOf(uint run) => Path.Combine(_directory, run.ToString("D8", CultureInfo.InvariantCulture) + ".idx");

    // The runs that are right, the newest first. Those that a newer one replaces, and drafts, are what a crash left behind.
    private RunFile[] Load()
    {
        List<RunFile> runs = [];
        foreach (var draft in Directory.EnumerateFiles(_directory, "*.tmp"))
            Remove(draft);
        var numbers = Directory.EnumerateFiles(_directory, "*.idx").Select(static f => uint.TryParse(
            Path.GetFileNameWithoutExtension(f), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).Where(static n => n != 0);
        var replaced = uint.MaxValue;
        foreach (var number in numbers.OrderDescending())
        {
            _next = Math.Max(_next, number + 1);
            var run = number >= replaced ? null : RunFile.Open(PathOf(number), number);
            if (run == null)
            {
                Remove(PathOf(number));
                continue;
            }

            runs.Add(run);
            if (run.Header.Replaces < number)
                replaced = Math.Min(replaced, run.Header.Replaces);
        }

        return [.. runs];
    }

    private void Remove(string path)
    {
        try
        {
            _files.Delete(path);
        }
        catch (UnauthorizedAccessException)
        {
            // Windows keeps a file that is mapped. The next opening removes it.
        }
    }
}
