using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>Marks all that trees lead to as live, for a collection. What was marked before is not walked again, whatever tree it is in.</summary>
public sealed class TreeMark(IChunkStore store, LiveChunks live)
{
    /// <summary>Marks a tree.</summary>
    /// <exception cref="DamagedContentException">A page is none. A collection that cannot see what lives must not go on.</exception>
    /// <exception cref="MissingContentException">A page is not in the store.</exception>
    public ValueTask MarkAsync(ChunkId root, CancellationToken cancellationToken) => MarkAsync(root, ChunkKind.Directory, 0, cancellationToken);

    /// <summary>Marks the content of a file that is in no tree yet.</summary>
    /// <exception cref="DamagedContentException">A page is none.</exception>
    /// <exception cref="MissingContentException">A page is not in the store.</exception>
    public async ValueTask MarkAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file is { Type: EntryType.File, Form: FileForm.List })
            await MarkAsync(file.Content, ChunkKind.List, 0, cancellationToken);
        else if (file is { Type: EntryType.File, Form: FileForm.Chunk })
            live.Mark(file.Content);
    }

    private async ValueTask MarkAsync(ChunkId id, ChunkKind kind, int depth, CancellationToken cancellationToken)
    {
        if (!live.Mark(id))
            return;
        if (depth > TreeReader.MaxDepth * (Page.MaxLevel + 1))
            throw new DamagedContentException($"The tree has directories more than {TreeReader.MaxDepth} deep.");
        PageContent page = default;
        try
        {
            await store.ReadAsync(new[] { id }, (_, bytes) => page = PageContent.Parse(bytes, kind), cancellationToken);
        }
        catch (FormatException e)
        {
            throw new DamagedContentException($"The chunk {id} is no {(kind == ChunkKind.List ? "list" : "directory")}: {e.Message}", e);
        }

        foreach (var below in page.Below ?? [])
            await MarkAsync(below.Id, ChunkKind.Directory, depth + 1, cancellationToken);
        foreach (var item in page.Items ?? [])
        {
            if (!item.IsHole && page.Level == 0)
                live.Mark(item.Id);
            else if (!item.IsHole)
                await MarkAsync(item.Id, ChunkKind.List, depth + 1, cancellationToken);
        }

        foreach (var entry in page.Entries ?? [])
        {
            if (entry.Type == EntryType.Directory)
                await MarkAsync(entry.Content, ChunkKind.Directory, depth + 1, cancellationToken);
            else if (entry.Form == FileForm.List)
                await MarkAsync(entry.Content, ChunkKind.List, depth + 1, cancellationToken);
            else if (entry.Form == FileForm.Chunk)
                live.Mark(entry.Content);
        }
    }
}
