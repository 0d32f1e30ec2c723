using System.Buffers;
using Adit.Content.Chunks;
using Adit.Content.Trees;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>How what is in a directory compares to an entry of a tree.</summary>
internal enum Likeness
{
    /// <summary>It has other bytes.</summary>
    Other,

    /// <summary>It has the first bytes, and not all: what a checkout that was killed leaves.</summary>
    Beginning,

    /// <summary>It has the same bytes, or leads to the same place.</summary>
    Same,
}

/// <summary>Compares files in a directory to entries of a tree, so that nothing is taken for a change that is none. Reads no further than they are the same.</summary>
internal sealed class LocalContent(IChunkStore store)
{
    private readonly TreeReader _tree = new(store);

    /// <summary>Compares a file or a link to an entry of the same type.</summary>
    public async ValueTask<Likeness> CompareAsync(IOpenDirectory directory, ReadOnlyMemory<byte> name, TreeEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Type == EntryType.Link)
            return directory.ReadLink(name.Span) is { } target && target.AsSpan().SequenceEqual(entry.Target) ? Likeness.Same : Likeness.Other;
        using var file = directory.OpenFile(name.Span);
        if (file is null || directory.Stat(file) is not { Type: EntryType.File } stat || stat.Size > entry.Size)
            return Likeness.Other;
        var isAlike = entry.Form == FileForm.Inline
            ? IsAlike(directory, name, file, 0, entry.Inline.AsSpan(0, (int)stat.Size))
            : await IsAlikeAsync(directory, name, file, entry, stat.Size, cancellationToken);
        return !isAlike ? Likeness.Other : stat.Size == entry.Size ? Likeness.Same : Likeness.Beginning;
    }

    private async ValueTask<bool> IsAlikeAsync(
        IOpenDirectory directory, ReadOnlyMemory<byte> name, SafeFileHandle file, TreeEntry entry, long size, CancellationToken cancellationToken)
    {
        await foreach (var part in _tree.PartsAsync(entry, cancellationToken))
        {
            var length = Math.Min(part.Length, size - part.Offset);
            if (length <= 0)
                return true;
            if (part.IsHole ? !IsZero(directory, name, file, part.Offset, length)
                : length == part.Length ? !IsChunk(directory, name, file, part)
                : !await BeginsAsync(directory, name, file, part, (int)length, cancellationToken))
                return false;
        }

        return true;
    }

    private static bool IsChunk(IOpenDirectory directory, ReadOnlyMemory<byte> name, SafeFileHandle file, FilePart part)
    {
        var bytes = ArrayPool<byte>.Shared.Rent((int)part.Length);
        var read = Read(directory, name, file, part.Offset, bytes.AsSpan(0, (int)part.Length));
        var isChunk = read == part.Length && ChunkId.Of(bytes.AsSpan(0, read)) == part.Id;
        ArrayPool<byte>.Shared.Return(bytes);
        return isChunk;
    }

    private async ValueTask<bool> BeginsAsync(
        IOpenDirectory directory, ReadOnlyMemory<byte> name, SafeFileHandle file, FilePart part, int length, CancellationToken cancellationToken)
    {
        var begins = false;
        await store.ReadAsync(
            new[] { part.Id },
            (_, chunk) => begins = chunk.Length >= length && IsAlike(directory, name, file, part.Offset, chunk[..length]),
            cancellationToken);
        return begins;
    }

    private static bool IsAlike(IOpenDirectory directory, ReadOnlyMemory<byte> name, SafeFileHandle file, long offset, ReadOnlySpan<byte> expected)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(expected.Length);
        var isAlike = Read(directory, name, file, offset, bytes.AsSpan(0, expected.Length)) == expected.Length && expected.SequenceEqual(bytes.AsSpan(0, expected.Length));
        ArrayPool<byte>.Shared.Return(bytes);
        return isAlike;
    }

    private static bool IsZero(IOpenDirectory directory, ReadOnlyMemory<byte> name, SafeFileHandle file, long offset, long length)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(64 << 10);
        var isZero = true;
        for (var end = offset + length; isZero && offset < end;)
        {
            offset = directory.NextData(file, offset, end).Start;
            var wanted = (int)Math.Min(bytes.Length, end - offset);
            isZero = Read(directory, name, file, offset, bytes.AsSpan(0, wanted)) == wanted && !bytes.AsSpan(0, wanted).ContainsAnyExcept((byte)0);
            offset += wanted;
        }

        ArrayPool<byte>.Shared.Return(bytes);
        return isZero;
    }

    private static int Read(IOpenDirectory directory, ReadOnlyMemory<byte> name, SafeFileHandle file, long offset, Span<byte> bytes)
    {
        var read = 0;
        while (read < bytes.Length && directory.Read(file, name.Span, bytes[read..], offset + read) is > 0 and var more)
            read += more;
        return read;
    }
}
