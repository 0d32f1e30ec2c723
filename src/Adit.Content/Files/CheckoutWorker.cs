using System.Text;
using Adit.Content.Chunks;
using Adit.Content.Trees;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>One of those who check out a tree: takes a directory, decides for each name, writes files and makes the directories beneath.</summary>
internal sealed partial class CheckoutWorker(IChunkStore store, CheckoutState state)
{
    private const int BatchFiles = 512;
    private const long BatchBytes = 8 << 20;
    private const int BatchParts = 64;

    private readonly TreeReader _tree = new(store);
    private readonly List<(TreeEntry Entry, int Row, bool Replaces)> _batch = [];
    private long _batchBytes;
    private int _temporaries;

    public long Files { get; private set; }

    public long FilesWritten { get; private set; }

    public long BytesWritten { get; private set; }

    public long Removed { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await state.Work.TakeAsync(cancellationToken) is { } directory)
        {
            var (files, written, bytes) = (Files, FilesWritten, BytesWritten);
            try
            {
                await UpdateAsync(directory, cancellationToken);
            }
            catch
            {
                directory.Dispose();
                throw;
            }

            state.Report(Files - files, FilesWritten - written, BytesWritten - bytes);
            for (var done = directory; done is not null && done.Done(); done = done.Parent)
                Complete(done);
        }
    }

    private async ValueTask UpdateAsync(CheckedDirectory directory, CancellationToken cancellationToken)
    {
        if (directory.Depth > TreeReader.MaxDepth)
            throw new DamagedContentException($"The tree has directories more than {TreeReader.MaxDepth} deep.");
        directory.Directory ??= directory.Parent!.Directory!.OpenDirectory(directory.Name)
            ?? throw new CannotWriteException($"'{System.IO.Path.Combine(directory.Parent.Directory.Path, Encoding.UTF8.GetString(directory.Name))}' was removed meanwhile.");
        directory.Old = directory.OldBlock != 0 ? state.Index?.Read(directory.OldBlock) : null;
        var entries = new List<TreeEntry>();
        await foreach (var entry in _tree.ListAsync(directory.Target.Id, default, cancellationToken))
        {
            if (directory.Parent is null && state.Options.Keep.Contains(entry.DisplayName))
                continue;
            entries.Add(entry);
        }

        SystemNames.Check(entries, directory.Directory.Path);
        if (!directory.IsNew)
            await RemoveOthersAsync(directory, entries, cancellationToken);
        directory.Rows = new IndexRow[entries.Count];
        var beneath = new Stack<CheckedDirectory>();
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            var start = directory.Entries.Length;
            EntryCodec.Write(ref directory.Entries, entry);
            directory.Rows[i] = new IndexRow { Type = entry.Type, NameLength = (short)entry.Name.Length, EntryOffset = start, EntryLength = directory.Entries.Length - start };
            var decision = directory.IsNew ? Decision.Make : await DecideAsync(directory, entry, i, cancellationToken);
            if (decision is Decision.Leave)
                continue;
            if (entry.Type == EntryType.Directory)
            {
                if (MakeDirectory(directory, entry, i, decision) is { } made)
                    beneath.Push(made);
                continue;
            }

            Files++;
            if (decision != Decision.Keep && !state.IsDry)
                await WriteAsync(directory, entry, i, decision == Decision.Replace, cancellationToken);
        }

        await WriteBatchAsync(directory, cancellationToken);
        foreach (var _ in beneath)
            directory.Expect();
        // The first by name was pushed first: it is added last, and so taken first.
        while (beneath.TryPop(out var next))
            state.Work.Add(next);
    }

    private async ValueTask RemoveOthersAsync(CheckedDirectory directory, List<TreeEntry> entries, CancellationToken cancellationToken)
    {
        var wanted = entries.Select(static e => Convert.ToHexString(e.Name)).ToHashSet();
        var others = new List<byte[]>();
        directory.Directory!.List(name =>
        {
            if (!wanted.Contains(Convert.ToHexString(name)) && !(directory.Parent is null && state.Options.Keep.Contains(Encoding.UTF8.GetString(name))))
                others.Add(name.ToArray());
        });
        foreach (var name in others)
        {
            if (directory.Directory.TryStat(name, out var stat) && !await RemoveAsync(directory.Directory, name, stat, directory.Old, RowOf(directory.Old, name), cancellationToken))
                directory.HasOthers = true;
        }
    }

    // False when something is left that is in no snapshot.
    private async ValueTask<bool> RemoveAsync(IOpenDirectory at, byte[] name, FileStat stat, IndexBlock? block, IndexRow? known, CancellationToken cancellationToken)
    {
        var all = state.Options is { Overwrite: true, RemoveOthers: true };
        if (stat.Type == EntryType.Directory)
        {
            using var beneath = at.OpenDirectory(name);
            if (beneath is null)
                return true;
            using var old = known is { Type: EntryType.Directory, Block: not 0 and var from } ? state.Index?.Read(from) : null;
            if (old is null && !all)
                return false;
            var names = new List<byte[]>();
            beneath.List(n => names.Add(n.ToArray()));
            var isEmpty = true;
            foreach (var n in names)
                isEmpty &= !beneath.TryStat(n, out var s) || await RemoveAsync(beneath, n, s, old, RowOf(old, n), cancellationToken);
            if (!isEmpty)
                return false;
        }
        else if (!all && known is null)
        {
            return false;
        }
        else if (!all && known is { } was && !await IsAsKnownAsync(at, name, stat, block!, was, cancellationToken))
        {
            state.Conflicts.Add(System.IO.Path.Combine(at.Path, Encoding.UTF8.GetString(name)));
            return false;
        }

        if (!state.IsDry)
        {
            at.Remove(name, stat.Type == EntryType.Directory);
            Removed++;
        }

        return true;
    }

    private async ValueTask<Decision> DecideAsync(CheckedDirectory directory, TreeEntry entry, int at, CancellationToken cancellationToken)
    {
        if (!directory.Directory!.TryStat(entry.Name, out var stat))
            return Decision.Make;
        var known = RowOf(directory.Old, entry.Name);
        if (entry.Type == EntryType.Directory && stat.Type == EntryType.Directory)
        {
            directory.Rows[at].Block = known is { Type: EntryType.Directory } below ? below.Block : 0;
            return Decision.Keep;
        }

        var isAsKnown = known is { } was
            && (stat.Type == EntryType.Directory ? was.Type == EntryType.Directory : await IsAsKnownAsync(directory.Directory, entry.Name, stat, directory.Old!, was, cancellationToken));
        if (isAsKnown && stat.Type == entry.Type && HasEntryOf(directory, known!.Value, at))
        {
            var (offset, length) = (directory.Rows[at].EntryOffset, directory.Rows[at].EntryLength);
            directory.Rows[at] = known.Value with { EntryOffset = offset, EntryLength = length };
            Know(ref directory.Rows[at], stat);
            return Decision.Keep;
        }

        if (stat.Type == EntryType.Directory)
        {
            // What is in its way goes when all of it is known.
            if (await RemoveAsync(directory.Directory, entry.Name, stat, directory.Old, known, cancellationToken))
                return Decision.Make;
        }
        else if (isAsKnown || state.Options.Overwrite)
        {
            return Decision.Replace;
        }

        if (state.Options.Overwrite)
            throw new CannotWriteException($"'{System.IO.Path.Combine(directory.Directory.Path, entry.DisplayName)}' is a directory with files that are in no snapshot, and in the way of a file.");
        state.Conflicts.Add(System.IO.Path.Combine(directory.Directory.Path, entry.DisplayName));
        return Decision.Leave;
    }

    private CheckedDirectory? MakeDirectory(CheckedDirectory directory, TreeEntry entry, int row, Decision decision)
    {
        var isNew = decision != Decision.Keep;
        if (isNew && state.IsDry)
            return null;
        if (decision == Decision.Replace)
            directory.Directory!.Remove(entry.Name, isDirectory: false);
        if (isNew)
            directory.Directory!.MakeDirectory(entry.Name);
        return new CheckedDirectory(directory, row, entry.Directory) { Name = entry.Name, Mode = entry.Mode, IsNew = isNew, OldBlock = directory.Rows[row].Block };
    }

    private async ValueTask WriteAsync(CheckedDirectory directory, TreeEntry entry, int row, bool replaces, CancellationToken cancellationToken)
    {
        if (entry is { Type: EntryType.File, Form: FileForm.Chunk, HardLink: 0 })
        {
            _batch.Add((entry, row, replaces));
            _batchBytes += entry.Size;
            if (_batch.Count == BatchFiles || _batchBytes >= BatchBytes)
                await WriteBatchAsync(directory, cancellationToken);
            return;
        }

        var at = directory.Directory!;
        var name = replaces ? Temporary() : entry.Name;
        if (entry.Type == EntryType.Link)
        {
            at.MakeLink(name, entry);
            Put(directory, entry, name, replaces);
            if (at.TryStat(entry.Name, out var stat))
                Know(ref directory.Rows[row], stat);
            return;
        }

        if (entry.HardLink != 0 && state.FirstOf(entry.HardLink, entry.Size, entry.Content) is { } first && at.TryHardLink(first, name))
        {
            Put(directory, entry, name, replaces);
            FilesWritten++;
            return;
        }

        var file = at.MakeFile(name, entry.Mode);
        var isKept = false;
        try
        {
            if (entry.Form == FileForm.Inline)
                at.Write(file, entry.Inline, 0);
            else
                await WritePartsAsync(at, file, entry, cancellationToken);
            End(directory, file, entry, name, row, replaces);
            isKept = entry.HardLink != 0 && state.TryKeep(entry.HardLink, entry.Size, entry.Content, file);
        }
        finally
        {
            if (!isKept)
                file.Dispose();
        }
    }

    private async ValueTask WriteBatchAsync(CheckedDirectory directory, CancellationToken cancellationToken)
    {
        if (_batch.Count == 0)
            return;
        var at = directory.Directory!;
        await store.ReadAsync(
            _batch.Select(static b => b.Entry.Content).ToArray(),
            (i, chunk) =>
            {
                var (entry, row, replaces) = _batch[i];
                if (chunk.Length != entry.Size)
                    throw new DamagedContentException($"The file '{entry.DisplayName}' has another size than its chunk {entry.Content}.");
                var name = replaces ? Temporary() : entry.Name;
                using var file = at.MakeFile(name, entry.Mode);
                at.Write(file, chunk, 0);
                End(directory, file, entry, name, row, replaces);
            },
            cancellationToken);
        _batch.Clear();
        _batchBytes = 0;
    }

    private async ValueTask WritePartsAsync(IOpenDirectory at, SafeFileHandle file, TreeEntry entry, CancellationToken cancellationToken)
    {
        var ids = new List<ChunkId>(BatchParts);
        var parts = new List<FilePart>(BatchParts);
        await foreach (var part in _tree.PartsAsync(entry, cancellationToken))
        {
            if (part.IsHole)
                continue;
            ids.Add(part.Id);
            parts.Add(part);
            if (parts.Count == BatchParts)
                await WriteAsync();
        }

        await WriteAsync();
        // A hole at the end.
        RandomAccess.SetLength(file, entry.Size);

        async ValueTask WriteAsync()
        {
            if (parts.Count == 0)
                return;
            await store.ReadAsync(
                ids.ToArray(),
                (i, chunk) => at.Write(file, chunk.Length == parts[i].Length ? chunk : throw new DamagedContentException($"The chunk {ids[i]} has another length than its file's list says."), parts[i].Offset),
                cancellationToken);
            ids.Clear();
            parts.Clear();
        }
    }

    private void End(CheckedDirectory directory, SafeFileHandle file, TreeEntry entry, byte[] name, int row, bool replaces)
    {
        directory.Directory!.Describe(file, entry);
        Put(directory, entry, name, replaces);
        Know(ref directory.Rows[row], directory.Directory.Stat(file));
        FilesWritten++;
        BytesWritten += entry.Size;
    }

    private static void Put(CheckedDirectory directory, TreeEntry entry, byte[] name, bool replaces)
    {
        if (replaces)
            directory.Directory!.Rename(name, entry.Name);
    }

    private void Know(ref IndexRow row, in FileStat stat)
    {
        row.Modified = stat.Modified;
        row.Changed = stat.Changed >= state.YoungFrom ? long.MinValue : stat.Changed;
        row.Inode = stat.Inode;
        row.Size = stat.Size;
        row.Mode = stat.Mode;
    }

    // Begins so that nobody's file is called so, and what a crash leaves is known for what it is.
    private byte[] Temporary() => Encoding.UTF8.GetBytes($".adit-{Environment.ProcessId}-{GetHashCode():x}-{_temporaries++}~");

    private void Complete(CheckedDirectory directory)
    {
        using (directory)
        {
            if (!state.IsDry && directory.Directory is { } open)
            {
                if (directory.Parent is not null)
                    open.SetMode(directory.Mode);
                if (state.Index is { } index)
                    Remember(directory, open.Stat(), index);
            }
        }

        if (directory.Parent is null)
            state.Work.Finish();
    }

    private void Remember(CheckedDirectory directory, in FileStat stat, FileIndex index)
    {
        var isYoung = Math.Max(stat.Modified, stat.Changed) >= state.YoungFrom;
        var sum = directory.Target;
        using var block = IndexBlock.Make(
            new IndexHead
            {
                Inode = stat.Inode, Device = stat.Device, Modified = stat.Modified, Changed = isYoung || directory.HasOthers ? long.MinValue : stat.Changed,
                Id = sum.Id, Entries = sum.Entries, Files = sum.Files, Size = sum.Bytes,
            },
            directory.Rows,
            directory.Entries.Written);
        var at = index.Add(block);
        if (directory.Parent is { } parent)
        {
            ref var row = ref parent.Rows[directory.RowInParent];
            (row.Block, row.Id, row.Size, row.Files, row.Bytes, row.Mode) = (at, sum.Id, sum.Entries, sum.Files, sum.Bytes, stat.Mode);
        }
        else
        {
            state.RootBlock = at;
        }
    }

    private enum Decision
    {
        /// <summary>It is as it should be; a directory is there.</summary>
        Keep,

        /// <summary>It is not there.</summary>
        Make,

        /// <summary>Something else is there, which may go.</summary>
        Replace,

        /// <summary>Something else is there, which may not.</summary>
        Leave,
    }
}
