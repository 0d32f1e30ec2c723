namespace Adit.Content.Chunks;

/// <summary>What a chunk was added as. A hint for where it is kept and for recovery: who refers to a chunk says what it expects there.</summary>
public enum ChunkKind : byte
{
    /// <summary>Bytes of a file.</summary>
    Data = 0,

    /// <summary>A page of the chunks of a file.</summary>
    List = 1,

    /// <summary>A page of a directory.</summary>
    Directory = 2,

    /// <summary>What a snapshot is.</summary>
    Snapshot = 3,
}
