using Adit.Content.Index;

namespace Adit.Content.Packs;

/// <summary>The heads of a pack's frames: from its footer, or where it has none from the frames themselves.</summary>
internal static class PackFrames
{
    /// <summary>Offset and head of each frame, in their order, and whether they come from a right footer.</summary>
    /// <param name="length">Bytes of the pack's file.</param>
    /// <exception cref="FileNotFoundException">The pack is gone.</exception>
    /// <param name="trusted">Chunks are not checked where there is no footer.</param>
    public static (List<ScannedFrame> Frames, bool HasFooter) Read(PackHandles handles, FrameCipher? cipher, uint pack, long length, bool trusted = false)
    {
        if (ReadFooter(handles, cipher, pack, length, out _) is { } footer)
            return (Parse(footer), true);
        var bytes = new byte[Math.Min(length, PackFormat.MaxLength)];
        var got = handles.Read(pack, bytes, 0);
        return ([.. PackScan.Of(bytes, got, cipher, trusted ? (uint)got : 0).Frames], false);
    }

    /// <summary>The chunks of a frame, and where they lie.</summary>
    public static IndexRecord[] Places(uint pack, uint offset, in FrameHead head)
    {
        var places = new IndexRecord[head.Count];
        for (int i = 0, at = 0; i < places.Length; i++)
        {
            var chunk = head[i];
            places[i] = new IndexRecord(chunk.Id, new ChunkLocation(pack, offset, head.StoredLength, at, chunk.Length, chunk.Kind));
            at += chunk.Length;
        }

        return places;
    }

    /// <summary>The plain footer of a sealed pack; null when there is none, or it is damaged.</summary>
    /// <param name="footerAt">Where it begins; 0 when nothing there says that it is one.</param>
    public static byte[]? ReadFooter(PackHandles handles, FrameCipher? cipher, uint pack, long length, out long footerAt)
    {
        footerAt = 0;
        if (length < PackFormat.HeaderSize + PackFooter.TrailerSize)
            return null;
        Span<byte> trailer = stackalloc byte[PackFooter.TrailerSize];
        Span<byte> header = stackalloc byte[PackFormat.HeaderSize];
        if (handles.Read(pack, trailer, length - trailer.Length) != trailer.Length || handles.Read(pack, header, 0) != header.Length)
            return null;
        var stored = PackFooter.LengthOf(trailer, length);
        if (stored == 0)
            return null;
        footerAt = length - trailer.Length - stored;
        var bytes = new byte[stored];
        return handles.Read(pack, bytes, footerAt) == stored && PackFooter.Open(bytes, trailer, header, cipher) is { } footer && EndOf(footer) == footerAt ? footer : null;
    }

    private static List<ScannedFrame> Parse(ReadOnlySpan<byte> footer)
    {
        List<ScannedFrame> frames = [];
        uint end = PackFormat.HeaderSize;
        while (PackFooter.TryNext(ref footer, ref end, out var head))
            frames.Add(new ScannedFrame(end - (uint)head.StoredLength, head.Bytes.ToArray(), null));
        return frames;
    }

    // Where the last frame ends; 0 when the footer is not frames from the first byte to its last.
    private static long EndOf(ReadOnlySpan<byte> footer)
    {
        uint end = PackFormat.HeaderSize;
        while (PackFooter.TryNext(ref footer, ref end, out _))
        {
        }

        return footer.IsEmpty ? end : 0;
    }
}
