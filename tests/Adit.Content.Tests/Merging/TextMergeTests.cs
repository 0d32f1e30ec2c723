using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Adit.Content.Merging;

/// <summary>Texts are told apart and brought together line by line: nothing that one side alone changed is lost, and nobody is asked without need.</summary>
public sealed class TextMergeTests
{
    private static readonly MergeNames Names = new("main", "ben");

    [Fact]
    public void What_each_changed_in_its_own_place_is_in_the_result() =>
        Assert.Equal(("A\nb\nc\nd\nE\n", 0), Merge("a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n"));

    [Fact]
    public void What_both_changed_stands_between_marks_and_what_they_agree_on_outside() => Assert.Equal(
        ("a\nsame\n<<<<<<< main\nours\n=======\ntheirs\n>>>>>>> ben\nend\nc\n", 1),
        Merge("a\nb\nc\n", "a\nsame\nours\nend\nc\n", "a\nsame\ntheirs\nend\nc\n"));

    [Theory]
    [InlineData("a\n", "a\nb\n", "a\nb\n", "a\nb\n")]
    [InlineData("a\nb\nc\n", "a\nc\n", "a\nc\n", "a\nc\n")]
    [InlineData("a\nb\nc\n", "c\n", "a\nb\nc\nd\n", "c\nd\n")]
    [InlineData("", "x\n", "", "x\n")]
    [InlineData("a\nb", "a\nb", "A\nb", "A\nb")]
    [InlineData("a\r\nb\r\nc\r\n", "a\r\nb\r\nC\r\n", "A\r\nb\r\nc\r\n", "A\r\nb\r\nC\r\n")]
    public void Nobody_is_asked_where_there_is_nothing_to_decide(string before, string ours, string theirs, string merged)
    {
        Assert.Equal((merged, 0), Merge(before, ours, theirs));
        Assert.Equal((merged, 0), Merge(before, theirs, ours));
    }

    [Fact]
    public void A_last_line_without_an_end_does_not_swallow_a_mark() =>
        Assert.Equal(("<<<<<<< main\nb\n=======\nc\n>>>>>>> ben\n", 1), Merge("a", "b", "c"));

    [Fact]
    public void Bytes_that_are_no_text_and_too_many_of_them_are_left_alone()
    {
        Assert.Null(TextMerge.Merge("a\0b"u8.ToArray(), "a"u8.ToArray(), "b"u8.ToArray(), Names));
        Assert.Null(TextMerge.Merge(new byte[TextMerge.MostBytes + 1], "a"u8.ToArray(), "b"u8.ToArray(), Names));
        var lines = Encoding.UTF8.GetBytes(new string('\n', TextMerge.MostLines + 1));
        Assert.Null(TextMerge.Merge(lines, "a"u8.ToArray(), "b"u8.ToArray(), Names));
    }

    [Fact]
    public void A_change_gives_the_one_text_out_of_the_other() => ForAllSeeds(300, static random =>
    {
        var (a, b) = (Sequence(random), Sequence(random));
        foreach (var steps in new[] { long.MaxValue, 50, 0 })
        {
            var changes = LineDiff.Compare(a, b, steps);
            var made = new List<int>();
            var at = 0;
            foreach (var change in changes)
            {
                Assert.True(change.Start >= at && (change.Start < change.End || change.OtherStart < change.OtherEnd));
                made.AddRange(a[at..change.Start]);
                made.AddRange(b[change.OtherStart..change.OtherEnd]);
                at = change.End;
            }

            made.AddRange(a[at..]);
            Assert.Equal(b, made);
            if (steps == long.MaxValue)
                Assert.Equal(Distance(a, b), changes.Sum(static c => c.End - c.Start + c.OtherEnd - c.OtherStart));
        }
    });

    [Fact]
    public void A_merge_is_the_same_from_both_sides_and_keeps_what_the_other_did_not_touch() => ForAllSeeds(300, static random =>
    {
        var before = Lines(random, "b");
        var (ours, theirs) = (Edit(before, random, "o"), Edit(before, random, "t"));
        var (b, o, t) = (string.Concat(before), string.Concat(ours), string.Concat(theirs));
        var (one, conflicts) = Merge(b, o, t);
        var (other, same) = Merge(b, t, o);
        Assert.Equal(conflicts, same);
        if (conflicts == 0)
            Assert.Equal(one, other);
        // Lines of one side's own are all there, once; those that both have as before too.
        foreach (var line in ours.Concat(theirs).Where(static l => l[0] != 'b').Concat(before.Where(l => ours.Contains(l) && theirs.Contains(l))))
            Assert.Contains(line, one, StringComparison.Ordinal);
        Assert.Equal((o, 0), Merge(b, o, b));
        Assert.Equal((o, 0), Merge(b, b, o));
        Assert.Equal((o, 0), Merge(b, o, o));
    });

    [Fact]
    public void Huge_lines_and_texts_that_have_nothing_in_common_are_merged_in_bounded_time()
    {
        var watch = Stopwatch.StartNew();
        var random = new Random(1);
        string Any(int lines) => string.Concat(Enumerable.Range(0, lines).Select(_ => $"{random.Next(50)}\n"));
        Assert.NotNull(TextMerge.Merge(Encoding.UTF8.GetBytes(Any(200_000)), Encoding.UTF8.GetBytes(Any(200_000)), Encoding.UTF8.GetBytes(Any(200_000)), Names));
        var huge = new string('x', 4_000_000);
        Assert.Equal(($"a\n{huge}\nc\n", 0), Merge($"b\n{huge}\nb\n", $"a\n{huge}\nb\n", $"b\n{huge}\nc\n"));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    private static (string Text, int Conflicts) Merge(string before, string ours, string theirs)
    {
        var merged = TextMerge.Merge(Encoding.UTF8.GetBytes(before), Encoding.UTF8.GetBytes(ours), Encoding.UTF8.GetBytes(theirs), Names)!.Value;
        return (Encoding.UTF8.GetString(merged.Bytes), merged.Conflicts);
    }

    private static int[] Sequence(Random random) => [.. Enumerable.Range(0, random.Next(30)).Select(_ => random.Next(1, 8))];

    private static string[] Lines(Random random, string side) => [.. Enumerable.Range(0, random.Next(30)).Select(i => $"{side}{i}\n")];

    private static List<string> Edit(string[] lines, Random random, string side)
    {
        var edited = new List<string>(lines);
        for (var i = random.Next(6); i > 0; i--)
        {
            var at = random.Next(edited.Count + 1);
            if (random.Next(3) > 0 || at == edited.Count)
                edited.Insert(at, $"{side}-{i}.\n");
            else if (edited[at][0] == 'b')
                edited.RemoveAt(at);
        }

        return edited;
    }

    // The fewest insertions and removals, by the book.
    private static int Distance(int[] a, int[] b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var next = a[i - 1] == b[j - 1] ? corner : Math.Min(row[j], row[j - 1]) + 1;
                (corner, row[j]) = (row[j], next);
            }
        }

        return row[^1];
    }

    private static void ForAllSeeds(int count, Action<Random> check) =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed => check(new Random(seed))).Check(Config.QuickThrowOnFailure.WithMaxTest(count));
}
