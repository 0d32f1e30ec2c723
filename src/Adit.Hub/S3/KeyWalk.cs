using System.Runtime.CompilerServices;
using Adit.Content.Trees;

namespace Adit.Hub.S3;

/// <summary>A key, or with <see cref="IsPrefix"/> what several begin with, relative to a volume.</summary>
/// <param name="Key">Its bytes; a directory's has a slash at its end.</param>
/// <param name="Entry">The object; null for a prefix and for a directory.</param>
/// <param name="Directory">A directory that is an object of its own: one that is empty, or was put.</param>
internal readonly record struct WalkedKey(byte[] Key, TreeEntry? Entry, TreeEntry? Directory)
{
    public bool IsPrefix => Entry is null && Directory is null;
}

/// <summary>
/// The keys of a volume in the order of their bytes, which is not that of directories: <c>a.b</c> comes before <c>a/b</c>, though <c>a</c> comes before <c>a.b</c>. A directory is held
/// back until nothing can come before its keys.
/// </summary>
internal sealed class KeyWalk(LayeredTree tree, bool isDelimited)
{
    /// <summary>Keys that begin with a prefix and come after another; delimited, a directory that is reached beyond the prefix is one item.</summary>
    public async IAsyncEnumerable<WalkedKey> ListAsync(LayeredDirectory root, byte[] prefix, byte[]? after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var slash = prefix.AsSpan().LastIndexOf((byte)'/');
        var (path, start) = (prefix[..(slash + 1)], prefix[(slash + 1)..]);
        foreach (var name in Volumes.Staging.StagedChange.NamesOf(path))
        {
            if (!TreeEntry.IsName(name) || (await tree.FindAsync(root, name, cancellationToken)).Directory is not { } below)
                yield break;
            root = below;
        }

        byte[]? rest = null;
        if (after is not null && after.AsSpan().SequenceCompareTo(path) >= 0)
        {
            // All that begins with the path comes before what is after it.
            if (!after.AsSpan().StartsWith(path))
                yield break;
            rest = after[path.Length..];
        }
        else if (start.Length == 0 && path.Length > 0 && IsObject(root))
        {
            yield return new WalkedKey(path, null, root.Self);
        }

        await foreach (var key in InAsync(root, path, start, rest, cancellationToken))
            yield return key;
    }

    private static bool IsObject(LayeredDirectory directory) => directory.Count == 0 || LayeredTree.IsKept(directory.Self);

    private static byte[] Join(byte[] path, byte[] name) => [.. path, .. name];

    private async IAsyncEnumerable<WalkedKey> InAsync(LayeredDirectory directory, byte[] path, byte[] start, byte[]? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var held = new SortedDictionary<byte[], LayeredDirectory>(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        await foreach (var (name, item) in FromAsync(directory, start, after, cancellationToken))
        {
            while (held.Count > 0 && held.First() is var first && first.Key.AsSpan().SequenceCompareTo(name) < 0)
            {
                held.Remove(first.Key);
                await foreach (var key in BelowAsync(first.Value, path, first.Key, after, cancellationToken))
                    yield return key;
            }

            if (item.Directory is { } below)
                held.Add([.. name, (byte)'/'], below);
            else if (item.Entry is { Type: EntryType.File } file && (after is null || name.AsSpan().SequenceCompareTo(after) > 0))
                yield return new WalkedKey(Join(path, name), file, null);
        }

        foreach (var (name, below) in held)
        {
            await foreach (var key in BelowAsync(below, path, name, after, cancellationToken))
                yield return key;
        }
    }

    // Names that begin as they must, from the first on whose keys can come after another.
    private async IAsyncEnumerable<(byte[] Name, LayeredItem Item)> FromAsync(LayeredDirectory directory, byte[] start, byte[]? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = start;
        if (after is not null && after.AsSpan().SequenceCompareTo(start) > 0)
        {
            if (!after.AsSpan().StartsWith(start))
                yield break;
            var slash = after.AsSpan().IndexOf((byte)'/');
            first = slash < 0 ? after : after[..slash];
            // Of "a-b" the directory "a" comes later, because '-' comes before '/'.
            for (var length = Math.Max(1, start.Length); length < first.Length; length++)
            {
                if (first[length] < '/' && TreeEntry.IsName(first.AsSpan(0, length)) && await tree.FindAsync(directory, first.AsMemory(0, length), cancellationToken) is { Directory: not null } earlier)
                    yield return (first[..length], earlier);
            }
        }

        if (first.Length > 0 && TreeEntry.IsName(first) && await tree.FindAsync(directory, first, cancellationToken) is { IsNone: false } exact)
            yield return (first, exact);
        await foreach (var (name, item) in tree.ListAsync(directory, first, cancellationToken))
        {
            if (!name.AsSpan().StartsWith(start))
                yield break;
            yield return (name, item);
        }
    }

    private async IAsyncEnumerable<WalkedKey> BelowAsync(LayeredDirectory directory, byte[] path, byte[] name, byte[]? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var key = Join(path, name);
        var isWithin = after is not null && after.AsSpan().StartsWith(name);
        if (after is not null && !isWithin && name.AsSpan().SequenceCompareTo(after) < 0)
            yield break;
        if (isDelimited)
        {
            if (!isWithin || after!.Length > name.Length)
                yield return new WalkedKey(key, null, null);
            yield break;
        }

        if (!isWithin && IsObject(directory))
            yield return new WalkedKey(key, null, directory.Self);
        await foreach (var below in InAsync(directory, key, [], isWithin && after!.Length > name.Length ? after[name.Length..] : null, cancellationToken))
            yield return below;
    }
}
