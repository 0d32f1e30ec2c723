namespace Adit.Content.Files;

/// <summary>How a directory is scanned.</summary>
public sealed record ScanOptions
{
    /// <summary>
    /// Where what is known of the directory is kept from one scan to the next, so that unchanged files are not read; null to read everything. One file for each
    /// directory and store. Whatever is wrong with it is as if it were not there.
    /// </summary>
    public string? IndexPath { get; init; }

    /// <summary>Patterns of what is left out, as in <c>.aditignore</c>, which hold besides those in the directories.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>What cannot be read is left out with a warning. Otherwise nothing is made, and the exception names what it was.</summary>
    public bool SkipUnreadable { get; init; }

    /// <summary>How many directories are read at the same time.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>The clock: a file that was changed just now, or in the last two seconds where the file system keeps no finer times, is read again next time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Is told how far it is, often.</summary>
    public Action<ScanProgress>? Progress { get; init; }
}

/// <summary>How far a scan is.</summary>
/// <param name="Files">Files and links looked at.</param>
/// <param name="FilesRead">Those that were read, because they are new or changed.</param>
/// <param name="BytesRead">Bytes of these.</param>
public readonly record struct ScanProgress(long Files, long FilesRead, long BytesRead);
