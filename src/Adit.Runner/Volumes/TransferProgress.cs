using Adit.Content.Files;

namespace Adit.Runner.Volumes;

/// <summary>How far a push or a pull is. Many write it; who shows it reads it when it likes.</summary>
public sealed class TransferProgress
{
    private readonly Lock _lock = new();
    private HubChunks? _chunks;
    private long _files;
    private long _bytes;

    /// <summary>Files looked at, or as they should be.</summary>
    public long Files => Volatile.Read(ref _files);

    /// <summary>Files that there are; null while nobody knows.</summary>
    public long? AllFiles { get; private set; }

    /// <summary>Bytes that were read here for a push, or came from the hub for a pull.</summary>
    public long Bytes => AllFiles is null ? Volatile.Read(ref _bytes) : _chunks?.ReceivedBytes ?? 0;

    /// <summary>Bytes of all files; null while nobody knows.</summary>
    public long? AllBytes { get; private set; }

    /// <summary>Bytes that the hub has taken.</summary>
    public long SentBytes => _chunks?.SentBytes ?? 0;

    internal void Follow(HubChunks chunks, long? files = null, long? bytes = null) => (_chunks, AllFiles, AllBytes) = (chunks, files, bytes);

    internal void Scanned(ScanProgress now) => Set(now.Files, now.BytesRead);

    internal void CheckedOut(CheckoutProgress now) => Set(now.Files, now.BytesWritten);

    // Several workers tell; what is told late is less than what is known.
    private void Set(long files, long bytes)
    {
        lock (_lock)
        {
            _files = Math.Max(_files, files);
            _bytes = Math.Max(_bytes, bytes);
        }
    }
}
