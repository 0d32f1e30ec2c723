using System.Text;
using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>One of those who check out a tree: takes a directory, decides for each name, writes files and makes the directories beneath.</summary>
internal sealed partial class CheckoutWorker(IChunkStore store, CheckoutState state)
{
    private readonly TreeReader _tree = new(store);
    private readonly FileWriting _writing = new(store, state);
    private readonly LocalContent _local = new(store);

    public long Files { get; private set; }

    public long FilesWritten => _writing.Files;

    public long BytesWritten => _writing.Bytes;

    public long Removed { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await state.Work.TakeAsync(cancellationToken) is { } directory)
        {
            var (files, written, bytes) = (Files, FilesWritten, BytesWritten);
            var at = directory;
            try
            {
                await UpdateAsync(directory, cancellationToken);
                state.Report(Files - files, FilesWritten - written, BytesWritten - bytes);
                for (; at is not null && at.Done(); at = at.Parent)
                    Complete(at);
            }
            catch
            {
                // Who gives up closes it, and those above it.
                state.Work.Add(at!);
                throw;
            }
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
            if (decision == Decision.Keep && entry.HardLink != 0)
                Offer(directory, entry);
            if (decision != Decision.Keep && !state.IsDry)
                await _writing.WriteAsync(directory, entry, i, decision == Decision.Replace, cancellationToken);
        }

        await _writing.EndAsync(directory, cancellationToken);
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
            await RemoveAsync(directory.Directory, name, directory.Old, cancellationToken);
    }

    // False when something is left that is in no snapshot.
    private async ValueTask<bool> RemoveAsync(IOpenDirectory at, byte[] name, IndexBlock? block, CancellationToken cancellationToken)
    {
        if (!at.TryStat(name, out var stat))
            return true;
        var known = RowOf(block, name);
        if (stat.Type == EntryType.Directory)
        {
            if (!await RemoveBeneathAsync(at, name, known, cancellationToken))
                return false;
        }
        else if (stat.Type == EntryType.File && TemporaryName.Is(name))
        {
            // What a checkout left that was killed.
        }
        else if (known is null)
        {
            if (!state.Options.RemovesAll)
                return false;
        }
        else if (!state.Options.Overwrite && !await IsAsKnownAsync(at, name, stat, block!, known.Value, cancellationToken))
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

    private async ValueTask<bool> RemoveBeneathAsync(IOpenDirectory at, byte[] name, IndexRow? known, CancellationToken cancellationToken)
    {
        using var beneath = at.OpenDirectory(name);
        if (beneath is null)
            return true;
        using var old = known is { Type: EntryType.Directory, Block: not 0 and var from } ? state.Index?.Read(from) : null;
        if (old is null && !state.Options.RemovesAll)
            return false;
        var names = new List<byte[]>();
        beneath.List(n => names.Add(n.ToArray()));
        var isEmpty = true;
        foreach (var n in names)
            isEmpty &= await RemoveAsync(beneath, n, old, cancellationToken);
        return isEmpty;
    }

    private async ValueTask<Decision> DecideAsync(CheckedDirectory directory, TreeEntry entry, int i, CancellationToken cancellationToken)
    {
        var at = directory.Directory!;
        if (!at.TryStat(entry.Name, out var stat))
            return Decision.Make;
        var known = RowOf(directory.Old, entry.Name);
        if (stat.Type == EntryType.Directory)
        {
            if (entry.Type != EntryType.Directory)
                return await MakeWayAsync(directory, entry, cancellationToken);
            directory.Rows[i].Block = known is { Type: EntryType.Directory } below ? below.Block : 0;
            return Decision.Keep;
        }

        var isSame = entry.Type == stat.Type && known is { } row && directory.Old!.Entry(row).SequenceEqual(directory.Entry(i));
        var mayGo = state.Options.Overwrite && !isSame;
        if (mayGo || (known is { } was && await IsAsKnownAsync(at, entry.Name, stat, directory.Old!, was, cancellationToken)))
        {
            if (!isSame)
                return Decision.Replace;
            directory.Know(i, stat, state.Clock);
            return Decision.Keep;
        }

        if (state.Options.Overwrite)
            return Decision.Replace;
        // Nothing is lost when it is what is wanted, nor by a file that a checkout began to write when it was killed.
        var likeness = entry.Type == stat.Type ? await _local.CompareAsync(at, entry.Name, entry, cancellationToken) : Likeness.Other;
        if (likeness == Likeness.Same || (likeness == Likeness.Beginning && known is null))
            return Decision.Replace;
        state.Conflicts.Add(System.IO.Path.Combine(at.Path, entry.DisplayName));
        return Decision.Leave;
    }

    // A directory is in the way of a file: it goes when all that is in it is known.
    private async ValueTask<Decision> MakeWayAsync(CheckedDirectory directory, TreeEntry entry, CancellationToken cancellationToken)
    {
        if (await RemoveAsync(directory.Directory!, entry.Name, directory.Old, cancellationToken))
            return Decision.Make;
        var path = System.IO.Path.Combine(directory.Directory!.Path, entry.DisplayName);
        if (state.Options.Overwrite)
            throw new CannotWriteException($"'{path}' is a directory with files that are in no snapshot, and in the way of a file: move them away, and try again.");
        state.Conflicts.Add(path);
        return Decision.Leave;
    }

    // Others of its group may be written, and get their names from it.
    private void Offer(CheckedDirectory directory, TreeEntry entry)
    {
        if (directory.Directory!.OpenFile(entry.Name) is { } file && !state.Links.Offer(entry, file))
            file.Dispose();
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

    private void Complete(CheckedDirectory directory)
    {
        using (directory)
        {
            if (!state.IsDry && directory.Directory is { } open)
            {
                if (directory.Parent is not null && open.Stat().Mode != directory.Mode)
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
        var sum = directory.Target;
        using var block = IndexBlock.Make(
            new IndexHead
            {
                // Others may have put something in it meanwhile: its names are read next time.
                Inode = stat.Inode, Device = stat.Device, Modified = stat.Modified, Changed = long.MinValue,
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
