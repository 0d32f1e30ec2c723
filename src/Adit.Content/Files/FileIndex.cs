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
    private const ulong Magic = 0x3158_4449_5449_4441; // ADITIDX1
    private const int FirstBlock = 128;
    private const int MaxBlock = 1 << 30;
    private const int WriteAt = 1 << 20;

    private readonly SafeFileHandle _file;
    private readonly Lock _lock = new();
    private readonly byte[] _pending = new byte[WriteAt];
    private int _pendingLength;
    private long _written;

    private FileIndex(SafeFileHandle file, string path)
    {
        _file = file;
        Path = path;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The block of the topmost directory; 0 when nothing is known.</summary>
    public long Root { get; private set; }

    /// <summary>Bytes of blocks that were added and not all of which are reached from the root.</summary>
    public long Length => _written + _pendingLength;

    /// <summary>Opens the index at a path, or makes an empty one. It is this process's alone until it is disposed.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static FileIndex Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var index = new FileIndex(file, path);
        index.ReadHeader();
        return index;
    }

    /// <summary>The block at an offset, which the caller disposes; null when it is not whole.</summary>
    public IndexBlock? Read(long offset)
    {
        lock (_lock)
            WritePending();
        Span<byte> start = stackalloc byte[4];
        if (offset < FirstBlock || RandomAccess.Read(_file, start, offset) < 4)
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
            ChunkId.Of(header[..24]).Bytes.CopyTo(header[24..]);
            RandomAccess.Write(_file, header, 0);
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            RandomAccess.SetLength(_file, 0);
            _pendingLength = 0;
            _written = FirstBlock;
            Root = 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void ReadHeader()
    {
        Span<byte> header = stackalloc byte[FirstBlock];
        var length = RandomAccess.GetLength(_file);
        if (RandomAccess.Read(_file, header, 0) == FirstBlock
            && MemoryMarshal.Read<ulong>(header) == Magic
            && MemoryMarshal.Read<long>(header[16..]) is var end && end <= length
            && ChunkId.Of(header[..24]).Bytes.SequenceEqual(header.Slice(24, ChunkId.Size)))
        {
            Root = MemoryMarshal.Read<long>(header[8..]);
            _written = end;
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
