namespace Adit.Api;

/// <summary>GET /api/v1/store: what the content of one project, or all of them, takes.</summary>
public sealed record StorageReport
{
    /// <summary>Each project that has content.</summary>
    public required IReadOnlyList<ProjectStorage> Projects { get; init; }
}

/// <summary>What the content of a project takes.</summary>
public sealed record ProjectStorage
{
    /// <summary>The project.</summary>
    public required string Project { get; init; }

    /// <summary>Bytes of its packs on the disk.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Bytes of its chunks before they were compressed.</summary>
    public long PlainBytes { get; init; }

    /// <summary>Chunks.</summary>
    public long Chunks { get; init; }

    /// <summary>Packs.</summary>
    public long Packs { get; init; }

    /// <summary>Bytes of all files of all snapshots, each as often as it is in one: what it would take without deduplication.</summary>
    public long SnapshotBytes { get; init; }

    /// <summary>Snapshots.</summary>
    public long Snapshots { get; init; }

    /// <summary>Chunks that are known to be damaged.</summary>
    public long DamagedChunks { get; init; }
}

/// <summary>POST /api/v1/store/check.</summary>
public sealed record StoreCheckReport
{
    /// <summary>Packs looked at.</summary>
    public long Packs { get; init; }

    /// <summary>Chunks looked at.</summary>
    public long Chunks { get; init; }

    /// <summary>Bytes read.</summary>
    public long BytesRead { get; init; }

    /// <summary>Snapshots whose trees were walked.</summary>
    public long Snapshots { get; init; }

    /// <summary>What is wrong: a sentence each; none when all is right.</summary>
    public IReadOnlyList<string> Findings { get; set; } = [];
}

/// <summary>POST /api/v1/store/gc.</summary>
public sealed record StoreCollectionReport
{
    /// <summary>Packs removed because nothing in them was needed.</summary>
    public long PacksRemoved { get; init; }

    /// <summary>Packs written anew without what was not needed.</summary>
    public long PacksRewritten { get; init; }

    /// <summary>Bytes that the disk got back.</summary>
    public long BytesFreed { get; init; }
}
