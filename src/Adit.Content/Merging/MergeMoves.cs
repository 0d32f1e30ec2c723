using System.Runtime.InteropServices;
using System.Text;
using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Content.Merging;

/// <summary>
/// Where one side moved files to: what is gone in one place and new in another, with the same bytes. Of files with the same bytes only those are known that kept a name that no other
/// of them has. In memory is what was asked for, however much was moved.
/// </summary>
internal sealed class MergeMoves
{
    private readonly Dictionary<(long Size, ChunkId Id, string? Name), Places> _places = [];

    /// <summary>Looks for these files.</summary>
    public MergeMoves(IEnumerable<TreeEntry> wanted)
    {
        foreach (var file in wanted)
        {
            _places[Key(file, isNamed: false)] = default;
            _places[Key(file, isNamed: true)] = default;
        }
    }

    /// <summary>What that side did, each path once.</summary>
    public void Add(TreeChange change)
    {
        if (change is { Kind: ChangeKind.Added, After: { Type: EntryType.File } after })
            Count(after, change);
        else if (change is { Kind: ChangeKind.Removed, Before: { Type: EntryType.File } before })
            Count(before, null);
    }

    /// <summary>Where a file went to; null where nobody can tell.</summary>
    public TreeChange? Find(TreeEntry file) => _places[Key(file, isNamed: false)].Only ?? _places[Key(file, isNamed: true)].Only;

    private static (long Size, ChunkId Id, string? Name) Key(TreeEntry file, bool isNamed) =>
        (file.Size, file.Form == FileForm.Inline ? ChunkId.Of(file.Inline) : file.Content, isNamed ? Encoding.Latin1.GetString(file.Name) : null);

    private void Count(TreeEntry file, TreeChange? added)
    {
        foreach (var isNamed in new[] { false, true })
        {
            ref var places = ref CollectionsMarshal.GetValueRefOrNullRef(_places, Key(file, isNamed));
            if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref places))
                return;
            places = added is null ? places with { Gone = places.Gone + 1 } : places with { New = places.New + 1, Last = added };
        }
    }

    private readonly record struct Places(long Gone, long New, TreeChange? Last)
    {
        public TreeChange? Only => Gone == 1 && New == 1 ? Last : null;
    }
}
