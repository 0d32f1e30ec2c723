namespace Adit.Content.Chunks;

/// <summary>A chunk in the table of a frame.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Length">Its bytes, plain: 1 to <see cref="Frame.MaxChunk"/>.</param>
/// <param name="Kind">What it was added as.</param>
public readonly record struct ChunkRef(ChunkId Id, int Length, ChunkKind Kind);
