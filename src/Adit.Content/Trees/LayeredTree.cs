using System.Runtime.CompilerServices;
using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>What became of a change to a tree.</summary>
public enum LayerOutcome
{
    /// <summary>It was made.</summary>
    Done,

    /// <summary>There was nothing to take away.</summary>
    NotThere,

    /// <summary>There is a directory where a file was to be, or a file where a directory would have to be.</summary>
    Conflict,
}

/// <summary>Reads and changes trees with <see cref="LayeredDirectory"/> on top.</summary>
/// <param name="store">Where what is stored is.</param>
public sealed class LayeredTree(IChunkStore store)
{
    /// <summary>Marks a directory that stays when the last file in it goes.</summary>
    public static ReadOnlySpan<byte> KeptMark => "user.s3.directory"u8;

    private const int DirectoryMode = 0b111_101_101;

    private readonly TreeReader _reader = new(store);

    /// <summary>Whether a directory stays when nothing is in it.</summary>
    public static bool IsKept(TreeEntry directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return directory.Attributes.Any(static a => a.Name.AsSpan().SequenceEqual(KeptMark));
    }

    /// <summary>What has a name in a directory.</summary>
    public async ValueTask<LayeredItem> FindAsync(LayeredDirectory directory, ReadOnlyMemory<byte> name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(directory);
        if (directory.Items.Count > 0 && directory.Items.TryGetValue(name.ToArray(), out var item))
            return item;
        return directory.Under.IsNone ? default : ItemOf(await _reader.FindAsync(directory.Under, name, cancellationToken));
    }

    /// <summary>What is at a path below a directory; the directory itself for an empty one.</summary>
    public async ValueTask<LayeredItem> FindAsync(LayeredDirectory root, IReadOnlyList<byte[]> path, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(path);
        var at = new LayeredItem(null, root);
        foreach (var name in path)
        {
            if (at.Directory is not { } directory)
                return default;
            at = await FindAsync(directory, name, cancellationToken);
        }

        return at;
    }

    /// <summary>What is in a directory in ascending order of names' bytes, from the first after <paramref name="after"/> on.</summary>
    public async IAsyncEnumerable<(byte[] Name, LayeredItem Item)> ListAsync(
        LayeredDirectory directory, ReadOnlyMemory<byte> after = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(directory);
        using var top = directory.Items.Where(i => after.IsEmpty || after.Span.SequenceCompareTo(i.Key) < 0).GetEnumerator();
        var hasTop = top.MoveNext();
        if (!directory.Under.IsNone)
        {
            await foreach (var entry in _reader.ListAsync(directory.Under, after, cancellationToken))
            {
                var order = 1;
                while (hasTop && (order = top.Current.Key.AsSpan().SequenceCompareTo(entry.Name)) <= 0)
                {
                    if (!top.Current.Value.IsNone)
                        yield return (top.Current.Key, top.Current.Value);
                    hasTop = top.MoveNext();
                    if (order == 0)
                        break;
                }

                if (order != 0)
                    yield return (entry.Name, ItemOf(entry));
            }
        }

        for (; hasTop; hasTop = top.MoveNext())
        {
            if (!top.Current.Value.IsNone)
                yield return (top.Current.Key, top.Current.Value);
        }
    }

    /// <summary>Puts a file, or makes a directory that stays when it is empty, at a path of at least one name. Directories on the way are made.</summary>
    /// <param name="root">Where the path begins.</param>
    /// <param name="path">Names, checked.</param>
    /// <param name="entry">What is put: a file, or a directory whose mode and attributes count.</param>
    /// <param name="cancellationToken">Gives up; nothing was changed.</param>
    public ValueTask<(LayeredDirectory After, LayerOutcome Outcome)> PutAsync(LayeredDirectory root, IReadOnlyList<byte[]> path, TreeEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(entry);
        return PutAsync(root, path, 0, entry, cancellationToken);
    }

    /// <summary>Takes away a file or link; with <paramref name="isDirectory"/> a directory if it is empty, otherwise its mark. Directories that nobody asked for go when they are empty.</summary>
    public ValueTask<(LayeredDirectory After, LayerOutcome Outcome)> RemoveAsync(LayeredDirectory root, IReadOnlyList<byte[]> path, bool isDirectory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(root);
        return RemoveAsync(root, path, 0, isDirectory, cancellationToken);
    }

    /// <summary>Writes the pages of a directory and of those below it that changed; what is as it is stored is not read.</summary>
    public async ValueTask<DirectoryRef> StoreAsync(LayeredDirectory root, ChunkWriter writer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(writer);
        return (await StoreAsync(root, writer, new DirectoryWriter(), 1, cancellationToken)).Directory;
    }

    private static LayeredItem ItemOf(TreeEntry? entry) =>
        entry is { Type: EntryType.Directory } ? new LayeredItem(null, LayeredDirectory.Of(entry)) : new LayeredItem(entry, null);

    private async ValueTask<(LayeredDirectory, LayerOutcome)> PutAsync(LayeredDirectory directory, IReadOnlyList<byte[]> path, int at, TreeEntry entry, CancellationToken cancellationToken)
    {
        var name = path[at];
        var there = await FindAsync(directory, name, cancellationToken);
        var isFile = at == path.Count - 1 && entry.Type != EntryType.Directory;
        if (isFile ? there.Directory is not null : there.Entry is not null)
            return (directory, LayerOutcome.Conflict);
        if (isFile)
            return (directory.With(name, new LayeredItem(entry with { Name = name }, null), !there.IsNone), LayerOutcome.Done);
        var below = there.Directory ?? LayeredDirectory.New(name, DirectoryMode, []);
        var outcome = LayerOutcome.Done;
        if (at < path.Count - 1)
            (below, outcome) = await PutAsync(below, path, at + 1, entry, cancellationToken);
        else
            below = below with { Self = below.Self with { Attributes = entry.Attributes } };
        return outcome == LayerOutcome.Done ? (directory.With(name, new LayeredItem(null, below), !there.IsNone), outcome) : (directory, outcome);
    }

    private async ValueTask<(LayeredDirectory, LayerOutcome)> RemoveAsync(LayeredDirectory directory, IReadOnlyList<byte[]> path, int at, bool isDirectory, CancellationToken cancellationToken)
    {
        var name = path[at];
        var there = await FindAsync(directory, name, cancellationToken);
        if (at == path.Count - 1 && !isDirectory)
            return there.Entry is null ? (directory, LayerOutcome.NotThere) : (directory.Without(name), LayerOutcome.Done);
        if (there.Directory is not { } below)
            return (directory, LayerOutcome.NotThere);
        if (at == path.Count - 1)
        {
            if (below.Count > 0 && !IsKept(below.Self))
                return (directory, LayerOutcome.NotThere);
            below = below with { Self = below.Self with { Attributes = [.. below.Self.Attributes.Where(static a => !a.Name.AsSpan().SequenceEqual(KeptMark))] } };
        }
        else
        {
            (below, var outcome) = await RemoveAsync(below, path, at + 1, isDirectory, cancellationToken);
            if (outcome != LayerOutcome.Done)
                return (directory, outcome);
        }

        return (below.Count == 0 && !IsKept(below.Self) ? directory.Without(name) : directory.With(name, new LayeredItem(null, below), isThere: true), LayerOutcome.Done);
    }

    private async ValueTask<TreeEntry> StoreAsync(LayeredDirectory directory, ChunkWriter writer, DirectoryWriter pages, int depth, CancellationToken cancellationToken)
    {
        if (directory.IsAsStored)
            return directory.Self;
        if (depth > TreeReader.MaxDepth)
            throw new DamagedContentException($"The tree would have directories more than {TreeReader.MaxDepth} deep.");
        var below = new Dictionary<LayeredDirectory, TreeEntry>(ReferenceEqualityComparer.Instance);
        foreach (var item in directory.Items.Values)
        {
            if (item.Directory is { } changed)
                below[changed] = await StoreAsync(changed, writer, pages, depth + 1, cancellationToken);
        }

        pages.Begin();
        await foreach (var (_, item) in ListAsync(directory, default, cancellationToken))
            pages.Add(item.Entry ?? (below.TryGetValue(item.Directory!, out var stored) ? stored : item.Directory!.Self));
        var made = await pages.FinishAsync(writer, cancellationToken);
        return directory.Self with { Content = made.Id, Entries = made.Entries, Files = made.Files, Size = made.Bytes };
    }
}
