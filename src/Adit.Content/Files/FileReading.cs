using Adit.Content.Chunks;
using Adit.Content.Cutting;
using Adit.Content.Trees;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>Reads files into chunks. For one thread; used again for the next file.</summary>
internal sealed class FileReading(ChunkWriter writer)
{
    private const int MostTries = 3;
    private const int BufferSize = 1 << 20;
    private const long SparseFrom = 1 << 20;

    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly ListWriter _list = new();

    /// <summary>Bytes read, those of files that had to be read again too.</summary>
    public long BytesRead { get; private set; }

    /// <summary>
    /// The entry of a file; null when it is gone, or is no file any more. A file that changes while it is read is read again; one that always does
    /// is marked as such. With it comes what the system says of the bytes that were read.
    /// </summary>
    /// <param name="directory">Where it is.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="before">What the system said of this name: it is not asked again. Another file that took its place since shows by another inode.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async ValueTask<(TreeEntry? Entry, FileStat Stat)> ReadAsync(
        IOpenDirectory directory, ReadOnlyMemory<byte> name, FileStat before, CancellationToken cancellationToken)
    {
        using var file = directory.OpenFile(name.Span);
        if (file is null)
            return default;
        for (var tries = 1; before.Type == EntryType.File; tries++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var entry = before.Size <= Cutter.Least
                ? await ReadSmallAsync(directory, file, name, before, cancellationToken)
                : await ReadLargeAsync(directory, file, name, before, cancellationToken);
            var after = directory.Stat(file);
            if (entry is not null && after.IsAs(before))
                return (Describe(entry, directory, file, name, before), before);
            if (tries == MostTries && entry is not null)
                return (Describe(entry, directory, file, name, before) with { IsFuzzy = true }, before);
            before = after;
            // It grows or shrinks faster than it can be read: what is there at the end of the last try is taken.
            if (tries > MostTries)
                return (Describe(await ReadToEndAsync(directory, file, name, cancellationToken), directory, file, name, before) with { IsFuzzy = true }, before);
        }

        return default;
    }

    private static TreeEntry Describe(TreeEntry entry, IOpenDirectory directory, SafeFileHandle file, ReadOnlyMemory<byte> name, in FileStat stat) => entry with
    {
        Name = name.ToArray(),
        Mode = stat.Mode,
        Modified = TimeOf(stat),
        Attributes = directory.Attributes(file, name.Span),
        HardLink = stat.Links > 1 ? stat.Inode : 0,
    };

    public static FileTime TimeOf(in FileStat stat)
    {
        var (seconds, rest) = Math.DivRem(stat.Modified, 1_000_000_000);
        return rest < 0 ? new FileTime(seconds - 1, (int)(rest + 1_000_000_000)) : new FileTime(seconds, (int)rest);
    }

    // Null when it is shorter than the system said. One that grew has another size afterwards: nobody looks for more bytes here.
    private async ValueTask<TreeEntry?> ReadSmallAsync(IOpenDirectory directory, SafeFileHandle file, ReadOnlyMemory<byte> name, FileStat stat, CancellationToken cancellationToken)
    {
        var length = 0;
        while (length < stat.Size && directory.Read(file, name.Span, _buffer.AsSpan(length, (int)stat.Size - length), length) is > 0 and var read)
            length += read;
        BytesRead += length;
        if (length != stat.Size)
            return null;
        if (writer.IsFull)
            await writer.SendAsync(cancellationToken);
        return length <= TreeEntry.MaxInline
            ? new TreeEntry { Name = [], Type = EntryType.File, Size = length, Form = FileForm.Inline, Inline = _buffer.AsSpan(0, length).ToArray() }
            : new TreeEntry { Name = [], Type = EntryType.File, Size = length, Form = FileForm.Chunk, Content = writer.Put(ChunkKind.Data, _buffer.AsSpan(0, length)) };
    }

    private async ValueTask<TreeEntry?> ReadLargeAsync(
        IOpenDirectory directory, SafeFileHandle file, ReadOnlyMemory<byte> name, FileStat stat, CancellationToken cancellationToken)
    {
        _list.Begin();
        var isSparse = stat.Size >= SparseFrom && stat.Allocated < stat.Size;
        return await ReadBytesAsync(directory, file, name, stat.Size, isSparse, cancellationToken) == stat.Size ? await FinishAsync(cancellationToken) : null;
    }

    private async ValueTask<TreeEntry> ReadToEndAsync(IOpenDirectory directory, SafeFileHandle file, ReadOnlyMemory<byte> name, CancellationToken cancellationToken)
    {
        _list.Begin();
        // Bounded by what the file had when it was opened for the last time: a file that grows for ever ends too.
        await ReadBytesAsync(directory, file, name, RandomAccess.GetLength(file), false, cancellationToken);
        return await FinishAsync(cancellationToken);
    }

    private async ValueTask<TreeEntry> FinishAsync(CancellationToken cancellationToken)
    {
        var entry = new TreeEntry { Name = [], Type = EntryType.File, Size = _list.Length };
        if (_list.Count == 0)
            return entry;
        return _list.Only is { IsNone: false } only
            ? entry with { Form = FileForm.Chunk, Content = only }
            : entry with { Form = FileForm.List, Content = await _list.FinishAsync(writer, cancellationToken) };
    }

    // Where it came to: less than the size when the file ended before.
    private async ValueTask<long> ReadBytesAsync(
        IOpenDirectory directory, SafeFileHandle file, ReadOnlyMemory<byte> name, long size, bool isSparse, CancellationToken cancellationToken)
    {
        var held = 0;
        for (long start = 0; ;)
        {
            if (isSparse && HoleAt(directory, file, start, size) is > 0 and var hole)
            {
                _list.AddHole(hole);
                start += hole;
                held = 0;
            }

            var wanted = (int)Math.Min(_buffer.Length - held, size - start - held);
            var read = wanted > 0 ? directory.Read(file, name.Span, _buffer.AsSpan(held, wanted), start + held) : 0;
            held += read;
            BytesRead += read;
            var isLast = start + held == size || read == 0;
            if (!isLast && held < _buffer.Length)
                continue;
            var used = 0;
            while (held - used >= Cutter.Most || (isLast && held > used))
            {
                if (writer.IsFull)
                    await writer.SendAsync(cancellationToken);
                var length = Cutter.Cut(_buffer.AsSpan(used, Math.Min(Cutter.Most, held - used)));
                var chunk = _buffer.AsSpan(used, length);
                if (length == Cutter.Most && !chunk.ContainsAnyExcept((byte)0))
                    _list.AddHole(length);
                else
                    _list.Add(writer.Put(ChunkKind.Data, chunk), length);
                used += length;
            }

            start += used;
            if (isLast)
                return start;
            _buffer.AsSpan(used, held - used).CopyTo(_buffer);
            held -= used;
        }
    }

    // Zeros are cut into chunks of the largest size, and these are kept as holes: so many of them are passed over here without being read. A file has the same list
    // whether its zeros take space on the disk or not.
    private static long HoleAt(IOpenDirectory directory, SafeFileHandle file, long start, long size) =>
        (directory.NextData(file, start, size).Start - start) / Cutter.Most * Cutter.Most;
}
