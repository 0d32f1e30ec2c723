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

    private const int Batch = 4096;

    private readonly HashSet<ChunkId> _missing = [];
    private readonly Dictionary<ChunkId, DirectoryRef> _directories = [];
    private readonly HashSet<ChunkId> _lists = [];
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

    private async ValueTask VerifyAsync(DirectoryRef said, ChunkId known, int depth, CancellationToken cancellationToken)
    {
        if (depth > TreeReader.MaxDepth)
            throw new DamagedContentException($"The tree has directories more than {TreeReader.MaxDepth} deep.");
        if (!_directories.TryGetValue(said.Id, out var sum))
        {
            if (_missing.Count >= MostMissing)
                return;
            var before = new Dictionary<string, TreeEntry>(StringComparer.Ordinal);
            if (!known.IsNone)
            {
                await foreach (var entry in new TreeReader(store).ListAsync(known, default, cancellationToken))
                    before[Convert.ToHexString(entry.Name)] = entry;
            }

            try
            {
                sum = new DirectoryRef(said.Id, 0, 0, 0);
                await foreach (var entry in new TreeReader(store).ListAsync(said.Id, default, cancellationToken))
                    sum = await AddAsync(sum, entry, before.GetValueOrDefault(Convert.ToHexString(entry.Name)), depth, cancellationToken);
                _directories[said.Id] = sum;
            }
            catch (MissingContentException e)
            {
                _missing.Add(e.Id);
                return;
            }
        }

        if (sum != said)
            throw new DamagedContentException($"The directory {said.Id} has {sum.Entries} entries, {sum.Files} files and {sum.Bytes} bytes, and not what is said of it.");
    }

    private async ValueTask<DirectoryRef> AddAsync(DirectoryRef sum, TreeEntry entry, TreeEntry? before, int depth, CancellationToken cancellationToken)
    {
        if (entry.Type == EntryType.Directory)
        {
            if (before is not { Type: EntryType.Directory } || before.Directory != entry.Directory)
                await VerifyAsync(entry.Directory, before?.Type == EntryType.Directory ? before.Content : default, depth + 1, cancellationToken);
        }
        else if (before is null || !entry.HasContentOf(before))
        {
            if (entry.Form == FileForm.Chunk)
                await AddChunkAsync(entry.Content, cancellationToken);
            else if (entry.Form == FileForm.List && _lists.Add(entry.Content))
                await AddListAsync(entry, cancellationToken);
        }

        return checked(new DirectoryRef(
            sum.Id, sum.Entries + 1,
            sum.Files + entry.Type switch { EntryType.Directory => entry.Files, EntryType.File => 1, _ => 0 },
            sum.Bytes + entry.Size));
    }

    private async ValueTask AddListAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        await foreach (var part in new TreeReader(store).PartsAsync(file, cancellationToken))
        {
            if (!part.IsHole)
                await AddChunkAsync(part.Id, cancellationToken);
        }
    }

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
}
