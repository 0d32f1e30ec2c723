using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Content.Merging;

/// <summary>What a merge of a file came to.</summary>
/// <param name="Entry">The file; with a conflict what stands at its path for somebody who mends it.</param>
/// <param name="Conflict">Why it could not be merged; null when it was.</param>
/// <param name="Beside">With a conflict: what stands beside it.</param>
internal readonly record struct MergedEntry(TreeEntry Entry, ConflictKind? Conflict = null, TreeEntry? Beside = null);

/// <summary>Merges files that both sides have: bytes, mode and attributes each on their own, so that a new mode is no conflict with new bytes.</summary>
internal sealed class EntryMerge(IChunkStore store, ChunkWriter writer, MergeNames names)
{
    private static readonly TreeEntry Nothing = new() { Name = [], Type = EntryType.File };

    /// <summary>Files whose bytes both sides changed, and which were merged.</summary>
    public long MergedFiles { get; private set; }

    /// <summary>Whether both are the same but for the time; nothing is as nothing is.</summary>
    public static bool IsSame(TreeEntry? x, TreeEntry? y) => x is null || y is null
        ? x is null && y is null
        : x.HasContentOf(y) && x.Mode == y.Mode && AttributeMerge.IsSame(x, y) && (x.Type != EntryType.Directory || x.Entries == y.Entries);

    /// <summary>Of two that are the same the one that was changed later.</summary>
    public static TreeEntry Later(TreeEntry ours, TreeEntry theirs) => Compare(ours.Modified, theirs.Modified) >= 0 ? ours : theirs;

    /// <summary>Permission bits: each is as the side has it that changed it. Where nothing was before, those that both gave.</summary>
    public static int Mode(TreeEntry? before, TreeEntry ours, TreeEntry theirs)
    {
        var was = before is not null && before.Type == ours.Type ? before.Mode : ~0;
        return (ours.Mode & theirs.Mode) | ((ours.Mode ^ theirs.Mode) & ~was);
    }

    /// <summary>Merges two files.</summary>
    public async ValueTask<MergedEntry> MergeAsync(TreeEntry? before, TreeEntry ours, TreeEntry theirs, CancellationToken cancellationToken)
    {
        var was = before is { Type: EntryType.File } ? before : null;
        var merged = await MergeContentAsync(was, ours, theirs, cancellationToken);
        var (attributes, isAgreed) = AttributeMerge.Merge(was, ours, theirs, merged.Entry);
        var entry = merged.Entry with { Mode = Mode(was, ours, theirs), Attributes = attributes };
        return new MergedEntry(entry, merged.Conflict ?? (isAgreed ? null : ConflictKind.Attributes), merged.Beside ?? (isAgreed ? null : theirs));
    }

    private static int Compare(FileTime x, FileTime y) => (x.Seconds, x.Nanoseconds).CompareTo((y.Seconds, y.Nanoseconds));

    private async ValueTask<MergedEntry> MergeContentAsync(TreeEntry? before, TreeEntry ours, TreeEntry theirs, CancellationToken cancellationToken)
    {
        if (ours.HasContentOf(theirs))
            return new MergedEntry(Later(ours, theirs));
        if (before is not null && ours.HasContentOf(before))
            return new MergedEntry(theirs);
        if (before is not null && theirs.HasContentOf(before))
            return new MergedEntry(ours);
        var isNotebook = NotebookMerge.IsNotebook(ours.Name);
        var most = isNotebook ? NotebookMerge.MostBytes : TextMerge.MostBytes;
        var b = await FileBytes.ReadAsync(store, before ?? Nothing, most, cancellationToken);
        var o = b is null ? null : await FileBytes.ReadAsync(store, ours, most, cancellationToken);
        var t = o is null ? null : await FileBytes.ReadAsync(store, theirs, most, cancellationToken);
        if (b is null || o is null || t is null)
            return new MergedEntry(ours, ConflictKind.Binary, theirs);
        if (isNotebook && before is null && NotebookMerge.Reads(o) && NotebookMerge.Reads(t))
            return new MergedEntry(ours, ConflictKind.Added, theirs);
        if (isNotebook && NotebookMerge.Merge(b, o, t) is { } notebook)
            return await NotebookAsync(notebook, ours, theirs, cancellationToken);
        if (TextMerge.Merge(b, o, t, names) is not { } text)
            return new MergedEntry(ours, before is null ? ConflictKind.Added : ConflictKind.Binary, theirs);
        var file = await FileBytes.WriteAsync(writer, text.Bytes, Later(ours, theirs), cancellationToken);
        if (text.Conflicts > 0)
            return new MergedEntry(file, before is null ? ConflictKind.Added : ConflictKind.Text);
        MergedFiles++;
        return new MergedEntry(file);
    }

    private async ValueTask<MergedEntry> NotebookAsync(MergedNotebook notebook, TreeEntry ours, TreeEntry theirs, CancellationToken cancellationToken)
    {
        var file = await FileBytes.WriteAsync(writer, notebook.Ours, Later(ours, theirs), cancellationToken);
        if (notebook.Conflicts > 0)
            return new MergedEntry(file, ConflictKind.Notebook, await FileBytes.WriteAsync(writer, notebook.Theirs, theirs, cancellationToken));
        MergedFiles++;
        return new MergedEntry(file);
    }
}
