using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <content>Whether what is here is what the index says.</content>
internal sealed partial class CheckoutWorker : IDisposable
{
    private ChunkWriter? _nowhere;
    private FileReading? _reading;

    public void Dispose() => _nowhere?.Dispose();

    private static IndexRow? RowOf(IndexBlock? block, ReadOnlySpan<byte> name)
    {
        if (block is null)
            return null;
        var rows = block.Rows;
        for (int low = 0, high = rows.Length - 1; low <= high;)
        {
            var middle = (low + high) >> 1;
            var order = block.Name(rows[middle]).SequenceCompareTo(name);
            if (order == 0)
                return rows[middle];
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return null;
    }

    private static bool HasEntryOf(CheckedDirectory directory, in IndexRow known, int row) =>
        directory.Old!.Entry(known).SequenceEqual(directory.Entries.Written.Slice(directory.Rows[row].EntryOffset, directory.Rows[row].EntryLength));

    // Where times cannot tell, the bytes do: what a checkout wrote is too young for its index to believe its times, and one more name changes those of a file.
    private async ValueTask<bool> IsAsKnownAsync(IOpenDirectory at, byte[] name, FileStat stat, IndexBlock block, IndexRow known, CancellationToken cancellationToken)
    {
        if (known.IsAs(stat))
            return true;
        if (known.Type != stat.Type || known.EntryLength == 0)
            return false;
        var was = EntryOf(block, known);
        if (was.Mode != stat.Mode || was.Modified != FileReading.TimeOf(stat))
            return false;
        if (stat.Type == EntryType.Link)
            return at.ReadLink(name) is { } target && target.AsSpan().SequenceEqual(was.Target);
        if (was.Size != stat.Size)
            return false;
        _nowhere ??= new ChunkWriter(new Nowhere());
        _reading ??= new FileReading(_nowhere);
        return await _reading.ReadAsync(at, name, cancellationToken) is ({ IsFuzzy: false } entry, _) && entry.HasContentOf(was);
    }

    private static TreeEntry EntryOf(IndexBlock block, in IndexRow row)
    {
        var reader = new ByteReader(block.Entry(row));
        return EntryCodec.Read(ref reader);
    }

    /// <summary>Has all chunks, and gives none: files are cut and hashed for their ids alone.</summary>
    private sealed class Nowhere : IChunkStore
    {
        public ValueTask FindMissingAsync(ReadOnlyMemory<ChunkId> ids, Memory<bool> missing, CancellationToken cancellationToken)
        {
            missing.Span[..ids.Length].Clear();
            return default;
        }

        public ValueTask AddAsync(Frame frame, CancellationToken cancellationToken) => default;

        public ValueTask FlushAsync(CancellationToken cancellationToken) => default;

        public ValueTask ReadAsync(ReadOnlyMemory<ChunkId> ids, ChunkReader read, CancellationToken cancellationToken) => throw new MissingContentException(ids.Span[0]);
    }
}
