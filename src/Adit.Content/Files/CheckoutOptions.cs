namespace Adit.Content.Files;

/// <summary>How a tree is checked out.</summary>
public sealed record CheckoutOptions
{
    /// <summary>
    /// What is known of the directory: the index of the scan or the checkout before. It tells what is still as it was and may be replaced or removed. It is renewed,
    /// so that the next scan reads only what was changed since.
    /// </summary>
    public string? IndexPath { get; init; }

    /// <summary>What was changed here and would be lost is replaced, and not an error.</summary>
    public bool Overwrite { get; init; }

    /// <summary>What is here and in no snapshot is removed, so that the directory is the tree and nothing else. Only together with <see cref="Overwrite"/>.</summary>
    public bool RemoveOthers { get; init; }

    internal bool RemovesAll => Overwrite && RemoveOthers;

    /// <summary>Names in the topmost directory that are left alone, whatever the tree has.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>How many directories are written at the same time.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>The clock: see <see cref="ScanOptions.Time"/>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Is told how far it is, often.</summary>
    public Action<CheckoutProgress>? Progress { get; init; }
}

/// <summary>How far a checkout is.</summary>
/// <param name="Files">Files and links that are as they should be.</param>
/// <param name="FilesWritten">Those that were written.</param>
/// <param name="BytesWritten">Bytes of these.</param>
public readonly record struct CheckoutProgress(long Files, long FilesWritten, long BytesWritten);

/// <summary>What a checkout did.</summary>
public sealed record CheckoutResult
{
    /// <summary>Files and links that the tree has.</summary>
    public long Files { get; init; }

    /// <summary>Those that were written.</summary>
    public long FilesWritten { get; init; }

    /// <summary>Bytes of these.</summary>
    public long BytesWritten { get; init; }

    /// <summary>Files, links and directories that were removed.</summary>
    public long Removed { get; init; }
}

/// <summary>Files that were changed here, or are in no snapshot, would be lost. The message names the first of them, and says what was written.</summary>
public sealed class CheckoutConflictException(string message, IReadOnlyList<string> paths) : IOException(message)
{
    /// <summary>The paths, the first 1,000.</summary>
    public IReadOnlyList<string> Paths { get; } = paths;
}
