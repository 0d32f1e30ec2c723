using System.Buffers;
using Adit.Content.Chunks;
using Adit.Content.Index;

namespace Adit.Content.Packs;

/// <summary>A frame that was read from its pack, and its plain bytes when somebody asked for them. For one thread at a time.</summary>
internal sealed class LoadedFrame : IDisposable
{
    private readonly byte[] _bytes;
    private byte[]? _opened;
    private byte[]? _plain;

    private LoadedFrame(uint pack, uint offset, byte[] bytes) => (Pack, Offset, _bytes) = (pack, offset, bytes);

    public uint Pack { get; }

    public uint Offset { get; }

    /// <summary>The frame, plain.</summary>
    public Frame Frame { get; private set; }

    /// <summary>Reads the frame that a chunk lies in.</summary>
    /// <exception cref="FileNotFoundException">The pack is gone.</exception>
    /// <exception cref="DamagedContentException">There is no frame.</exception>
    public static LoadedFrame Read(PackHandles handles, FrameCipher? cipher, in ChunkLocation location)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(Frame.FixedHeader, location.FrameLengthAtMost));
        var loaded = new LoadedFrame(location.Pack, location.Frame, bytes);
        try
        {
            var got = handles.Read(location.Pack, bytes.AsSpan(0, location.FrameLengthAtMost), location.Frame);
            var stored = FrameHead.StoredLengthOf(bytes.AsSpan(0, got));
            if (stored == 0 || stored > got || FrameHead.IsEncrypted(bytes) != (cipher != null))
                throw NoFrame(location);
            var plain = bytes.AsMemory(0, stored);
            if (cipher != null)
            {
                loaded._opened = ArrayPool<byte>.Shared.Rent(stored);
                plain = loaded._opened.AsMemory(0, stored - FrameHead.Sealing);
                if (!cipher.TryOpen(bytes.AsSpan(0, stored), plain.Span))
                    throw NoFrame(location);
            }

            if (!Frame.TryParse(plain, out var frame))
                throw NoFrame(location);
            loaded.Frame = frame;
            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>The plain bytes of the chunk, checked.</summary>
    /// <exception cref="DamagedContentException">It is not there, or is not what its id says.</exception>
    public ReadOnlySpan<byte> Chunk(in ChunkId id, in ChunkLocation location, DecompressorPool decompressors)
    {
        if (location.Offset + location.Length > Frame.PlainLength)
            throw Damaged(id, location, null);
        try
        {
            var chunk = Plain(decompressors).Slice(location.Offset, location.Length);
            Frame.Check(id, chunk);
            return chunk;
        }
        catch (DamagedContentException e)
        {
            throw Damaged(id, location, e);
        }
    }

    /// <summary>All plain bytes; the chunks in them are not checked.</summary>
    public ReadOnlySpan<byte> Plain(DecompressorPool decompressors)
    {
        if (Frame.Codec == FrameCodec.Raw)
            return Frame.Body.Span;
        if (_plain == null)
        {
            var plain = ArrayPool<byte>.Shared.Rent(Frame.PlainLength);
            var decompressor = decompressors.Rent();
            try
            {
                Frame.Decode(plain, decompressor);
                _plain = plain;
            }
            finally
            {
                decompressors.Return(decompressor);
                if (_plain == null)
                    ArrayPool<byte>.Shared.Return(plain);
            }
        }

        return _plain.AsSpan(0, Frame.PlainLength);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        if (_opened != null)
            ArrayPool<byte>.Shared.Return(_opened);
        if (_plain != null)
            ArrayPool<byte>.Shared.Return(_plain);
    }

    /// <summary>What is said of a chunk that is damaged where it lies.</summary>
    public static DamagedContentException Damaged(in ChunkId id, in ChunkLocation location, Exception? inner) =>
        new($"The chunk {id} is damaged in the frame at offset {location.Frame} of the pack '{PackFormat.NameOf(location.Pack)}'. Add it once more to repair it.", inner);

    private static DamagedContentException NoFrame(in ChunkLocation location) =>
        new($"There is no readable frame at offset {location.Frame} of the pack '{PackFormat.NameOf(location.Pack)}'.");
}
