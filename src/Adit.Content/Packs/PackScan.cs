using System.Buffers;
using Adit.Content.Chunks;
using ZstdSharp;

namespace Adit.Content.Packs;

/// <summary>A frame that was found in a pack without a footer.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Head">Its header as stored and its table, plain.</param>
/// <param name="Wrong">Which of its chunks are not what their ids say; null: all are right.</param>
internal sealed record ScannedFrame(uint Offset, byte[] Head, bool[]? Wrong);

/// <summary>
/// Reads a pack from its beginning, as after a crash. What follows the last right frame is a torn tail; what is wrong before it is damage, and is stepped over.
/// </summary>
internal sealed class PackScan
{
    private readonly byte[] _pack;
    private readonly int _length;
    private readonly FrameCipher? _cipher;
    private readonly uint _trusted;
    private readonly List<ScannedFrame> _frames = [];

    private PackScan(byte[] pack, int length, FrameCipher? cipher, uint trusted) => (_pack, _length, _cipher, _trusted) = (pack, length, cipher, trusted);

    /// <summary>The frames, in their order.</summary>
    public IReadOnlyList<ScannedFrame> Frames => _frames;

    /// <summary>Where the last of them ends.</summary>
    public uint End { get; private set; } = PackFormat.HeaderSize;

    /// <summary>The frames follow each other from the first byte on, and each is right.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <param name="trusted">Up to here the chunks were checked and were on the disk when somebody looked last: they are not checked again.</param>
    public static PackScan Of(byte[] pack, int length, FrameCipher? cipher, uint trusted)
    {
        var scan = new PackScan(pack, length, cipher, trusted);
        scan.Run();
        return scan;
    }

    private static ReadOnlySpan<byte> Magic => "ADFR"u8;

    private void Run()
    {
        using var decompressor = new Decompressor();
        List<ScannedFrame> doubtful = [];
        for (var at = PackFormat.HeaderSize; at < _length;)
        {
            var stored = FrameHead.StoredLengthOf(_pack.AsSpan(at, _length - at));
            var fits = stored != 0 && at + stored <= _length;
            var frame = fits ? Read(at, stored, decompressor) : null;
            if (frame is { Wrong: null })
            {
                // Something right follows: what was doubtful is no torn tail.
                IsWhole &= doubtful.Count == 0 && at == End;
                _frames.AddRange(doubtful);
                doubtful.Clear();
                _frames.Add(frame);
                at += stored;
                End = (uint)at;
                continue;
            }

            if (frame != null)
                doubtful.Add(frame);
            if (fits && _pack.AsSpan(at + stored, _length - at - stored).StartsWith(Magic))
                at += stored;
            else
                at = _pack.AsSpan(at + 1, _length - at - 1).IndexOf(Magic) is var next and >= 0 ? at + 1 + next : _length;
        }
    }

    // Null: no frame, or no chunk of it is right.
    private ScannedFrame? Read(int at, int stored, Decompressor decompressor)
    {
        if (FrameHead.IsEncrypted(_pack.AsSpan(at)) != (_cipher != null))
            return null;
        var opened = _cipher == null ? _pack.AsMemory(at, stored) : new byte[stored - FrameHead.Sealing];
        if (_cipher != null && !_cipher.TryOpen(_pack.AsSpan(at, stored), opened.Span))
            return null;
        if (!Frame.TryParse(opened, out var frame))
            return null;
        var head = frame.Head.ToArray();
        _pack.AsSpan(at, Frame.FixedHeader).CopyTo(head);
        if (at + stored <= _trusted)
            return new ScannedFrame((uint)at, head, null);
        var plain = ArrayPool<byte>.Shared.Rent(frame.PlainLength);
        try
        {
            frame.Decode(plain, decompressor);
            var wrong = new bool[frame.Count];
            for (int i = 0, offset = 0; i < frame.Count; i++)
            {
                wrong[i] = ChunkId.Of(plain.AsSpan(offset, frame[i].Length)) != frame[i].Id;
                offset += frame[i].Length;
            }

            return wrong.All(static w => w) ? null : new ScannedFrame((uint)at, head, wrong.Any(static w => w) ? wrong : null);
        }
        catch (DamagedContentException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }
}
