using Adit.Content.Chunks;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Packs;

/// <summary>An open pack: frames are added at its end. For one thread at a time, but for <see cref="Sync"/>.</summary>
internal sealed class PackWriter : IDisposable
{
    private readonly StoreFiles _files;
    private readonly FrameCipher? _cipher;
    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private readonly PackFooter _footer;
    private readonly byte[] _header = new byte[PackFormat.HeaderSize];
    private bool _isNew; // Its name may not be on the disk yet.
    private bool _hasTail;

    private PackWriter(StoreFiles files, FrameCipher? cipher, string path, SafeFileHandle handle, uint number, int packClass, uint end, PackFooter footer)
    {
        (_files, _cipher, _path, _handle, Number, End, _footer) = (files, cipher, path, handle, number, end, footer);
        PackFormat.WriteHeader(_header, packClass);
    }

    public uint Number { get; }

    /// <summary>Where the last frame ends.</summary>
    public uint End { get; private set; }

    /// <summary>Something was written since it was last cleared.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Time to <see cref="Seal"/> it: it has so many bytes, or very many chunks.</summary>
    public bool IsFull(int full) => End >= full || _footer.IsFull;

    /// <summary>Makes a pack.</summary>
    public static PackWriter Create(StoreFiles files, FrameCipher? cipher, string path, uint number, int packClass)
    {
        files.CreateDirectory(Path.GetDirectoryName(path)!);
        var handle = files.Create(path);
        var writer = new PackWriter(files, cipher, path, handle, number, packClass, PackFormat.HeaderSize, new PackFooter()) { _isNew = true, IsDirty = true };
        try
        {
            files.Write(handle, path, writer._header, 0);
            return writer;
        }
        catch (IOException)
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Goes on with a pack that was open; what follows <paramref name="end"/> is cut off. Nobody knows whether who made it lived to make its name durable.
    /// </summary>
    public static PackWriter Continue(StoreFiles files, FrameCipher? cipher, string path, uint number, int packClass, uint end, PackFooter footer)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, StoreFiles.Share);
        try
        {
            if (RandomAccess.GetLength(handle) > end)
                files.Truncate(handle, path, end);
            return new PackWriter(files, cipher, path, handle, number, packClass, end, footer) { _isNew = true };
        }
        catch (IOException)
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Adds a frame and returns its offset. When it throws, nothing was added.</summary>
    /// <param name="stored">The frame as it is stored.</param>
    /// <param name="table">Its table, plain.</param>
    public uint Append(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> table)
    {
        var offset = End;
        IsDirty = true;
        try
        {
            _files.Write(_handle, _path, stored, offset);
        }
        catch (IOException)
        {
            _hasTail = true;
            throw;
        }

        _footer.Add(offset, stored[..Frame.FixedHeader], table);
        End += (uint)stored.Length;
        return offset;
    }

    /// <summary>Writes the footer and returns the bytes of the file. When it throws, the pack is open as before.</summary>
    public uint Seal()
    {
        // A frame that did not fit on the disk left a part behind, which may reach further than the footer.
        if (_hasTail)
            _files.Truncate(_handle, _path, End);
        _hasTail = true;
        var footer = _footer.ToBytes(_header, _cipher);
        _files.Write(_handle, _path, footer, End);
        return End + (uint)footer.Length;
    }

    /// <summary>Returns when all that was written before is on the disk, the name of the file too.</summary>
    public void Sync()
    {
        _files.Sync(_handle, _path);
        if (!_isNew)
            return;
        _files.SyncDirectory(Path.GetDirectoryName(_path)!);
        _isNew = false;
    }

    public void Dispose() => _handle.Dispose();
}
