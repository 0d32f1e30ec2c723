using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>A directory by its page, with what it holds.</summary>
/// <param name="Id">Its (topmost) page.</param>
/// <param name="Entries">Its entries.</param>
/// <param name="Files">Files in it and in directories below.</param>
/// <param name="Bytes">The sizes of these files together.</param>
public readonly record struct DirectoryRef(ChunkId Id, long Entries, long Files, long Bytes);
