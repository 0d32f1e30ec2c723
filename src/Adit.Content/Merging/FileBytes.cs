using Adit.Content.Chunks;
using Adit.Content.Cutting;
using Adit.Content.Trees;

namespace Adit.Content.Merging;

/// <summary>Files of a store as bytes in memory: those that are small enough to be compared and merged.</summary>
public static class FileBytes
{
    private const int PartsAtOnce = 64;

    /// <summary>The bytes of a file; null when it is none, or has more than <paramref name="most"/>.</summary>
    /// <exception cref="DamagedContentException">A page or a chunk is not as said.</exception>
    public static async ValueTask<byte[]?> ReadAsync(IChunkStore store, TreeEntry file, int most, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(file);
        if (file.Type != EntryType.File || file.Size > most)
            return null;
        if (file.Form == FileForm.Inline)
            return file.Inline;
        var bytes = new byte[file.Size];
        await foreach (var parts in new TreeReader(store).PartsAsync(file, cancellationToken).Where(static p => !p.IsHole).Chunk(PartsAtOnce).WithCancellation(cancellationToken))
        {
            await store.ReadAsync(
                parts.Select(static p => p.Id).ToArray(),
                (i, chunk) =>
                {
                    if (chunk.Length != parts[i].Length)
                        throw new DamagedContentException($"The chunk {parts[i].Id} has another length than its file says.");
                    chunk.CopyTo(bytes.AsSpan((int)parts[i].Offset));
                },
                cancellationToken);
        }

        return bytes;
    }

    /// <summary>A file with these bytes, cut as docs/reference/content.md says; the name and the rest are those of <paramref name="like"/>.</summary>
    public static async ValueTask<TreeEntry> WriteAsync(ChunkWriter writer, ReadOnlyMemory<byte> bytes, TreeEntry like, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(like);
        var file = like with { Type = EntryType.File, Size = bytes.Length, Form = FileForm.Inline, Inline = [], Content = default, Target = [], HardLink = 0 };
        if (bytes.Length <= TreeEntry.MaxInline)
            return file with { Inline = bytes.ToArray() };
        var list = new ListWriter();
        list.Begin();
        for (var at = 0; at < bytes.Length;)
        {
            var length = Cutter.Cut(bytes.Span.Slice(at, Math.Min(Cutter.Most, bytes.Length - at)));
            var chunk = bytes.Slice(at, length);
            if (length == Cutter.Most && !chunk.Span.ContainsAnyExcept((byte)0))
                list.AddHole(length);
            else
                list.Add(await writer.PutAsync(ChunkKind.Data, chunk, cancellationToken), length);
            at += length;
        }

        return list.Only is { IsNone: false } only
            ? file with { Form = FileForm.Chunk, Content = only }
            : file with { Form = FileForm.List, Content = await list.FinishAsync(writer, cancellationToken) };
    }
}
