using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Packs;

/// <summary>Packs that are open for reading: at most so many, the one that was used longest ago is closed first. For any number of threads.</summary>
internal sealed class PackHandles(string directory, int most = 256) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, (SafeFileHandle Handle, long Used)> _open = [];
    private long _uses;

    /// <summary>The absolute name of a pack's file.</summary>
    public string PathOf(uint pack) => Path.Combine(directory, PackFormat.NameOf(pack));

    /// <summary>
    /// Reads as many of the bytes as there are. It waits for the disk where it is called: reading a file asynchronously is the same wait on another thread of the pool.
    /// </summary>
    /// <exception cref="FileNotFoundException">The pack is gone.</exception>
    public int Read(uint pack, Span<byte> bytes, long offset)
    {
        while (true)
        {
            var handle = Get(pack);
            try
            {
                var got = 0;
                while (got < bytes.Length && RandomAccess.Read(handle, bytes[got..], offset + got) is var part and > 0)
                    got += part;
                return got;
            }
            catch (ObjectDisposedException)
            {
                // Closed in favour of another one just now. Once more.
            }
        }
    }

    /// <summary>Closes the pack, which is about to be removed.</summary>
    public void Close(uint pack)
    {
        lock (_lock)
        {
            if (_open.Remove(pack, out var entry))
                entry.Handle.Dispose();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var (handle, _) in _open.Values)
                handle.Dispose();
            _open.Clear();
        }
    }

    private SafeFileHandle Get(uint pack)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(pack, out var entry))
            {
                _open[pack] = (entry.Handle, ++_uses);
                return entry.Handle;
            }

            if (_open.Count >= most)
            {
                var oldest = _open.MinBy(static e => e.Value.Used);
                _open.Remove(oldest.Key);
                oldest.Value.Handle.Dispose();
            }

            SafeFileHandle handle;
            try
            {
                handle = File.OpenHandle(PathOf(pack), FileMode.Open, FileAccess.Read, StoreFiles.Share, FileOptions.RandomAccess);
            }
            catch (DirectoryNotFoundException e)
            {
                throw new FileNotFoundException(e.Message, e);
            }

            _open[pack] = (handle, ++_uses);
            return handle;
        }
    }
}
