namespace Adit.Content.Packs;

/// <summary>What a store does to a file, told to tests before it happens.</summary>
internal enum FileStep
{
    Create,
    Write,
    Truncate,
    Sync,
    SyncDirectory,
    Rename,
    Delete,
}

/// <summary>
/// Where tests make the disk fail: the file system is the one thing of a store that is not real in them. What it throws, the disk threw.
/// </summary>
internal interface IFileFaults
{
    /// <summary>Something is about to happen. For a write: how many of its <paramref name="length"/> bytes reach the file before it fails; all when it does not.</summary>
    /// <param name="other">The new name of what is renamed.</param>
    int Before(FileStep step, string path, long offset, int length, string? other);

    /// <summary>It happened.</summary>
    void After(FileStep step, string path, long offset, int length, string? other);
}
