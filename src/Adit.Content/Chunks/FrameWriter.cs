using System.Buffers;
using System.Buffers.Binary;
using ZstdSharp;

namespace Adit.Content.Chunks;

/// <summary>
/// Gathers chunks and makes frames of them. For one thread at a time; a frame that it made is good until the next one is begun.
/// </summary>
/// <param name="level">
/// Level of Zstandard. 1 by default: on tables and source code it is as small as 3 and a third faster (docs/performance.md).
/// </param>
public sealed class FrameWriter(int level = 1) : IDisposable
{
    /// <summary>A frame is full when it holds so many plain bytes: more would compress little better and cost who reads one chunk of it more.</summary>
    public const int Full = 256 << 10;

    private readonly Compressor _compressor = new(level);
    private readonly byte[] _table = ArrayPool<byte>.Shared.Rent(Frame.HeadLength(Frame.MaxCount));
    private readonly byte[] _plain = ArrayPool<byte>.Shared.Rent(Frame.MaxPlain);
    private readonly byte[] _frame = ArrayPool<byte>.Shared.Rent(Frame.MaxTotal + 1024);

    /// <summary>Chunks added since the last frame.</summary>
    public int Count { get; private set; }

    /// <summary>Their bytes.</summary>
    public int PlainLength { get; private set; }

    /// <summary>Time to <see cref="Finish"/> it.</summary>
    public bool IsFull => PlainLength >= Full || Count == Frame.MaxCount;

    /// <summary>Adds a chunk of 1 to <see cref="Frame.MaxChunk"/> bytes, which are copied. The frame may not be full.</summary>
    public void Add(ChunkId id, ChunkKind kind, ReadOnlySpan<byte> chunk)
    {
        ArgumentOutOfRangeException.ThrowIfZero(chunk.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunk.Length, Frame.MaxChunk);
        if (IsFull)
            throw new InvalidOperationException("The frame is full.");
        var row = _table.AsSpan(Frame.HeadLength(Count), Frame.Row);
        id.Bytes.CopyTo(row);
        BinaryPrimitives.WriteUInt32LittleEndian(row[ChunkId.Size..], (uint)chunk.Length | ((uint)kind << 24));
        chunk.CopyTo(_plain.AsSpan(PlainLength));
        Count++;
        PlainLength += chunk.Length;
    }

    /// <summary>The frame of what was added; begins the next one. Its bytes are this writer's own and good until it finishes another.</summary>
    public Frame Finish()
    {
        if (Count == 0)
            throw new InvalidOperationException("There is no chunk in the frame.");
        var head = Frame.HeadLength(Count);
        _table.AsSpan(0, head).CopyTo(_frame);
        var plain = _plain.AsSpan(0, PlainLength);
        // What saves less than a twentieth is not worth the time of who reads it: the space for it is that much smaller.
        var codec = FrameCodec.Zstandard;
        if (!_compressor.TryWrap(plain, _frame.AsSpan(head, PlainLength - (PlainLength / 20)), out var stored) || stored >= PlainLength)
        {
            codec = FrameCodec.Raw;
            stored = PlainLength;
            plain.CopyTo(_frame.AsSpan(head));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(_frame, Frame.Magic);
        _frame[4] = (byte)codec;
        _frame[5] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(_frame.AsSpan(6), (ushort)Count);
        BinaryPrimitives.WriteInt32LittleEndian(_frame.AsSpan(8), PlainLength);
        BinaryPrimitives.WriteInt32LittleEndian(_frame.AsSpan(12), stored);
        Count = 0;
        PlainLength = 0;
        return Frame.TryParse(_frame.AsMemory(0, head + stored), out var frame)
            ? frame
            : throw new InvalidOperationException("A frame was made that cannot be read.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _compressor.Dispose();
        ArrayPool<byte>.Shared.Return(_table);
        ArrayPool<byte>.Shared.Return(_plain);
        ArrayPool<byte>.Shared.Return(_frame);
    }
}
