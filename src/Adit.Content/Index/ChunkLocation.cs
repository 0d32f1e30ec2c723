using System.Runtime.InteropServices;
using Adit.Content.Chunks;

namespace Adit.Content.Index;

/// <summary>
/// Where a chunk lies, in 16 bytes as a run file has them: docs/reference/content.md, "The index". The number of no pack is 0: the default is nowhere.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = Size)]
internal readonly record struct ChunkLocation
{
    public const int Size = 16;

    // The length of a frame is kept in so many bytes, rounded up: enough for one read to get it whole.
    private const int LengthUnit = 2048;
    private const int OffsetBits = 21;

    private readonly uint _place;
    private readonly uint _chunk;

    public ChunkLocation(uint pack, uint frame, int frameLength, int offset, int length, ChunkKind kind)
    {
        Pack = pack;
        Frame = frame;
        _place = (uint)offset | ((uint)((frameLength + LengthUnit - 1) / LengthUnit) << OffsetBits);
        _chunk = (uint)length | ((uint)kind << 24);
    }

    /// <summary>Number of the pack.</summary>
    public uint Pack { get; }

    /// <summary>Offset of the frame in the pack's file.</summary>
    public uint Frame { get; }

    /// <summary>At least the bytes of the frame, at most 2,047 more.</summary>
    public int FrameLengthAtMost => (int)(_place >> OffsetBits) * LengthUnit;

    /// <summary>Offset of the chunk in the frame's plain bytes.</summary>
    public int Offset => (int)(_place & ((1u << OffsetBits) - 1));

    /// <summary>Bytes of the chunk.</summary>
    public int Length => (int)(_chunk & 0xFFFFFF);

    /// <summary>What it was added as.</summary>
    public ChunkKind Kind => (ChunkKind)(_chunk >> 24);

    /// <summary>It lies nowhere.</summary>
    public bool IsNone => Pack == 0;
}
