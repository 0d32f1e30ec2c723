using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>
/// Looks whether all that a tree leads to is in a store, and whether its directories hold what they say: what a snapshot has to pass before it is one. What it has in
/// common with a tree that passed before is not looked at again, so that the work is that of what changed.
/// </summary>
public sealed class TreeVerifier(IChunkStore store)
{
    /// <summary>So many missing chunks are named.</summary>
    public const int MostMissing = 1000;

    /// <summary>
    /// A tree has at most so many entries in all its directories, and a file so many chunks and holes. A few pages that refer to each other may say any number: whoever walks
    /// through them would not come to an end.
    /// </summary>
    public const long MostEntries = 1_000_000_000;

    private const int Batch = 4096;

    private readonly IChunkStore _pages = new KnownPages(store);
    private readonly HashSet<ChunkId> _missing = [];
    private readonly Dictionary<ChunkId, (DirectoryRef Sum, int Height, long All)> _directories = [];
    private readonly Dictionary<(ChunkId Id, int Level), (long Length, long Items)> _lists = [];
    private readonly List<ChunkId> _chunks = new(Batch);

    /// <summary>Looks through a tree; the ids of missing chunks, the first of them; none when it is whole.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="known">A tree that is whole; default for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DamagedContentException">A page is none, or says another number of files or bytes than it has.</exception>
    public async Task<IReadOnlyCollection<ChunkId>> VerifyAsync(DirectoryRef root, ChunkId known, CancellationToken cancellationToken)
    {
        if (root.Id != known)
            await VerifyAsync(root, known, 1, cancellationToken);
        await FindAsync(cancellationToken);
        return _missing;
    }

    // How many directories deep it is, itself the first, and how many entries there are in all of them. Each directory is looked at once, however often it is referred to.
    private async ValueTask<(int Height, long All)> VerifyAsync(DirectoryRef said, ChunkId known, int depth, CancellationToken cancellationToken)
    {
        if (!_directories.TryGetValue(said.Id, out var found))
        {
            if (depth > TreeReader.MaxDepth)
                throw TooDeep();
            if (_missing.Count >= MostMissing)
                return default;
            try
            {
                found = await LookAsync(said.Id, known, depth, cancellationToken);
                _directories[said.Id] = found;
            }
            catch (MissingContentException e)
            {
                _missing.Add(e.Id);
                return default;
            }
        }

        if (found.Sum != said)
            throw new DamagedContentException($"The directory {said.Id} has {found.Sum.Entries} entries, {found.Sum.Files} files and {found.Sum.Bytes} bytes, and not what is said of it.");
        return depth + found.Height - 1 > TreeReader.MaxDepth ? throw TooDeep() : (found.Height, found.All);
    }

    private async ValueTask<(DirectoryRef Sum, int Height, long All)> LookAsync(ChunkId id, ChunkId known, int depth, CancellationToken cancellationToken)
    {
        var before = new Dictionary<string, TreeEntry>(StringComparer.Ordinal);
        if (!known.IsNone)
        {
            await foreach (var entry in new TreeReader(_pages).ListAsync(known, default, cancellationToken))
                before[Convert.ToHexString(entry.Name)] = entry;
        }

        var sum = new DirectoryRef(id, 0, 0, 0);
        var height = 1;
        var all = 0L;
        await foreach (var entry in new TreeReader(_pages).ListAsync(id, default, cancellationToken))
        {
            sum = Add(sum, entry);
            var was = before.GetValueOrDefault(Convert.ToHexString(entry.Name));
            if (entry.Type == EntryType.Directory)
            {
                if (was is { Type: EntryType.Directory } && was.Directory == entry.Directory)
                    continue;
                var beneath = await VerifyAsync(entry.Directory, was?.Type == EntryType.Directory ? was.Content : default, depth + 1, cancellationToken);
                height = Math.Max(height, beneath.Height + 1);
                all += beneath.All;
            }
            else if (was is null || !entry.HasContentOf(was))
            {
                await VerifyFileAsync(entry, cancellationToken);
            }

            if (++all > MostEntries)
                throw new DamagedContentException($"The tree has more than {MostEntries} entries, because the same directories are in it again and again.");
        }

        return (sum, height, all);
    }

    private static DirectoryRef Add(DirectoryRef sum, TreeEntry entry)
    {
        try
        {
            return checked(new DirectoryRef(
                sum.Id, sum.Entries + 1,
                sum.Files + entry.Type switch { EntryType.Directory => entry.Files, EntryType.File => 1, _ => 0 },
                sum.Bytes + entry.Size));
        }
        catch (OverflowException e)
        {
            throw new DamagedContentException($"The directory {sum.Id} says that it has more files or bytes than there can be.", e);
        }
    }

    private async ValueTask VerifyFileAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        if (file.Form == FileForm.Chunk)
            await AddChunkAsync(file.Content, cancellationToken);
        if (file.Form != FileForm.List)
            return;
        var (length, _) = await VerifyListAsync(file.Content, null, cancellationToken);
        if (length != file.Size)
            throw new DamagedContentException($"The list {file.Content} has {length} bytes, and its file says {file.Size}.");
    }

    private async ValueTask<(long Length, long Items)> VerifyListAsync(ChunkId id, int? level, CancellationToken cancellationToken)
    {
        // The topmost page may have any level: it is looked up as one of none.
        var key = (id, level ?? -1);
        if (_lists.TryGetValue(key, out var found))
            return found;
        var page = await new TreeReader(_pages).ReadListAsync(id, level, cancellationToken);
        foreach (var item in page.Items!)
        {
            if (page.Level > 0)
            {
                var (length, items) = await VerifyListAsync(item.Id, page.Level - 1, cancellationToken);
                if (length != item.Length)
                    throw new DamagedContentException($"The list {item.Id} has another length than the page above it says.");
                found.Items += items - 1;
            }
            else if (!item.IsHole)
            {
                await AddChunkAsync(item.Id, cancellationToken);
            }

            if (item.Length > long.MaxValue - found.Length || ++found.Items > MostEntries)
                throw new DamagedContentException($"The list {id} says that its file has more bytes or chunks than a file can have.");
            found.Length += item.Length;
        }

        return _lists[key] = found;
    }

    private static DamagedContentException TooDeep() => new($"The tree has directories more than {TreeReader.MaxDepth} deep.");

    private async ValueTask AddChunkAsync(ChunkId id, CancellationToken cancellationToken)
    {
        _chunks.Add(id);
        if (_chunks.Count == Batch)
            await FindAsync(cancellationToken);
    }

    private async ValueTask FindAsync(CancellationToken cancellationToken)
    {
        var missing = new bool[_chunks.Count];
        await store.FindMissingAsync(_chunks.ToArray(), missing, cancellationToken);
        for (var i = 0; i < missing.Length && _missing.Count < MostMissing; i++)
        {
            if (missing[i])
                _missing.Add(_chunks[i]);
        }

        _chunks.Clear();
    }

    // A page that is known to be damaged counts as missing, as any other chunk does: who sends it again mends it.
    private sealed class KnownPages(IChunkStore store) : IChunkStore
    {
        public ValueTask FindMissingAsync(ReadOnlyMemory<ChunkId> ids, Memory<bool> missing, CancellationToken cancellationToken) => store.FindMissingAsync(ids, missing, cancellationToken);

        public ValueTask AddAsync(Frame frame, CancellationToken cancellationToken) => store.AddAsync(frame, cancellationToken);

        public ValueTask FlushAsync(CancellationToken cancellationToken) => store.FlushAsync(cancellationToken);

        public async ValueTask ReadAsync(ReadOnlyMemory<ChunkId> ids, ChunkReader read, CancellationToken cancellationToken)
        {
            var missing = new bool[ids.Length];
            await store.FindMissingAsync(ids, missing, cancellationToken);
            if (Array.IndexOf(missing, true) is >= 0 and var first)
                throw new MissingContentException(ids.Span[first]);
            await store.ReadAsync(ids, read, cancellationToken);
        }
    }
}
