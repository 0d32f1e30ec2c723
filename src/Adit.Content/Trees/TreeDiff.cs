using System.Runtime.CompilerServices;
using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>Tells two trees apart: a walk through both that stops wherever they are the same, so that it costs what changed and not what there is.</summary>
public sealed class TreeDiff(IChunkStore store)
{
    private readonly TreeReader _reader = new(store);

    /// <summary>Files and links that differ, in the order of their paths; directories that are new or gone too when they are empty. Default ids are empty trees.</summary>
    public async IAsyncEnumerable<TreeChange> CompareAsync(ChunkId before, ChunkId after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var change in CompareAsync("", before, after, 1, cancellationToken))
            yield return change;
    }

    /// <summary>The same, with what is gone in one place and new in another as one change: the first file with its bytes, when it has any.</summary>
    /// <param name="changes">Changes of one comparison.</param>
    public static IReadOnlyList<TreeChange> WithMoves(IReadOnlyList<TreeChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var gone = changes.Where(static c => c is { Kind: ChangeKind.Removed, Before: { Type: EntryType.File, Size: > 0 } })
            .GroupBy(static c => Key(c.Before!)).ToDictionary(static g => g.Key, static g => new Queue<TreeChange>(g));
        var moved = new HashSet<TreeChange>(ReferenceEqualityComparer.Instance);
        var told = new List<TreeChange>();
        foreach (var change in changes)
        {
            if (change is { Kind: ChangeKind.Added, After: { Type: EntryType.File, Size: > 0 } after } && gone.TryGetValue(Key(after), out var from) && from.TryDequeue(out var was))
            {
                moved.Add(was);
                told.Add(new TreeChange(ChangeKind.Moved, change.Path, was.Before, after, was.Path));
            }
            else
            {
                told.Add(change);
            }
        }

        return [.. told.Where(c => !moved.Contains(c))];
    }

    private static (long, ChunkId) Key(TreeEntry file) => (file.Size, file.Form == FileForm.Inline ? ChunkId.Of(file.Inline) : file.Content);

    private static string Join(string path, TreeEntry entry) => path.Length == 0 ? entry.DisplayName : $"{path}/{entry.DisplayName}";

    private async IAsyncEnumerable<TreeChange> CompareAsync(
        string path, ChunkId before, ChunkId after, int depth, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (before == after)
            yield break;
        if (depth > TreeReader.MaxDepth)
            throw new DamagedContentException($"The tree has directories more than {TreeReader.MaxDepth} deep.");
        await using var left = List(before, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var right = List(after, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var a = await left.MoveNextAsync() ? left.Current : null;
        var b = await right.MoveNextAsync() ? right.Current : null;
        while (a is not null || b is not null)
        {
            var order = a is null ? 1 : b is null ? -1 : a.Name.AsSpan().SequenceCompareTo(b.Name);
            var (was, now) = (order <= 0 ? a : null, order >= 0 ? b : null);
            await foreach (var change in CompareAsync(path, was, now, depth, cancellationToken))
                yield return change;
            if (order <= 0)
                a = await left.MoveNextAsync() ? left.Current : null;
            if (order >= 0)
                b = await right.MoveNextAsync() ? right.Current : null;
        }
    }

    private async IAsyncEnumerable<TreeChange> CompareAsync(
        string path, TreeEntry? was, TreeEntry? now, int depth, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var at = Join(path, (now ?? was)!);
        var isBelow = was?.Type == EntryType.Directory || now?.Type == EntryType.Directory;
        if (was?.Type is not null and not EntryType.Directory && now?.Type is not null and not EntryType.Directory)
        {
            if (!was.HasContentOf(now))
                yield return new TreeChange(ChangeKind.Changed, at, was, now);
            else if (was.Mode != now.Mode || !was.Attributes.SequenceEqual(now.Attributes, SameAttribute))
                yield return new TreeChange(ChangeKind.Described, at, was, now);
        }
        else if (was?.Type is not null and not EntryType.Directory || (was is { Entries: 0 } && now is null))
        {
            yield return new TreeChange(ChangeKind.Removed, at, was, null);
        }

        if (isBelow)
        {
            var (before, after) = (was is { Type: EntryType.Directory } ? was.Content : default, now is { Type: EntryType.Directory } ? now.Content : default);
            await foreach (var change in CompareAsync(at, before, after, depth + 1, cancellationToken))
                yield return change;
        }

        if (now is not null && was?.Type is null or EntryType.Directory && (now is { Type: not EntryType.Directory } || (now is { Entries: 0 } && was is null)))
            yield return new TreeChange(ChangeKind.Added, at, null, now);
    }

    private static readonly IEqualityComparer<ExtendedAttribute> SameAttribute = EqualityComparer<ExtendedAttribute>.Create(
        static (x, y) => x.Name.AsSpan().SequenceEqual(y.Name) && x.Value.AsSpan().SequenceEqual(y.Value), static x => x.Value.Length);

    private IAsyncEnumerable<TreeEntry> List(ChunkId directory, CancellationToken cancellationToken) =>
        directory.IsNone ? AsyncEnumerable.Empty<TreeEntry>() : _reader.ListAsync(directory, default, cancellationToken);
}
