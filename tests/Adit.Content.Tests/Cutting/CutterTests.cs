using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace Adit.Content.Cutting;

public sealed class CutterTests
{
    public static TheoryData<string, int> Contents => new()
    {
        { "random", 0 }, { "random", 1 }, { "random", 16_384 }, { "random", 16_385 }, { "random", 65_536 }, { "random", 262_144 }, { "random", 3_000_001 },
        { "zeros", 2_000_000 }, { "period 3", 2_000_000 }, { "period 70", 2_000_000 }, { "period 100000", 3_000_000 }, { "text", 2_000_000 },
    };

    [Theory]
    [MemberData(nameof(Contents))]
    public void It_cuts_where_the_reference_says_to_the_byte(string kind, int length)
    {
        var bytes = Make(kind, length, 1);
        Assert.Equal(CutSlowly(bytes), Cut(bytes));
    }

    [Fact]
    public void Chunks_are_within_their_bounds_and_mostly_about_normal()
    {
        var lengths = Lengths(Cut(Make("random", 60_000_000, 2)));
        Assert.All(lengths[..^1], length => Assert.InRange(length, Cutter.Least + 1, Cutter.Most));
        Assert.InRange(lengths.Average(), 60_000, 90_000);
    }

    [Fact]
    public void Zeros_are_cut_into_the_largest_chunks_so_that_a_hole_can_be_passed_over_unread() =>
        Assert.Equal(Cutter.Most, Cutter.Cut(new byte[Cutter.Most]));

    [Fact]
    public void What_follows_the_largest_chunk_does_not_move_its_cut()
    {
        var bytes = Make("random", 2_000_000, 3);
        for (var at = 0; bytes.Length - at > Cutter.Most; at += Cutter.Cut(bytes.AsSpan(at)))
            Assert.Equal(Cutter.Cut(bytes.AsSpan(at)), Cutter.Cut(bytes.AsSpan(at, Cutter.Most)));
    }

    [Fact]
    public void What_is_inserted_anywhere_changes_a_few_chunks_near_it()
    {
        var bytes = Make("random", 4_000_000, 4);
        var before = Chunks(bytes);
        var place = Gen.Zip(Gen.Choose(0, bytes.Length), Gen.Choose(1, 5000));
        Prop.ForAll(Arb.From(place), p =>
        {
            var (at, count) = p;
            byte[] after = [.. bytes.AsSpan(0, at), .. Make("random", count, at), .. bytes.AsSpan(at)];
            return Chunks(after).Except(before).Count() <= 8;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));
    }

    // docs/reference/content.md, "Where a file is cut", word by word.
    private static List<int> CutSlowly(byte[] bytes)
    {
        var g = Enumerable.Range(0, 256).Select(i => BitConverter.ToUInt64(SHA256.HashData([.. "adit"u8, (byte)i]), 0)).ToArray();
        var cuts = new List<int>();
        var start = 0;
        ulong h = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            var offset = i - start;
            if (offset >= 16_384)
                h = unchecked((h << 1) + g[bytes[i]]);
            var ends = offset >= 16_384 && (offset < 65_536 ? h >> 46 == 0 : h >> 50 == 0);
            if (!ends && offset + 1 != 262_144)
                continue;
            cuts.Add(i + 1);
            start = i + 1;
            h = 0;
        }

        if (start < bytes.Length)
            cuts.Add(bytes.Length);
        return cuts;
    }

    private static List<int> Cut(byte[] bytes)
    {
        var cuts = new List<int>();
        for (var at = 0; at < bytes.Length; cuts.Add(at))
            at += Cutter.Cut(bytes.AsSpan(at));
        return cuts;
    }

    private static int[] Lengths(List<int> cuts) => [.. cuts.Select((cut, i) => cut - (i == 0 ? 0 : cuts[i - 1]))];

    private static HashSet<string> Chunks(byte[] bytes)
    {
        var at = 0;
        return [.. Lengths(Cut(bytes)).Select(length => Convert.ToHexString(SHA256.HashData(bytes.AsSpan((at += length) - length, length))))];
    }

    private static byte[] Make(string kind, int length, int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[length];
        if (kind == "zeros")
            return bytes;
        random.NextBytes(bytes);
        var period = kind.StartsWith("period ", StringComparison.Ordinal) ? int.Parse(kind[7..]) : length;
        for (var i = period; i < length; i++)
            bytes[i] = bytes[i - period];
        if (kind == "text")
        {
            for (var i = 0; i < length; i++)
                bytes[i] = (byte)(' ' + (bytes[i] % 40));
        }

        return bytes;
    }
}
