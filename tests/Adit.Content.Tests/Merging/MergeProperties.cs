using Adit.Content.Files;
using Adit.Content.Trees;
using FsCheck;
using FsCheck.Fluent;

namespace Adit.Content.Merging;

/// <summary>Any edits, snapshots, checkouts and merges: a merge is the same from both sides, has what each side alone did, and can be checked out and scanned again.</summary>
public sealed class MergeProperties
{
    private static readonly string[] Names = ["a.txt", "b.txt", "c.bin", "d/a.txt", "d/e/b.txt", "d/e/c.bin", "f", "f/g.txt", "h/i.txt"];

    [Fact]
    public void Any_edits_snapshots_checkouts_and_merges_round_trip() => Prop.ForAll(
        Arb.From(Gen.Choose(0, int.MaxValue)), static seed => CheckAsync(new Random(seed)).WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    private static async Task CheckAsync(Random random)
    {
        await using var place = await Workplace.OpenAsync();
        var options = new CheckoutOptions { IndexPath = place.IndexPath, Overwrite = true, RemoveOthers = true };
        var before = await EditAsync(place, random, default, options);
        for (var round = 0; round < 3; round++)
        {
            var ours = await EditAsync(place, random, before, options);
            var theirs = await EditAsync(place, random, before, options);
            var one = await MergeAsync(place, before, ours, theirs);
            var other = await MergeAsync(place, before, theirs, ours);
            Assert.Equal(one.Conflicts.Select(static c => c.Path).Order(), other.Conflicts.Select(static c => c.Path).Order());
            if (one.ConflictCount == 0)
                Assert.Equal(one.Root, other.Root);
            Assert.Equal(ours, (await MergeAsync(place, before, ours, before)).Root);
            Assert.Equal(theirs, (await MergeAsync(place, before, before, theirs)).Root);
            await AssertSurvivesAsync(place, before, ours, theirs, one);

            var rest = await MergeAsync(place, before, ours, theirs, new MergeOptions { ResolveRest = Resolution.Both });
            Assert.Equal(0, rest.ConflictCount);
            var marked = await MergeAsync(place, before, ours, theirs, new MergeOptions { Mark = true });
            Assert.Equal(one.ConflictCount, marked.ConflictCount);
            foreach (var root in new[] { rest.Root, marked.Root })
            {
                Assert.Empty(await new TreeVerifier(place.Store).VerifyAsync(root, default, CancellationToken.None));
                await place.CheckOutAsync(root, options: options);
                Assert.Equal(root, (await place.ScanAsync(place.Copy)).Root);
            }

            before = rest.Root;
        }
    }

    // What one side alone did at a path that the other left alone is as that side has it.
    private static async Task AssertSurvivesAsync(Workplace place, DirectoryRef before, DirectoryRef ours, DirectoryRef theirs, MergeResult merged)
    {
        var diff = new TreeDiff(place.Store);
        var (mine, other) = (await diff.CompareAsync(before.Id, ours.Id).ToListAsync(), await diff.CompareAsync(before.Id, theirs.Id).ToListAsync());
        bool Touches(string path, TreeChange change) => path == change.Path || path.StartsWith(change.Path + "/", StringComparison.Ordinal) || change.Path.StartsWith(path + "/", StringComparison.Ordinal);
        foreach (var (changes, others) in new[] { (mine, other), (other, mine) })
        {
            foreach (var change in changes.Where(c => c.After is { Type: EntryType.File } && !others.Any(o => Touches(c.Path, o)) && !merged.Conflicts.Any(m => Touches(m.Path, c))))
            {
                var there = await new TreeEdit(place.Store).FindAsync(merged.Root, change.Path, CancellationToken.None);
                // A file of the same bytes may have taken what the other side changed where it was before.
                Assert.True(there is not null && (there.HasContentOf(change.After!) || change.Kind == ChangeKind.Added), change.Path);
            }
        }
    }

    private static Task<MergeResult> MergeAsync(Workplace place, DirectoryRef before, DirectoryRef ours, DirectoryRef theirs, MergeOptions? options = null) =>
        TreeMerge.RunAsync(place.Store, before.Id, ours, theirs, options ?? new MergeOptions(), CancellationToken.None);

    private static async Task<DirectoryRef> EditAsync(Workplace place, Random random, DirectoryRef from, CheckoutOptions options)
    {
        if (!from.Id.IsNone)
            await place.CheckOutAsync(from, options: options);
        Directory.CreateDirectory(place.Copy);
        for (var edits = random.Next(from.Id.IsNone ? 5 : 0, 8); edits > 0; edits--)
        {
            var path = Path.Combine(place.Copy, Names[random.Next(Names.Length)]);
            if (Directory.Exists(path))
                Directory.Delete(path, true);
            if (random.Next(4) == 0 && File.Exists(path))
                File.Delete(path);
            else
                Write(place.Copy, path, random);
        }

        return (await place.ScanAsync(place.Copy)).Root;
    }

    private static void Write(string top, string path, Random random)
    {
        for (var above = Path.GetDirectoryName(path)!; above.Length > top.Length; above = Path.GetDirectoryName(above)!)
        {
            if (File.Exists(above))
                File.Delete(above);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (path.EndsWith(".bin", StringComparison.Ordinal))
        {
            File.WriteAllBytes(path, [0, .. Workplace.Bytes(random.Next(3) * 20_000, random.Next(4))]);
            return;
        }

        var lines = File.Exists(path) ? File.ReadAllLines(path).ToList() : [.. Enumerable.Range(0, 20).Select(static i => $"line {i}")];
        lines.Insert(random.Next(lines.Count + 1), $"new {random.Next(1000)}");
        File.WriteAllLines(path, lines);
    }
}
