namespace Adit.Content.Files;

/// <summary>What the workers of a checkout share.</summary>
internal sealed class CheckoutState(CheckoutOptions options, FileIndex? index, LinkGroups links, bool hasFineTimes)
{
    private long _files;
    private long _filesWritten;
    private long _bytesWritten;

    public CheckoutOptions Options => options;

    public FileIndex? Index => index;

    public LinkGroups Links => links;

    /// <summary>Nothing is written: it only looks for what would be lost.</summary>
    public bool IsDry { get; init; }

    public DirectoryWork<CheckedDirectory> Work { get; } = new();

    /// <summary>Paths of what was changed here and would be lost.</summary>
    public Sentences Conflicts { get; } = new();

    public FileClock Clock { get; } = new(options.Time, hasFineTimes);

    public long RootBlock { get; set; }

    /// <summary>Throws when something would be lost.</summary>
    /// <param name="afterwards">What became of the rest: a sentence.</param>
    public void ThrowIfConflicts(string afterwards)
    {
        if (Conflicts.Count == 0)
            return;
        var more = Conflicts.Count > 1 ? $" and {Conflicts.Count - 1} more were" : " was";
        throw new CheckoutConflictException($"'{Conflicts.Said[0]}'{more} changed here and would be lost: make a snapshot first, or overwrite. {afterwards}", Conflicts.Said);
    }

    public void Report(long files, long filesWritten, long bytesWritten)
    {
        if (!IsDry && options.Progress is { } progress)
            progress(new CheckoutProgress(Interlocked.Add(ref _files, files), Interlocked.Add(ref _filesWritten, filesWritten), Interlocked.Add(ref _bytesWritten, bytesWritten)));
    }
}
