using System.Runtime.InteropServices;
using Adit.Content.Packs;

namespace Adit.Content.Index;

/// <summary>
/// The part of a pack whose chunks a run, or the memory, knows: a row in the header of a run file, 40 bytes. Whoever opens the store need not read that part again.
/// </summary>
/// <param name="Pack">Number of the pack.</param>
/// <param name="From">Offset of its first frame.</param>
/// <param name="To">Where its last frame ends.</param>
/// <param name="SealedLength">Bytes of the file when it was sealed then; otherwise 0.</param>
/// <param name="Plain">Plain bytes of the chunks there, those that lie elsewhere too included.</param>
/// <param name="Data">Number of chunks there of kind 0.</param>
/// <param name="Lists">Of kind 1.</param>
/// <param name="Directories">Of kind 2.</param>
/// <param name="Snapshots">Of kind 3.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = Size)]
internal readonly record struct PackSpan(
    uint Pack, uint From, uint To, uint SealedLength, long Plain, uint Data, uint Lists, uint Directories, uint Snapshots)
{
    public const int Size = 40;

    /// <summary>This and the span that follows it in the same pack.</summary>
    public PackSpan Then(PackSpan next) => next.From != To || next.Pack != Pack
        ? throw new InvalidOperationException("These spans of a pack do not follow each other.")
        : new PackSpan(
            Pack,
            From,
            next.To,
            Math.Max(SealedLength, next.SealedLength),
            Plain + next.Plain,
            Data + next.Data,
            Lists + next.Lists,
            Directories + next.Directories,
            Snapshots + next.Snapshots);

    /// <summary>The span of one frame.</summary>
    public static PackSpan Of(uint pack, uint offset, in FrameHead frame)
    {
        Span<uint> kinds = stackalloc uint[4];
        for (var i = 0; i < frame.Count; i++)
            kinds[(int)frame[i].Kind]++;
        return new PackSpan(pack, offset, offset + (uint)frame.StoredLength, 0, frame.PlainLength, kinds[0], kinds[1], kinds[2], kinds[3]);
    }
}
