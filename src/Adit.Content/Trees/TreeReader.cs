using System.Runtime.CompilerServices;
using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>Reads directories, and the lists of files, out of a store. Bound in what it holds by what is really there: nothing is believed that a page merely says.</summary>
public sealed class TreeReader(IChunkStore store)
{
    /// <summary>A tree is at most so many directories deep.</summary>
    public const int MaxDepth = 1000;

    /// <summary>The entries of a directory in ascending order of their names' bytes, from the first after <paramref name="after"/> on.</summary>
    /// <exception cref="DamagedContentException">A page is not as docs/reference/content.md says, or the directory is not in order.</exception>
    /// <exception cref="MissingContentException">A page is not in the store.</exception>
    public async IAsyncEnumerable<TreeEntry> ListAsync(
        ChunkId directory, ReadOnlyMemory<byte> after = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        byte[]? last = null;
        await foreach (var page in PagesAsync(directory, null, null, after, cancellationToken))
        {
            foreach (var entry in page)
            {
                if (last is not null && last.AsSpan().SequenceCompareTo(entry.Name) >= 0)
                    throw new DamagedContentException($"The directory {directory} is damaged: its names are not in order.");
                last = entry.Name;
                if (after.IsEmpty || after.Span.SequenceCompareTo(entry.Name) < 0)
                    yield return entry;
            }
        }
    }

    /// <summary>The entry of this name in a directory, or null.</summary>
    public async ValueTask<TreeEntry?> FindAsync(ChunkId directory, ReadOnlyMemory<byte> name, CancellationToken cancellationToken)
    {
        for (int? level = null; ;)
        {
            var page = await ReadAsync(directory, ChunkKind.Directory, level, cancellationToken);
            if (page.Entries is { } entries)
                return entries.Find(e => e.Name.AsSpan().SequenceEqual(name.Span));
            var below = page.Below!.FindLastIndex(p => p.First.AsSpan().SequenceCompareTo(name.Span) <= 0);
            if (below < 0)
                return null;
            (directory, level) = (page.Below[below].Id, page.Level - 1);
        }
    }

    /// <summary>The parts of a file's content in order; none when it is empty or in its entry. Their lengths add up to its size.</summary>
    public async IAsyncEnumerable<FilePart> PartsAsync(TreeEntry file, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Form == FileForm.Chunk)
            yield return new FilePart(file.Content, 0, file.Size);
        if (file.Form != FileForm.List)
            yield break;
        long at = 0;
        await foreach (var item in ItemsAsync(file.Content, null, cancellationToken))
        {
            if (item.Length > file.Size - at)
                throw new DamagedContentException($"The list {file.Content} is damaged: it has more bytes than its file.");
            yield return new FilePart(item.Id, at, item.Length);
            at += item.Length;
        }

        if (at != file.Size)
            throw new DamagedContentException($"The list {file.Content} is damaged: it has fewer bytes than its file.");
    }

    /// <summary>One page of a list.</summary>
    internal ValueTask<PageContent> ReadListAsync(ChunkId id, int? level, CancellationToken cancellationToken) => ReadAsync(id, ChunkKind.List, level, cancellationToken);

    private async IAsyncEnumerable<List<TreeEntry>> PagesAsync(
        ChunkId id, int? level, byte[]? first, ReadOnlyMemory<byte> after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var page = await ReadAsync(id, ChunkKind.Directory, level, cancellationToken);
        if (first is not null && !first.AsSpan().SequenceEqual(page.Entries?[0].Name ?? page.Below![0].First))
            throw new DamagedContentException($"The page {id} begins with another name than the page above it says.");
        if (page.Entries is { } entries)
        {
            yield return entries;
            yield break;
        }

        var below = page.Below!;
        for (var i = 0; i < below.Count; i++)
        {
            // All of a page comes before the first name of its neighbour.
            if (!after.IsEmpty && i + 1 < below.Count && below[i + 1].First.AsSpan().SequenceCompareTo(after.Span) <= 0)
                continue;
            await foreach (var deeper in PagesAsync(below[i].Id, page.Level - 1, below[i].First, after, cancellationToken))
                yield return deeper;
        }
    }

    private async IAsyncEnumerable<FilePart> ItemsAsync(ChunkId id, int? level, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var page = await ReadAsync(id, ChunkKind.List, level, cancellationToken);
        foreach (var item in page.Items!)
        {
            if (page.Level == 0)
            {
                yield return item;
                continue;
            }

            long below = 0;
            await foreach (var deeper in ItemsAsync(item.Id, page.Level - 1, cancellationToken))
            {
                below += deeper.Length;
                yield return deeper;
            }

            if (below != item.Length)
                throw new DamagedContentException($"The list {item.Id} is damaged: it has another length than the page above it says.");
        }
    }

    // The topmost page may have any level; those below have the one that the page above says.
    private async ValueTask<PageContent> ReadAsync(ChunkId id, ChunkKind kind, int? level, CancellationToken cancellationToken)
    {
        PageContent page = default;
        try
        {
            await store.ReadAsync(new[] { id }, (_, bytes) => page = PageContent.Parse(bytes, kind), cancellationToken);
        }
        catch (FormatException e)
        {
            throw new DamagedContentException($"The chunk {id} is no {(kind == ChunkKind.List ? "list" : "directory")}: {e.Message}", e);
        }

        if ((level is not null && page.Level != level) || (page.Count == 0 && (level is not null || kind == ChunkKind.List)))
            throw new DamagedContentException($"The page {id} has another level than the page above it says, or is empty.");
        return page;
    }
}
