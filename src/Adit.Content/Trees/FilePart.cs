using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>A part of a file: a chunk, or a hole when the id is none.</summary>
/// <param name="Id">The chunk.</param>
/// <param name="Offset">Where it is in the file.</param>
/// <param name="Length">Its bytes; those of a hole are zero and not stored.</param>
public readonly record struct FilePart(ChunkId Id, long Offset, long Length)
{
    /// <summary>Whether nothing of it is stored.</summary>
    public bool IsHole => Id.IsNone;
}
