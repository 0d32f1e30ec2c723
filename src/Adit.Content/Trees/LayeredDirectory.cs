using System.Collections.Immutable;
using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>
/// A directory as it is stored, with changes on top that are not: what was put and what was taken away, each in memory until <see cref="LayeredTree"/> stores them.
/// Immutable: a change makes a new one that shares the rest.
/// </summary>
/// <param name="Self">Its own entry: mode and attributes.</param>
/// <param name="Under">The stored directory that shows through; none for a new one.</param>
/// <param name="Count">Entries that there are now.</param>
/// <param name="Items">What is on top, by name. One that is gone hides what is stored.</param>
public sealed record LayeredDirectory(TreeEntry Self, ChunkId Under, long Count, ImmutableSortedDictionary<byte[], LayeredItem> Items)
{
    private static readonly ImmutableSortedDictionary<byte[], LayeredItem> NoItems =
        ImmutableSortedDictionary.Create<byte[], LayeredItem>(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));

    /// <summary>Whether nothing is on top of what is stored.</summary>
    public bool IsAsStored => Items.Count == 0 && !Under.IsNone;

    /// <summary>The topmost directory of a tree.</summary>
    public static LayeredDirectory Of(DirectoryRef root) => Of(new TreeEntry
    {
        Name = [], Type = EntryType.Directory, Content = root.Id, Entries = root.Entries, Files = root.Files, Size = root.Bytes,
    });

    /// <summary>A stored directory by its entry.</summary>
    public static LayeredDirectory Of(TreeEntry stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return new LayeredDirectory(stored, stored.Content, stored.Entries, NoItems);
    }

    /// <summary>A new directory.</summary>
    public static LayeredDirectory New(byte[] name, int mode, IReadOnlyList<ExtendedAttribute> attributes) =>
        new(new TreeEntry { Name = name, Type = EntryType.Directory, Mode = mode, Attributes = attributes }, default, 0, NoItems);

    /// <summary>With an item under a name that has one already, or has none.</summary>
    public LayeredDirectory With(byte[] name, LayeredItem item, bool isThere) => this with { Items = Items.SetItem(name, item), Count = isThere ? Count : Count + 1 };

    /// <summary>Without the item of a name that has one.</summary>
    public LayeredDirectory Without(byte[] name) => this with { Items = Under.IsNone ? Items.Remove(name) : Items.SetItem(name, default), Count = Count - 1 };
}

/// <summary>What a name in a <see cref="LayeredDirectory"/> is: a file or a link, a directory, or gone.</summary>
public readonly record struct LayeredItem(TreeEntry? Entry, LayeredDirectory? Directory)
{
    /// <summary>There is nothing.</summary>
    public bool IsNone => Entry is null && Directory is null;
}
