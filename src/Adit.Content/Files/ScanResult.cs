using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>What a scan found and did.</summary>
public sealed record ScanResult
{
    /// <summary>The directory, as it is in the store now.</summary>
    public required DirectoryRef Root { get; init; }

    /// <summary>Directories looked into.</summary>
    public long Directories { get; init; }

    /// <summary>Files and links looked at.</summary>
    public long Files { get; init; }

    /// <summary>Those that were read, because they are new or changed.</summary>
    public long FilesRead { get; init; }

    /// <summary>Bytes of these.</summary>
    public long BytesRead { get; init; }

    /// <summary>Chunks that the store did not have.</summary>
    public long NewChunks { get; init; }

    /// <summary>Their bytes.</summary>
    public long NewBytes { get; init; }

    /// <summary>Bytes that were stored for these, compressed and with their tables.</summary>
    public long StoredBytes { get; init; }

    /// <summary>What was left out, or changed while it was read: a sentence each, the first 1,000.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>All warnings.</summary>
    public long WarningCount { get; init; }
}

/// <summary>Files that could not be read, so that nothing was made. The message names the first of them.</summary>
public sealed class UnreadableException(string message, IReadOnlyList<string> problems) : IOException(message)
{
    /// <summary>A sentence for each, the first 1,000.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
