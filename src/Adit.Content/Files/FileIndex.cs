using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Adit.Content.Chunks;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>
/// The file that remembers what was known of each directory of a tree when it was scanned last. Blocks are only ever added; a directory of which something changed gets
/// a new one, and so do those above it. What is not as it was left, or not whole, is as if it were not there: the index can be deleted at any time and costs a
/// full read then.
/// </summary>
internal sealed class FileIndex : IDisposable
{
    private const ulong Magic = 0x3258_4449_5449_4441; // ADITIDX2
    private const int FirstBlock = 128;
    private const int MaxBlock = 1 << 30;
    private const int WriteAt = 1 << 20;
    private const int Slack = 16 << 20;

    private readonly SafeFileHandle _file;
    private readonly Lock _lock = new();
    private readonly byte[] _pending = new byte[WriteAt];
    private int _pendingLength;
    private long _written;
    private long _reached;

    private FileIndex(SafeFileHandle file, string path)
    {
        _file = file;
        Path = path;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The block of the topmost directory; 0 when nothing is known.</summary>
    public long Root { get; private set; }

    private long Length => _written + _pendingLength;

    /// <summary>Opens the index at a path, or makes an empty one. It is this process's alone until it is disposed.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static FileIndex Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            var index = new FileIndex(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), path);
            index.ReadHeader();
            return index;
        }
        catch (IOException e) when (e.GetType() == typeof(IOException))
        {
            throw new IOException($"The index '{path}' is in use by another scan or checkout of its directory: wait until that is over, and try again.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"The index '{path}' cannot be opened: {e.Message} Choose another place for it.", e);
        }
    }

    /// <summary>The block at an offset, which the caller disposes; null when it is not whole.</summary>
    public IndexBlock? Read(long offset)
    {
        if (offset < FirstBlock)
            return null;

        lock (_lock)
        {
            if (offset >= _written)
                WritePending();
        }

        Span<byte> start = stackalloc byte[4];
        if (RandomAccess.Read(_file, start, offset) < 4)
            return null;
        var length = MemoryMarshal.Read<int>(start);
        if (length < Unsafe.SizeOf<IndexHead>() || length > MaxBlock || offset + length > _written)
            return null;
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        var read = 0;
        while (read < length && RandomAccess.Read(_file, bytes.AsSpan(read, length - read), offset + read) is > 0 and var more)
            read += more;
        return IndexBlock.Take(bytes, read);
    }

    /// <summary>Adds a block; where it is.</summary>
    public long Add(IndexBlock block)
    {
        var bytes = block.Bytes;
        lock (_lock)
        {
            if (_pendingLength + bytes.Length > _pending.Length)
                WritePending();
            var offset = _written + _pendingLength;
            if (bytes.Length > _pending.Length)
            {
                RandomAccess.Write(_file, bytes, offset);
                _written += bytes.Length;
            }
            else
            {
                bytes.CopyTo(_pending.AsSpan(_pendingLength));
                _pendingLength += bytes.Length;
            }

            return offset;
        }
    }

    /// <summary>From now on <paramref name="root"/> is what is known.</summary>
    public void Commit(long root)
    {
        lock (_lock)
        {
            WritePending();
            Root = root;
            Span<byte> header = stackalloc byte[FirstBlock];
            header.Clear();
            MemoryMarshal.Write(header, Magic);
            MemoryMarshal.Write(header[8..], root);
            MemoryMarshal.Write(header[16..], _written);
            MemoryMarshal.Write(header[24..], _reached);
            ChunkId.Of(header[..32]).Bytes.CopyTo(header[32..]);
            RandomAccess.Write(_file, header, 0);
        }
    }

    /// <summary>
    /// Closes it. A file that is more than twice as long as what its root reaches, and 16 MiB, is replaced by one of what is reached; when that fails it stays as it is.
    /// </summary>
    public void CloseAndCompact()
    {
        if (Length <= Slack + (2 * _reached))
        {
            Dispose();
            return;
        }

        var path = Path + ".new";
        try
        {
            using (var compact = new FileIndex(File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None), path))
            {
                compact.Clear();
                var root = Copy(Root, compact);
                compact._reached = compact.Length;
                compact.Commit(root);
            }

            Dispose();
            File.Move(path, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Dispose();
            File.Delete(path);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // Directories are added before those above them, so that a damaged file cannot lead in a circle.
    private long Copy(long offset, FileIndex to)
    {
        using var block = Read(offset);
        if (block is null)
            return 0;
        foreach (ref var row in block.Placed)
            row.Block = row.Block < offset ? Copy(row.Block, to) : 0;
        block.Seal();
        return to.Add(block);
    }

    private void Clear()
    {
        RandomAccess.SetLength(_file, 0);
        _pendingLength = 0;
        _written = FirstBlock;
        Root = 0;
    }

    private void ReadHeader()
    {
        Span<byte> header = stackalloc byte[FirstBlock];
        var length = RandomAccess.GetLength(_file);
        if (RandomAccess.Read(_file, header, 0) == FirstBlock
            && MemoryMarshal.Read<ulong>(header) == Magic
            && MemoryMarshal.Read<long>(header[16..]) is var end && end <= length
            && ChunkId.Of(header[..32]).Bytes.SequenceEqual(header.Slice(32, ChunkId.Size)))
        {
            Root = MemoryMarshal.Read<long>(header[8..]);
            _reached = MemoryMarshal.Read<long>(header[24..]);
            _written = end;
            // What a scan that was killed left is no block that the next one wrote, not even when the power fails before that is on the disk.
            if (end < length)
                RandomAccess.SetLength(_file, end);
            return;
        }

        Clear();
    }

    private void WritePending()
    {
        if (_pendingLength == 0)
            return;
        RandomAccess.Write(_file, _pending.AsSpan(0, _pendingLength), _written);
        _written += _pendingLength;
        _pendingLength = 0;
    }
}
