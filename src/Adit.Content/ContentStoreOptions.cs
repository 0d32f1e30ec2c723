using Adit.Content.Packs;

namespace Adit.Content;

/// <summary>Which store is to be opened.</summary>
public sealed class ContentStoreOptions
{
    /// <summary>Where it is; made when it is not there.</summary>
    public required string Directory { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>32 bytes, with which all content is encrypted on the disk; null: it is not. A store keeps what it was made with.</summary>
    public byte[]? Key { get; init; }

    /// <summary>Chunks that the index keeps in memory before it writes them to a run file: 48 bytes each, and 4 to 8 for the table.</summary>
    internal int MemoryLimit { get; init; } = 1 << 19;

    /// <summary>A pack is sealed when it has so many bytes.</summary>
    internal int PackFull { get; init; } = PackFormat.Full;

    /// <summary>How the disk fails, in tests.</summary>
    internal IFileFaults? Faults { get; init; }
}
