using System.Runtime.InteropServices;
using Adit.Content.Chunks;

namespace Adit.Content.Index;

/// <summary>A chunk and where it lies: a record of a run file, 48 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = Size)]
internal readonly record struct IndexRecord(ChunkId Id, ChunkLocation Location)
{
    public const int Size = ChunkId.Size + ChunkLocation.Size;
}
