using System.Text;
using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>One of those who scan a tree: takes a directory, looks at each name in it, reads what changed, and writes pages of directories that are complete.</summary>
internal sealed class ScanWorker : IDisposable
{
    private readonly ScanState _state;
    private readonly FileReading _reading;
    private readonly DirectoryWriter _pages = new();
    private readonly NameList _names = new();
    private ByteWriter _entries = new(64 << 10);

    public ScanWorker(IChunkStore store, ScanState state)
    {
        _state = state;
        Writer = new ChunkWriter(store);
        _reading = new FileReading(Writer);
    }

    public ChunkWriter Writer { get; }

    public long Directories { get; private set; }

    public long Files { get; private set; }

    public long FilesRead { get; private set; }

    public long BytesRead => _reading.BytesRead;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _state.Work.TakeAsync(cancellationToken) is { } directory)
        {
            var (files, filesRead, bytesRead) = (Files, FilesRead, BytesRead);
            await ScanAsync(directory, cancellationToken);
            _state.Report(Files - files, FilesRead - filesRead, BytesRead - bytesRead);
        }
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken) => Writer.CompleteAsync(cancellationToken);

    public void Dispose() => Writer.Dispose();

    private async ValueTask ScanAsync(ScannedDirectory directory, CancellationToken cancellationToken)
    {
        Directories++;
        var at = directory;
        try
        {
            if (TryOpen(directory))
                await LookAsync(directory, cancellationToken);
            else if (directory.Parent is { } parent)
                (parent.Rows[directory.RowInParent].Type, parent.HasGaps) = (default, true);
            directory.CloseUnlessNeeded();
            // Those above are done when their last is.
            for (; at is not null && at.Done(); at = at.Parent)
                await FinishAsync(at, cancellationToken);
        }
        catch
        {
            // Who gives up closes it, and those above it.
            _state.Work.Add(at!);
            throw;
        }
    }

    private bool TryOpen(ScannedDirectory directory)
    {
        try
        {
            if (directory.Parent is { } parent)
            {
                var name = parent.New.Written.Slice(parent.Rows[directory.RowInParent].EntryOffset, parent.Rows[directory.RowInParent].NameLength);
                if (directory.Depth > TreeReader.MaxDepth)
                    throw new CannotReadException($"'{parent.Directory!.Path}' has directories more than {TreeReader.MaxDepth} deep: nothing beneath it can be kept.");
                directory.Directory = parent.Directory!.OpenDirectory(name);
                if (directory.Directory is null)
                    return false;
            }

            directory.Stat = directory.Directory!.Stat();
            if (directory.Parent is { } above && above.Stat.Device != directory.Stat.Device)
            {
                _state.Warnings.Add($"'{directory.Directory.Path}' is another file system: what is in it was left out.");
                directory.Directory.Dispose();
                return false;
            }

            directory.Old = directory.OldBlock != 0 ? _state.Index?.Read(directory.OldBlock) : null;
            directory.IsChanged = directory.Old is null;
            directory.WasSeen = true;
            return true;
        }
        catch (CannotReadException e)
        {
            _state.CannotRead(e);
            return false;
        }
        finally
        {
            directory.Parent?.Opened();
        }
    }

    private async ValueTask LookAsync(ScannedDirectory directory, CancellationToken cancellationToken)
    {
        ReadRules(directory);
        var old = directory.Old;
        var knowsNames = old is not null && old.Head.Inode == directory.Stat.Inode && old.Head.Modified == directory.Stat.Modified
            && old.Head.Changed == directory.Stat.Changed && old.Head.Ignored == directory.Rules.Hash;
        if (!knowsNames)
            _names.Read(directory.Directory!);
        var count = knowsNames ? old!.Head.Count : _names.Count;
        var oldCount = old?.Head.Count ?? 0;
        for (int i = 0, o = 0; i < count; i++)
        {
            if (!knowsNames)
            {
                // What is known and not there any more is passed over.
                while (o < oldCount && old!.Name(old.Rows[o]).SequenceCompareTo(_names[i]) < 0)
                {
                    o++;
                    directory.IsChanged = true;
                }
            }

            var known = knowsNames ? i : o < oldCount && old!.Name(old.Rows[o]).SequenceEqual(_names[i]) ? o++ : -1;
            try
            {
                if (Look(directory, knowsNames ? old!.Name(old.Rows[i]) : _names[i], known, out var stat))
                    await ReadAsync(directory, (knowsNames ? old!.Name(old.Rows[i]) : _names[i]).ToArray(), stat, cancellationToken);
            }
            catch (CannotReadException e)
            {
                directory.HasGaps = true;
                _state.CannotRead(e);
            }
        }

        directory.IsChanged |= directory.Count != oldCount;
        // Deepest first, in the order of their names: the last that is added is taken first.
        for (var i = directory.Count - 1; i >= 0; i--)
        {
            if (directory.Rows[i].Type == EntryType.Directory)
                directory.Expect();
        }

        for (var i = directory.Count - 1; i >= 0; i--)
        {
            if (directory.Rows[i].Type == EntryType.Directory)
                _state.Work.Add(Beneath(directory, i));
        }
    }

    private static ScannedDirectory Beneath(ScannedDirectory directory, int row)
    {
        ref readonly var it = ref directory.Rows[row];
        var beneath = new ScannedDirectory(directory, row, directory.Rules) { OldBlock = it.Block };
        var name = directory.New.Written.Slice(it.EntryOffset, it.NameLength);
        beneath.PathBeneath = directory.PathBeneath.Length == 0 ? Encoding.UTF8.GetString(name) : $"{directory.PathBeneath}/{Encoding.UTF8.GetString(name)}";
        return beneath;
    }

    private static void ReadRules(ScannedDirectory directory)
    {
        var name = Encoding.ASCII.GetBytes(IgnoreRules.FileName);
        if (!directory.Directory!.TryStat(name, out var stat) || stat.Type != EntryType.File)
            return;
        var path = System.IO.Path.Combine(directory.Directory.Path, IgnoreRules.FileName);
        try
        {
            using var file = directory.Directory.OpenFile(name);
            if (file is null)
                return;
            var bytes = new byte[Math.Min(stat.Size, IgnoreRules.MaxBytes + 1)];
            var length = 0;
            while (length < bytes.Length && directory.Directory.Read(file, name, bytes.AsSpan(length), length) is > 0 and var read)
                length += read;
            directory.Rules = directory.Rules.With(directory.PathBeneath, IgnoreRules.Lines(bytes.AsSpan(0, length)));
        }
        catch (Exception e) when (e is FormatException or CannotReadException)
        {
            // Without it nobody knows what was meant to be left out.
            var sentence = e is FormatException ? $"'{path}' cannot be used: {e.Message} Make it shorter." : e.Message;
            throw new UnreadableException($"{sentence} Nothing was made.", [sentence]);
        }
    }

    // True when it is a file that has to be read.
    private bool Look(ScannedDirectory directory, ReadOnlySpan<byte> name, int known, out FileStat stat)
    {
        if (!directory.Directory!.TryStat(name, out stat))
        {
            directory.IsChanged = true;
            return false;
        }

        if (!directory.Rules.IsEmpty && directory.Rules.Ignores(
            directory.PathBeneath.Length == 0 ? Encoding.UTF8.GetString(name) : $"{directory.PathBeneath}/{Encoding.UTF8.GetString(name)}", stat.Type == EntryType.Directory))
            return false;

        if (stat.Type == EntryType.File && TemporaryName.Is(name))
            return false;

        if (stat.Type is null)
        {
            _state.Warnings.Add($"'{System.IO.Path.Combine(directory.Directory.Path, Encoding.UTF8.GetString(name))}' is a socket, a pipe or a device: it was left out.");
            return false;
        }

        var row = known >= 0 ? directory.Old!.Rows[known] : default;
        if (stat.Type == EntryType.Directory)
        {
            directory.IsChanged |= row.Type != EntryType.Directory || row.Mode != stat.Mode;
            directory.Add(new IndexRow
            {
                Type = EntryType.Directory, Mode = stat.Mode, NameLength = (short)name.Length, EntryOffset = directory.New.Length, EntryLength = name.Length,
                Block = row.Type == EntryType.Directory ? row.Block : 0,
            });
            directory.New.Bytes(name);
            return false;
        }

        Files++;
        if (known >= 0 && row.IsAs(stat))
        {
            row.EntryOffset = -1 - row.EntryOffset;
            directory.Add(row);
            return false;
        }

        directory.IsChanged = true;
        if (stat.Type == EntryType.File)
            return true;
        if (directory.Directory.ReadLink(name) is { } target)
            AddNew(directory, new TreeEntry { Name = name.ToArray(), Type = EntryType.Link, Mode = stat.Mode, Modified = FileReading.TimeOf(stat), Target = target }, stat);
        return false;
    }

    private async ValueTask ReadAsync(ScannedDirectory directory, byte[] name, FileStat before, CancellationToken cancellationToken)
    {
        var (entry, stat) = await _reading.ReadAsync(directory.Directory!, name, before, cancellationToken);
        if (entry is null)
            return;
        FilesRead++;
        if (entry.IsFuzzy)
            _state.Warnings.Add($"'{System.IO.Path.Combine(directory.Directory!.Path, entry.DisplayName)}' changed each time that it was read: what was kept may be a mixture.");
        AddNew(directory, entry, stat);
    }

    private void AddNew(ScannedDirectory directory, TreeEntry entry, in FileStat stat)
    {
        var start = directory.New.Length;
        EntryCodec.Write(ref directory.New, entry);
        directory.Add(new IndexRow
        {
            // One that changed all the time may have another size by now than what was read.
            Type = entry.Type, Mode = stat.Mode, Size = entry.Type == EntryType.File ? entry.Size : stat.Size, Inode = stat.Inode, Modified = stat.Modified,
            Changed = _state.Clock.IsYoung(stat.Changed) || entry.IsFuzzy ? long.MinValue : stat.Changed,
            NameLength = (short)entry.Name.Length, EntryOffset = start, EntryLength = directory.New.Length - start,
        });
    }

    private async ValueTask FinishAsync(ScannedDirectory directory, CancellationToken cancellationToken)
    {
        using (directory)
        {
            var block = directory.OldBlock;
            var sum = directory.Old?.Head.Directory ?? default;
            if (directory.WasSeen && (directory.IsChanged || directory.HasGaps || HasChangedBeneath(directory)))
                (sum, block) = await WriteAsync(directory, cancellationToken);
            if (directory.Parent is { } parent)
                SetRow(ref parent.Rows[directory.RowInParent], sum, block);
            else
                (_state.Root, _state.RootBlock) = (sum, block);
        }

        if (directory.Parent is null)
            _state.Work.Finish();
    }

    private static void SetRow(ref IndexRow row, DirectoryRef sum, long block)
    {
        // One that could not be opened has no type any more and is left out.
        row.Block = block;
        row.Files = sum.Files;
        row.Bytes = sum.Bytes;
        row.Size = sum.Entries;
        row.Id = sum.Id;
    }

    private static bool HasChangedBeneath(ScannedDirectory directory)
    {
        var old = directory.Old!.Rows;
        for (var i = 0; i < old.Length; i++)
        {
            if (directory.Rows[i].Block != old[i].Block || directory.Rows[i].Type != old[i].Type)
                return true;
        }

        return false;
    }

    private async ValueTask<(DirectoryRef Sum, long Block)> WriteAsync(ScannedDirectory directory, CancellationToken cancellationToken)
    {
        _pages.Begin();
        _entries.Clear();
        var kept = 0;
        for (var i = 0; i < directory.Count; i++)
        {
            ref var row = ref directory.Rows[i];
            if (row.Type == default)
                continue;
            var start = _entries.Length;
            if (row.Type == EntryType.Directory)
            {
                EntryCodec.Write(ref _entries, new TreeEntry
                {
                    Name = directory.Entry(row).ToArray(), Type = EntryType.Directory, Mode = row.Mode,
                    Content = row.Id, Entries = row.Size, Files = row.Files, Size = row.Bytes,
                });
            }
            else
            {
                _entries.Bytes(directory.Entry(row));
            }

            row.EntryOffset = start;
            row.EntryLength = _entries.Length - start;
            _pages.Add(_entries.Written[start..], row.NameLength, row.Type, row.Files, row.Type == EntryType.Directory ? row.Bytes : row.Size);
            directory.Rows[kept++] = row;
        }

        var sum = await _pages.FinishAsync(Writer, cancellationToken);
        if (_state.Index is not { } index)
            return (sum, 0);
        var stat = directory.Stat;
        var isYoung = _state.Clock.IsYoung(stat.Changed);
        using var block = IndexBlock.Make(
            new IndexHead
            {
                Inode = stat.Inode, Device = stat.Device, Modified = stat.Modified, Changed = isYoung || directory.HasGaps ? long.MinValue : stat.Changed, Ignored = directory.Rules.Hash,
                Id = sum.Id, Entries = sum.Entries, Files = sum.Files, Size = sum.Bytes,
            },
            directory.Rows[..kept],
            _entries.Written);
        return (sum, index.Add(block));
    }
}
