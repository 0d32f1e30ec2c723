using Adit.Content.Chunks;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>What the workers of a checkout share.</summary>
internal sealed class CheckoutState(CheckoutOptions options, FileIndex? index) : IDisposable
{
    private const int MostGroups = 4096;
    private readonly Dictionary<(ulong Group, long Size, ChunkId Content), SafeFileHandle> _groups = [];
    private long _files;
    private long _filesWritten;
    private long _bytesWritten;

    public CheckoutOptions Options => options;

    public FileIndex? Index => index;

    /// <summary>Nothing is written: it only looks for what would be lost.</summary>
    public bool IsDry { get; init; }

    public DirectoryWork<CheckedDirectory> Work { get; } = new();

    public Sentences Conflicts { get; } = new();

    /// <summary>See <see cref="ScanState.YoungFrom"/>.</summary>
    public long YoungFrom { get; } = ((options.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100) - 2_000_000_000;

    public long RootBlock { get; set; }

    /// <summary>The first file of a group of hard links; the caller owns it when this returns true, and offers it when it has content.</summary>
    public SafeFileHandle? FirstOf(ulong group, long size, ChunkId content)
    {
        lock (_groups)
            return _groups.GetValueOrDefault((group, size, content));
    }

    /// <summary>Keeps the first file of a group open for the others; false when there is one already, or there are too many groups.</summary>
    public bool TryKeep(ulong group, long size, ChunkId content, SafeFileHandle file)
    {
        lock (_groups)
            return _groups.Count < MostGroups && _groups.TryAdd((group, size, content), file);
    }

    public void ThrowIfConflicts()
    {
        if (Conflicts.Count == 0)
            return;
        var more = Conflicts.Count > 1 ? $" and {Conflicts.Count - 1} more were" : " was";
        throw new CheckoutConflictException($"'{Conflicts.Said[0]}'{more} changed here and would be lost. Nothing was written.", Conflicts.Said);
    }

    public void Report(long files, long filesWritten, long bytesWritten)
    {
        if (!IsDry && options.Progress is { } progress)
            progress(new CheckoutProgress(Interlocked.Add(ref _files, files), Interlocked.Add(ref _filesWritten, filesWritten), Interlocked.Add(ref _bytesWritten, bytesWritten)));
    }

    public void Dispose()
    {
        lock (_groups)
        {
            foreach (var file in _groups.Values)
                file.Dispose();
            _groups.Clear();
        }
    }
}
