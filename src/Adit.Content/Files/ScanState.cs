using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>What the workers of a scan share.</summary>
internal sealed class ScanState(ScanOptions options, FileIndex? index, bool hasFineTimes)
{
    private long _files;
    private long _filesRead;
    private long _bytesRead;

    public ScanOptions Options => options;

    public FileIndex? Index => index;

    public DirectoryWork<ScannedDirectory> Work { get; } = new();

    public Sentences Warnings { get; } = new();

    public Sentences Unreadable { get; } = new();

    public FileClock Clock { get; } = new(options.Time, hasFineTimes);

    public DirectoryRef Root { get; set; }

    public long RootBlock { get; set; }

    /// <summary>Says what cannot be read: an error, or a warning where that was asked for.</summary>
    public void CannotRead(Exception why) => (options.SkipUnreadable ? Warnings : Unreadable).Add(why.Message);

    public void ThrowIfUnreadable()
    {
        if (Unreadable.Count == 0)
            return;
        var more = Unreadable.Count > 1 ? $" {Unreadable.Count - 1} more cannot be read either." : "";
        throw new UnreadableException($"{Unreadable.Said[0]}{more} Nothing was made.", Unreadable.Said);
    }

    public void Report(long files, long filesRead, long bytesRead)
    {
        if (options.Progress is { } progress)
            progress(new ScanProgress(Interlocked.Add(ref _files, files), Interlocked.Add(ref _filesRead, filesRead), Interlocked.Add(ref _bytesRead, bytesRead)));
    }
}

/// <summary>Sentences from several workers: the first 1,000, and how many there were.</summary>
internal sealed class Sentences
{
    private const int Most = 1000;
    private readonly List<string> _said = [];

    public int Count { get; private set; }

    public IReadOnlyList<string> Said
    {
        get
        {
            lock (_said)
                return [.. _said];
        }
    }

    public void Add(string sentence)
    {
        lock (_said)
        {
            Count++;
            if (_said.Count < Most)
                _said.Add(sentence);
        }
    }
}
