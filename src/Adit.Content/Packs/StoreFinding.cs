using Adit.Content.Chunks;

namespace Adit.Content.Packs;

/// <summary>Something in a store that is not as it should be.</summary>
/// <param name="File">The file, below the store's directory.</param>
/// <param name="Offset">Where in it: the frame; null when it is about the whole file.</param>
/// <param name="Chunk">The chunk that is damaged; null when it is not about one.</param>
/// <param name="Message">One sentence, which names the file.</param>
public sealed record StoreFinding(string File, long? Offset, ChunkId? Chunk, string Message);
