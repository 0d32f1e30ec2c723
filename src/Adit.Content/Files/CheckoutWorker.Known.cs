using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <content>Whether what is here is what the index says.</content>
internal sealed partial class CheckoutWorker
{
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

    // Where times cannot tell, the bytes do: some file systems keep too coarse times for the index to believe them, and one more name changes those of a file.
    private async ValueTask<bool> IsAsKnownAsync(IOpenDirectory at, byte[] name, FileStat stat, IndexBlock block, IndexRow known, CancellationToken cancellationToken)
    {
        if (known.IsAs(stat))
            return true;
        if (known.Type != stat.Type || stat.Type is not (EntryType.File or EntryType.Link))
            return false;
        var was = EntryOf(block, known);
        if (was.Mode != stat.Mode || was.Modified != FileReading.TimeOf(stat))
            return false;
        try
        {
            return await _local.CompareAsync(at, name, was, cancellationToken) == Likeness.Same;
        }
        catch (MissingContentException)
        {
            // The snapshot that it was in is gone from the store, and nobody can tell.
            return false;
        }
    }

    private static TreeEntry EntryOf(IndexBlock block, in IndexRow row)
    {
        var reader = new ByteReader(block.Entry(row));
        return EntryCodec.Read(ref reader);
    }
}
