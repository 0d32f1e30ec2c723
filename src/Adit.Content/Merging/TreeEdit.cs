using System.Text;
using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Content.Merging;

/// <summary>Makes a tree of another one with other files at some paths: writes the directories above these, and shares all else.</summary>
public sealed class TreeEdit(IChunkStore store)
{
    private const int NewDirectoryMode = 0b111_101_101;

    private readonly TreeReader _reader = new(store);

    /// <summary>The entry at a path, with slashes; null for none.</summary>
    public async ValueTask<TreeEntry?> FindAsync(DirectoryRef root, string path, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(path);
        return await FindAsync(root, Names(Encoding.UTF8.GetBytes(path)), cancellationToken);
    }

    /// <summary>Puts entries at paths, and takes away what is at those that have none, with the directories that are empty then. What stands in the way of a directory is replaced by it.</summary>
    /// <param name="root">The tree; the default one is empty.</param>
    /// <param name="edits">Paths as bytes with slashes, each once, and none beneath another. An entry's own name does not matter.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<DirectoryRef> ApplyAsync(DirectoryRef root, IReadOnlyCollection<KeyValuePair<byte[], TreeEntry?>> edits, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(edits);
        if (edits.Count == 0)
            return root;
        using var writer = new ChunkWriter(store);
        var sorted = edits.Select(static e => new Edit(Names(e.Key), e.Value)).ToList();
        var made = await ApplyAsync(root, sorted, 0, writer, cancellationToken);
        await writer.CompleteAsync(cancellationToken);
        await store.FlushAsync(cancellationToken);
        return made;
    }

    internal async ValueTask<TreeEntry?> FindAsync(DirectoryRef root, IReadOnlyList<byte[]> names, CancellationToken cancellationToken)
    {
        TreeEntry? found = new() { Name = [], Type = EntryType.Directory, Content = root.Id, Entries = root.Entries, Files = root.Files, Size = root.Bytes };
        foreach (var name in names)
        {
            if (found is not { Type: EntryType.Directory } || found.Content.IsNone)
                return null;
            found = await _reader.FindAsync(found.Content, name, cancellationToken);
        }

        return found;
    }

    /// <summary>The names of a path, the topmost first.</summary>
    internal static byte[][] Names(byte[] path)
    {
        var names = new List<byte[]>();
        for (var at = 0; at <= path.Length;)
        {
            var end = path.AsSpan(at).IndexOf((byte)'/') is >= 0 and var slash ? at + slash : path.Length;
            if (end > at)
                names.Add(path[at..end]);
            at = end + 1;
        }

        return [.. names];
    }

    private async Task<DirectoryRef> ApplyAsync(DirectoryRef directory, List<Edit> edits, int depth, ChunkWriter writer, CancellationToken cancellationToken)
    {
        if (depth >= TreeReader.MaxDepth)
            throw new DamagedContentException($"The tree has directories more than {TreeReader.MaxDepth} deep.");
        var entries = new DirectoryWriter();
        entries.Begin();
        var groups = edits.GroupBy(e => e.Names[depth], NameComparer.Instance).OrderBy(static g => g.Key, NameComparer.Instance).ToList();
        var at = 0;
        var all = directory.Id.IsNone ? AsyncEnumerable.Empty<TreeEntry>() : _reader.ListAsync(directory.Id, default, cancellationToken);
        await foreach (var entry in all.WithCancellation(cancellationToken))
        {
            for (; at < groups.Count && groups[at].Key.AsSpan().SequenceCompareTo(entry.Name) < 0; at++)
                await AddAsync(entries, groups[at], null, depth, writer, cancellationToken);
            if (at < groups.Count && groups[at].Key.AsSpan().SequenceEqual(entry.Name))
                await AddAsync(entries, groups[at++], entry, depth, writer, cancellationToken);
            else
                entries.Add(entry);
        }

        for (; at < groups.Count; at++)
            await AddAsync(entries, groups[at], null, depth, writer, cancellationToken);
        return await entries.FinishAsync(writer, cancellationToken);
    }

    private async Task AddAsync(DirectoryWriter entries, IGrouping<byte[], Edit> group, TreeEntry? was, int depth, ChunkWriter writer, CancellationToken cancellationToken)
    {
        if (group.FirstOrDefault(e => e.Names.Length == depth + 1) is { } here)
        {
            if (here.Entry is not null)
                entries.Add(here.Entry with { Name = group.Key });
            return;
        }

        // Nothing is taken away where there is nothing.
        var isThere = was is { Type: EntryType.Directory };
        if (!isThere && group.All(static e => e.Entry is null))
        {
            if (was is not null)
                entries.Add(was);
            return;
        }

        var below = await ApplyAsync(isThere ? was!.Directory : default, [.. group], depth + 1, writer, cancellationToken);
        if (below.Entries == 0)
            return;
        var directory = isThere ? was! : new TreeEntry { Name = group.Key, Type = EntryType.Directory, Mode = NewDirectoryMode };
        entries.Add(directory with { Content = below.Id, Entries = below.Entries, Files = below.Files, Size = below.Bytes });
    }

    private sealed record Edit(byte[][] Names, TreeEntry? Entry);
}

/// <summary>Names by their bytes, as directories have them.</summary>
internal sealed class NameComparer : IComparer<byte[]>, IEqualityComparer<byte[]>
{
    public static NameComparer Instance { get; } = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj)
    {
        var hash = default(HashCode);
        hash.AddBytes(obj);
        return hash.ToHashCode();
    }
}
