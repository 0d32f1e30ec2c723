using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Content.Merging;

/// <summary>
/// Brings two changed versions of a tree together. What one side left alone is as the other has it, and a directory that only one of them changed is taken whole, so that it costs
/// what both changed and not what there is. Files that both changed are merged by their content where that can be done.
/// </summary>
/// <remarks>In memory are the entries of the directories on the way down to where it is, at most three files, and the conflicts.</remarks>
public sealed class TreeMerge : IDisposable
{
    private const int ShallowDepth = 8;

    private readonly IChunkStore _store;
    private readonly TreeReader _reader;
    private readonly ChunkWriter _writer;
    private readonly EntryMerge _entries;
    private readonly MergeDecisions _decisions;
    private readonly List<DirectoryWriter> _levels = [];

    private TreeMerge(IChunkStore store, MergeOptions options)
    {
        _store = store;
        _reader = new TreeReader(store);
        _writer = new ChunkWriter(store);
        _decisions = new MergeDecisions(options);
        _entries = new EntryMerge(store, _writer, options.Names);
    }

    /// <summary>Merges. When this returns, the tree and all that it leads to can be read from the store, and it is on the store's disk.</summary>
    /// <param name="store">Where all of them are.</param>
    /// <param name="before">The tree that both come from; the default id is the empty one.</param>
    /// <param name="ours">The side that is merged into.</param>
    /// <param name="theirs">The side that comes.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DamagedContentException">A page is none.</exception>
    /// <exception cref="TooManyConflictsException">More conflicts than can be put into a tree.</exception>
    public static async Task<MergeResult> RunAsync(
        IChunkStore store, ChunkId before, DirectoryRef ours, DirectoryRef theirs, MergeOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        using var merge = new TreeMerge(store, options);
        return await merge.RunAsync(before, ours, theirs, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private async Task<MergeResult> RunAsync(ChunkId before, DirectoryRef ours, DirectoryRef theirs, CancellationToken cancellationToken)
    {
        var root = ours;
        // Nobody needs a merge where one side has nothing new.
        if (before == ours.Id)
            root = theirs;
        else if (before != theirs.Id && ours.Id != theirs.Id)
            root = await MergeAsync([], before, ours.Id, theirs.Id, 1, cancellationToken);
        await _writer.CompleteAsync(cancellationToken);
        await _store.FlushAsync(cancellationToken);
        var edits = new Dictionary<byte[], TreeEntry?>(NameComparer.Instance);
        await _decisions.FollowMovesAsync(_store, before, ours, theirs, root, edits, cancellationToken);
        await _decisions.PlaceBesideAsync(_store, root, edits, cancellationToken);
        root = await new TreeEdit(_store).ApplyAsync(root, edits, cancellationToken);
        return _decisions.Result(root, _entries.MergedFiles);
    }

    private async Task<DirectoryRef> MergeAsync(byte[] path, ChunkId before, ChunkId ours, ChunkId theirs, int depth, CancellationToken cancellationToken)
    {
        if (depth > TreeReader.MaxDepth)
            throw new DamagedContentException($"The tree has directories more than {TreeReader.MaxDepth} deep.");
        while (_levels.Count < depth)
            _levels.Add(_levels.Count < ShallowDepth ? new DirectoryWriter() : new DirectoryWriter(1 << 10));
        var merged = _levels[depth - 1];
        merged.Begin();
        await using var bs = List(before, cancellationToken);
        await using var os = List(ours, cancellationToken);
        await using var ts = List(theirs, cancellationToken);
        var (b, o, t) = (await NextAsync(bs), await NextAsync(os), await NextAsync(ts));
        while ((b ?? o ?? t) is not null)
        {
            var name = First(First(b?.Name, o?.Name), t?.Name)!;
            var (was, mine, other) = (Named(b, name), Named(o, name), Named(t, name));
            if (await MergeAsync(path, was, mine, other, depth, cancellationToken) is { } entry)
                merged.Add(entry);
            b = was is null ? b : await NextAsync(bs);
            o = mine is null ? o : await NextAsync(os);
            t = other is null ? t : await NextAsync(ts);
        }

        return await merged.FinishAsync(_writer, cancellationToken);
    }

    private async ValueTask<TreeEntry?> MergeAsync(byte[] above, TreeEntry? before, TreeEntry? ours, TreeEntry? theirs, int depth, CancellationToken cancellationToken)
    {
        if (EntryMerge.IsSame(before, ours))
            return theirs is not null && ours is not null && EntryMerge.IsSame(ours, theirs) ? EntryMerge.Later(ours, theirs) : theirs;
        if (EntryMerge.IsSame(before, theirs))
            return ours;
        if (ours is not null && theirs is not null && EntryMerge.IsSame(ours, theirs))
            return EntryMerge.Later(ours, theirs);
        if (ours is null && theirs is null)
            return null;
        var path = Join(above, (ours ?? theirs)!.Name);
        if (ours?.Type is null or EntryType.Directory && theirs?.Type is null or EntryType.Directory)
            return await MergeDirectoryAsync(path, before, ours, theirs, depth, cancellationToken);
        if (ours is null || theirs is null)
            return _decisions.Decide(path, ConflictKind.Removed, before, ours, theirs, ours ?? theirs, null);
        if (ours.Type != theirs.Type || ours.Type == EntryType.Link)
        {
            return ours.HasContentOf(theirs)
                ? EntryMerge.Later(ours, theirs)
                : _decisions.Decide(path, ConflictKind.Type, before, ours, theirs, ours, theirs);
        }

        var merged = await _entries.MergeAsync(before, ours, theirs, cancellationToken);
        return merged.Conflict is { } kind ? _decisions.Decide(path, kind, before, ours, theirs, merged.Entry, merged.Beside) : merged.Entry;
    }

    // A directory that one side removed: what the other changed in it is a conflict of its own, and the rest goes.
    private async ValueTask<TreeEntry?> MergeDirectoryAsync(byte[] path, TreeEntry? before, TreeEntry? ours, TreeEntry? theirs, int depth, CancellationToken cancellationToken)
    {
        var was = before is { Type: EntryType.Directory } ? before : null;
        var like = (ours ?? theirs)!;
        if (was is null && (ours is null || theirs is null))
            return like;
        var mode = ours is not null && theirs is not null ? EntryMerge.Mode(was, ours, theirs) : like.Mode;
        var (b, o, t) = (was?.Content ?? default, ours?.Content ?? default, theirs?.Content ?? default);
        var below = ours is not null && theirs is not null && (o == t || b == t) ? ours.Directory
            : ours is not null && theirs is not null && b == o ? theirs.Directory
            : await MergeAsync(path, b, o, t, depth + 1, cancellationToken);
        return below.Entries == 0 && (ours is null || theirs is null)
            ? null
            : like with { Mode = mode, Content = below.Id, Entries = below.Entries, Files = below.Files, Size = below.Bytes };
    }

    private IAsyncEnumerator<TreeEntry> List(ChunkId directory, CancellationToken cancellationToken) =>
        (directory.IsNone ? AsyncEnumerable.Empty<TreeEntry>() : _reader.ListAsync(directory, default, cancellationToken)).GetAsyncEnumerator(cancellationToken);

    private static async ValueTask<TreeEntry?> NextAsync(IAsyncEnumerator<TreeEntry> entries) => await entries.MoveNextAsync() ? entries.Current : null;

    private static byte[]? First(byte[]? a, byte[]? b) => a is null ? b : b is null || a.AsSpan().SequenceCompareTo(b) <= 0 ? a : b;

    private static TreeEntry? Named(TreeEntry? entry, byte[] name) => entry is not null && entry.Name.AsSpan().SequenceEqual(name) ? entry : null;

    private static byte[] Join(byte[] path, byte[] name) => path.Length == 0 ? name : [.. path, (byte)'/', .. name];
}

/// <summary>There are more conflicts than can be put into a tree for somebody who mends them.</summary>
public sealed class TooManyConflictsException() : IOException(
    $"Both sides changed more than {MergeResult.MostConflicts} files alike; say which side is to be taken for all of them.");
