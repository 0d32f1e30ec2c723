using Adit.Content.Trees;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>Writes files and links of a tree into directories. For one thread; used for one directory after the other.</summary>
internal sealed class FileWriting(IChunkStore store, CheckoutState state)
{
    private const int BatchFiles = 512;
    private const long BatchBytes = 8 << 20;
    private const int BatchParts = 64;

    // Zeros of this length at a multiple of it take no space on most file systems when they are not written.
    private const int Block = 4096;

    private readonly TreeReader _tree = new(store);
    private readonly List<(TreeEntry Entry, int Row, bool Replaces)> _batch = [];
    private long _batchBytes;
    private int _temporaries;

    /// <summary>Files and links written.</summary>
    public long Files { get; private set; }

    /// <summary>Bytes of these.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes the entry of a row, at once or at the latest when the directory is ended. What it replaces stays until it is complete.</summary>
    public async ValueTask WriteAsync(CheckedDirectory directory, TreeEntry entry, int row, bool replaces, CancellationToken cancellationToken)
    {
        if (entry is { Type: EntryType.File, Form: FileForm.Chunk, HardLink: 0 })
        {
            _batch.Add((entry, row, replaces));
            _batchBytes += entry.Size;
            if (_batch.Count == BatchFiles || _batchBytes >= BatchBytes)
                await EndAsync(directory, cancellationToken);
            return;
        }

        var at = directory.Directory!;
        var name = replaces ? Temporary() : entry.Name;
        if (entry.Type == EntryType.Link)
        {
            at.MakeLink(name, entry);
            Put(at, entry, name, replaces);
            if (at.TryStat(entry.Name, out var stat))
                Count(directory, entry, row, stat);
        }
        else if (entry.HardLink != 0)
        {
            await WriteLinkedAsync(directory, entry, row, name, replaces, cancellationToken);
        }
        else
        {
            using var file = await WriteFileAsync(directory, entry, row, name, replaces, cancellationToken);
        }
    }

    /// <summary>Writes what waits for others of the same directory.</summary>
    public async ValueTask EndAsync(CheckedDirectory directory, CancellationToken cancellationToken)
    {
        if (_batch.Count == 0)
            return;
        await store.ReadAsync(
            _batch.Select(static b => b.Entry.Content).ToArray(),
            (i, chunk) => Write(directory, _batch[i].Entry, _batch[i].Row, _batch[i].Replaces, chunk),
            cancellationToken);
        _batch.Clear();
        _batchBytes = 0;
    }

    private void Write(CheckedDirectory directory, TreeEntry entry, int row, bool replaces, ReadOnlySpan<byte> chunk)
    {
        var at = directory.Directory!;
        if (chunk.Length != entry.Size)
            throw new DamagedContentException($"The file '{entry.DisplayName}' has another size than its chunk {entry.Content}.");
        var name = replaces ? Temporary() : entry.Name;
        using var file = at.MakeFile(name, entry.Mode);
        try
        {
            at.Write(file, entry, chunk, 0);
            End(directory, file, entry, row, name, replaces);
        }
        catch
        {
            Discard(at, name);
            throw;
        }
    }

    private async ValueTask WriteLinkedAsync(CheckedDirectory directory, TreeEntry entry, int row, byte[] name, bool replaces, CancellationToken cancellationToken)
    {
        var at = directory.Directory!;
        var (first, isFirst) = await state.Links.FindAsync(entry, cancellationToken);
        if (first is not null && at.TryHardLink(first, name))
        {
            Put(at, entry, name, replaces);
            Count(directory, entry, row, at.Stat(first));
            return;
        }

        SafeFileHandle? file = null;
        try
        {
            file = await WriteFileAsync(directory, entry, row, name, replaces, cancellationToken);
        }
        finally
        {
            if (!isFirst || !state.Links.Offer(entry, file))
                file?.Dispose();
        }
    }

    // The file, still open.
    private async ValueTask<SafeFileHandle> WriteFileAsync(
        CheckedDirectory directory, TreeEntry entry, int row, byte[] name, bool replaces, CancellationToken cancellationToken)
    {
        var at = directory.Directory!;
        var file = at.MakeFile(name, entry.Mode);
        try
        {
            if (entry.Form == FileForm.Inline)
                at.Write(file, entry, entry.Inline, 0);
            else
                await WritePartsAsync(at, file, entry, cancellationToken);
            End(directory, file, entry, row, name, replaces);
            return file;
        }
        catch
        {
            file.Dispose();
            Discard(at, name);
            throw;
        }
    }

    private async ValueTask WritePartsAsync(IOpenDirectory at, SafeFileHandle file, TreeEntry entry, CancellationToken cancellationToken)
    {
        var parts = new List<FilePart>(BatchParts);
        await foreach (var part in _tree.PartsAsync(entry, cancellationToken))
        {
            if (part.IsHole)
                continue;
            parts.Add(part);
            if (parts.Count == BatchParts)
                await WriteAsync();
        }

        if (parts.Count > 0)
            await WriteAsync();

        async ValueTask WriteAsync()
        {
            await store.ReadAsync(parts.Select(static p => p.Id).ToArray(), (i, chunk) => WritePart(at, file, entry, parts[i], chunk), cancellationToken);
            parts.Clear();
        }
    }

    // Blocks of zeros become holes, as those are that nobody stored: what was sparse is so again, to the block.
    private static void WritePart(IOpenDirectory at, SafeFileHandle file, TreeEntry entry, FilePart part, ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length != part.Length)
            throw new DamagedContentException($"The chunk {part.Id} has another length than the list of the file '{entry.DisplayName}' says.");
        var from = 0;
        for (int block = 0, next; block < chunk.Length; block = next)
        {
            next = (int)Math.Min(chunk.Length, Block - ((part.Offset + block) % Block) + block);
            if (chunk[block..next].ContainsAnyExcept((byte)0))
                continue;
            if (block > from)
                at.Write(file, entry, chunk[from..block], part.Offset + from);
            from = next;
        }

        if (from < chunk.Length)
            at.Write(file, entry, chunk[from..], part.Offset + from);
    }

    private void End(CheckedDirectory directory, SafeFileHandle file, TreeEntry entry, int row, byte[] name, bool replaces)
    {
        directory.Directory!.Describe(file, entry);
        Put(directory.Directory, entry, name, replaces);
        Count(directory, entry, row, directory.Directory.Stat(file));
    }

    private static void Put(IOpenDirectory at, TreeEntry entry, byte[] name, bool replaces)
    {
        if (!replaces)
            return;
        try
        {
            at.Rename(name, entry.Name);
        }
        catch
        {
            Discard(at, name);
            throw;
        }
    }

    private static void Discard(IOpenDirectory at, byte[] name)
    {
        try
        {
            at.Remove(name, isDirectory: false);
        }
        catch (CannotWriteException)
        {
            // Why it could not be written is what there is to be told.
        }
    }

    private void Count(CheckedDirectory directory, TreeEntry entry, int row, in FileStat stat)
    {
        directory.Know(row, stat, state.Clock);
        Files++;
        Bytes += entry.Size;
    }

    private byte[] Temporary() => TemporaryName.Make(GetHashCode(), _temporaries++);
}
