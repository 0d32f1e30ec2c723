using System.Buffers;

namespace Adit.Content.Merging;

/// <summary>What a merge of three texts came to.</summary>
/// <param name="Bytes">The text; where both sides changed the same, with marks around what each has.</param>
/// <param name="Conflicts">Places that both changed.</param>
internal readonly record struct MergedText(byte[] Bytes, int Conflicts);

/// <summary>
/// Brings two changed versions of a text together, line by line, as diff3 does (Khanna, Kunal and Pierce, "A Formal Investigation of Diff3", 2007): what one side left alone
/// is as the other has it. Lines that both changed, or that lie next to each other, are a conflict, unless both made the same of them.
/// </summary>
internal static class TextMerge
{
    /// <summary>Longer texts are not merged by content.</summary>
    public const int MostBytes = 8 << 20;

    /// <summary>Texts of more lines are not merged by content.</summary>
    public const int MostLines = 1_000_000;

    /// <summary>Merges; null when one is no text, or too long.</summary>
    public static MergedText? Merge(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> ours, ReadOnlyMemory<byte> theirs, MergeNames names)
    {
        if (Math.Max(before.Length, Math.Max(ours.Length, theirs.Length)) > MostBytes
            || !TextLines.IsText(before.Span) || !TextLines.IsText(ours.Span) || !TextLines.IsText(theirs.Span))
            return null;
        var (b, o, t) = (new TextLines(before), new TextLines(ours), new TextLines(theirs));
        return Math.Max(b.Count, Math.Max(o.Count, t.Count)) > MostLines ? null : Merge(b, o, t, names);
    }

    private static MergedText Merge(TextLines before, TextLines ours, TextLines theirs, MergeNames names)
    {
        if (TextLines.Number(before, ours, theirs) is not [var b, var o, var t])
            throw new InvalidOperationException("Three texts have three rows of numbers.");
        var (mine, other) = (LineDiff.Compare(b, o), LineDiff.Compare(b, t));
        var merged = new ArrayBufferWriter<byte>(1 << 10);
        var conflicts = 0;
        var at = 0;
        // How far each side is ahead of what was before.
        var (myShift, otherShift) = (0, 0);
        for (int i = 0, j = 0; i < mine.Count || j < other.Count;)
        {
            var start = Math.Min(i < mine.Count ? mine[i].Start : int.MaxValue, j < other.Count ? other[j].Start : int.MaxValue);
            var end = start;
            var (myStart, otherStart) = (start + myShift, start + otherShift);
            // Changes that overlap, or touch each other, are one.
            for (var isMore = true; isMore;)
            {
                isMore = false;
                for (; i < mine.Count && mine[i].Start <= end; i++, isMore = true)
                    (end, myShift) = (Math.Max(end, mine[i].End), mine[i].OtherEnd - mine[i].End);
                for (; j < other.Count && other[j].Start <= end; j++, isMore = true)
                    (end, otherShift) = (Math.Max(end, other[j].End), other[j].OtherEnd - other[j].End);
            }

            merged.Write(before.Slice(at, start));
            at = end;
            var was = b.AsSpan(start..end);
            var my = o.AsSpan(myStart..(end + myShift));
            var their = t.AsSpan(otherStart..(end + otherShift));
            if (my.SequenceEqual(their) || their.SequenceEqual(was))
                merged.Write(ours.Slice(myStart, end + myShift));
            else if (my.SequenceEqual(was))
                merged.Write(theirs.Slice(otherStart, end + otherShift));
            else
                conflicts += Mark(merged, ours, (myStart, end + myShift), theirs, (otherStart, end + otherShift), my, their, names);
        }

        merged.Write(before.Slice(at, before.Count));
        return new MergedText(merged.WrittenSpan.ToArray(), conflicts);
    }

    // Both sides between marks, as git writes them; what they begin and end with alike stands outside.
    private static int Mark(
        ArrayBufferWriter<byte> merged, TextLines ours, (int Start, int End) my, TextLines theirs, (int Start, int End) their, ReadOnlySpan<int> o, ReadOnlySpan<int> t, MergeNames names)
    {
        var same = o.CommonPrefixLength(t);
        var sameEnd = 0;
        while (sameEnd < Math.Min(o.Length, t.Length) - same && o[^(sameEnd + 1)] == t[^(sameEnd + 1)])
            sameEnd++;
        merged.Write(ours.Slice(my.Start, my.Start + same));
        Line(merged, $"<<<<<<< {names.Ours}");
        Whole(merged, ours.Slice(my.Start + same, my.End - sameEnd));
        Line(merged, "=======");
        Whole(merged, theirs.Slice(their.Start + same, their.End - sameEnd));
        Line(merged, $">>>>>>> {names.Theirs}");
        merged.Write(ours.Slice(my.End - sameEnd, my.End));
        return 1;
    }

    private static void Line(ArrayBufferWriter<byte> to, string line) => to.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));

    // A mark begins a line, also after a last line without an end.
    private static void Whole(ArrayBufferWriter<byte> to, ReadOnlySpan<byte> lines)
    {
        to.Write(lines);
        if (lines is [.., not (byte)'\n'])
            to.Write("\n"u8);
    }
}

/// <summary>What the two sides are called where marks show them.</summary>
/// <param name="Ours">The side that is merged into.</param>
/// <param name="Theirs">The side that comes.</param>
public sealed record MergeNames(string Ours, string Theirs);
