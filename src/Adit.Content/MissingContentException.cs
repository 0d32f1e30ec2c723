using Adit.Content.Chunks;

namespace Adit.Content;

/// <summary>A chunk that something refers to is not in the store.</summary>
public sealed class MissingContentException(ChunkId id) : IOException($"The chunk {id} is not in the store.")
{
    /// <summary>The chunk.</summary>
    public ChunkId Id { get; } = id;
}
