using System.Text;
using Adit.Content.Files;
using Adit.Content.Trees;

namespace Adit.Content.Merging;

/// <summary>Trees are merged by what both sides changed: no needless conflict, nothing lost, and no more work than that.</summary>
public sealed class TreeMergeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task What_each_side_did_is_in_the_tree()
    {
        await using var place = await Workplace.OpenAsync();
        var before = await TreeAsync(place, ("both.txt", "1\n2\n3\n"), ("same.bin", "\0"), ("mine.bin", "\0m"), ("sub/theirs.bin", "\0t"), ("gone/mine.txt", "x"), ("gone/also", "y"), ("kept/a", "1"));
        var ours = await TreeAsync(place, ("both.txt", "one\n2\n3\n"), ("same.bin", "\0"), ("mine.bin", "\0mm"), ("sub/theirs.bin", "\0t"), ("new/mine", "m"), ("both-added", "same"), ("kept/a", "1"));
        var theirs = await TreeAsync(place, ("both.txt", "1\n2\nthree\n"), ("same.bin", "\0"), ("mine.bin", "\0m"), ("sub/theirs.bin", "\0tt"), ("new/theirs", "t"), ("both-added", "same"), ("gone/mine.txt", "x"), ("gone/also", "y"));
        var merged = await MergeAsync(place, before, ours, theirs);
        Assert.Empty(merged.Conflicts);
        Assert.Equal(1, merged.MergedFiles);
        Assert.Equal(
            ["both-added=same", "both.txt=one\n2\nthree\n", "mine.bin=\0mm", "new/mine=m", "new/theirs=t", "same.bin=\0", "sub/theirs.bin=\0tt"], await FilesAsync(place, merged.Root));
        Assert.Empty(await new TreeVerifier(place.Store).VerifyAsync(merged.Root, default, Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task Conflicts_are_named_and_put_where_somebody_can_mend_them()
    {
        await using var place = await Workplace.OpenAsync();
        var before = await TreeAsync(place, ("a.txt", "1\n"), ("b.bin", "\0"), ("gone", "1"), ("kind", "1"), ("deep/x.tar.gz", "\0"));
        var ours = await TreeAsync(place, ("a.txt", "2\n"), ("b.bin", "\0o"), ("kind", "2"), ("added.png", "\0o"), ("deep/x.tar.gz", "\0o"), ("deep/x.tar.theirs.gz", "mine"));
        var theirs = await TreeAsync(place, ("a.txt", "3\n"), ("b.bin", "\0t"), ("gone", "2"), ("kind/sub", "2"), ("added.png", "\0t"), ("deep/x.tar.gz", "\0t"));
        var marked = await MergeAsync(place, before, ours, theirs, new MergeOptions { Mark = true });
        Assert.Equal(
            [
                ("a.txt", ConflictKind.Text, null), ("added.png", ConflictKind.Added, "added.theirs.png"), ("b.bin", ConflictKind.Binary, "b.theirs.bin"),
                ("deep/x.tar.gz", ConflictKind.Binary, "deep/x.tar.theirs-2.gz"), ("gone", ConflictKind.Removed, null), ("kind", ConflictKind.Type, "kind.theirs"),
            ],
            marked.Conflicts.Select(static c => (c.Path, c.Kind, c.Beside)));
        Assert.Equal(
            [
                "a.txt=<<<<<<< ours\n2\n=======\n3\n>>>>>>> theirs\n", "added.png=\0o", "added.theirs.png=\0t", "b.bin=\0o", "b.theirs.bin=\0t", "deep/x.tar.gz=\0o",
                "deep/x.tar.theirs-2.gz=\0t", "deep/x.tar.theirs.gz=mine", "gone=2", "kind.theirs/sub=2", "kind=2",
            ],
            await FilesAsync(place, marked.Root));

        var resolve = new Dictionary<string, Resolution> { ["a.txt"] = Resolution.Theirs, ["gone"] = Resolution.Ours, ["b.bin"] = Resolution.Both, ["nothing"] = Resolution.Ours };
        var resolved = await MergeAsync(place, before, ours, theirs, new MergeOptions { Resolve = resolve, ResolveRest = Resolution.Theirs });
        Assert.Equal((0, "nothing"), (resolved.ConflictCount, Assert.Single(resolved.Needless)));
        Assert.Equal(["a.txt=3\n", "added.png=\0t", "b.bin=\0o", "b.theirs.bin=\0t", "deep/x.tar.gz=\0t", "deep/x.tar.theirs.gz=mine", "kind/sub=2"], await FilesAsync(place, resolved.Root));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_file_that_one_moved_and_the_other_changed_is_where_it_was_moved_with_what_was_changed()
    {
        await using var place = await Workplace.OpenAsync();
        var before = await TreeAsync(place, ("old/data.bin", "\0data"), ("left", "1"));
        var moved = await TreeAsync(place, ("new/name.bin", "\0data"), ("left", "1"));
        var changed = await TreeAsync(place, ("old/data.bin", "\0more"), ("left", "1"));
        foreach (var mark in new[] { false, true })
        {
            foreach (var (ours, theirs) in new[] { (moved, changed), (changed, moved) })
            {
                var merged = await MergeAsync(place, before, ours, theirs, new MergeOptions { Mark = mark });
                Assert.Equal(0, merged.ConflictCount);
                Assert.Equal(["left=1", "new/name.bin=\0more"], await FilesAsync(place, merged.Root));
                Assert.Equal(2, merged.Root.Entries);
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Files_with_the_same_bytes_that_moved_are_followed_by_their_names_or_not_at_all()
    {
        await using var place = await Workplace.OpenAsync();
        var before = await TreeAsync(place, ("a/one", "\0same"), ("b/two", "\0same"), ("c/three", "\0same"));
        var moved = await TreeAsync(place, ("z/one", "\0same"), ("y/two", "\0same"), ("x/other", "\0same"));
        var changed = await TreeAsync(place, ("a/one", "\0one"), ("b/two", "\0two"), ("c/three", "\0three"));
        foreach (var (ours, theirs) in new[] { (moved, changed), (changed, moved) })
        {
            var merged = await MergeAsync(place, before, ours, theirs, new MergeOptions { Mark = true });
            Assert.Equal((1, "c/three"), (merged.ConflictCount, Assert.Single(merged.Conflicts).Path));
            Assert.Equal(["c/three=\0three", "x/other=\0same", "y/two=\0two", "z/one=\0one"], await FilesAsync(place, merged.Root));
        }

        // One of two was moved and the other removed: nobody can tell which.
        var left = await TreeAsync(place, ("n/new", "\0same"), ("c/three", "\0same"));
        var one = await MergeAsync(place, before, left, await TreeAsync(place, ("a/one", "\0same"), ("b/two", "\0two"), ("c/three", "\0same")));
        Assert.Equal("b/two", Assert.Single(one.Conflicts).Path);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_mode_is_no_conflict_with_bytes_nor_with_another_mode()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        await using var place = await Workplace.OpenAsync();
        var before = await TreeAsync(place, ("a", "1"));
        var changed = await TreeAsync(place, ("a", "2"));
        await TreeAsync(place, ("a", "1"));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(place.At("a"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var mode = (await place.ScanAsync()).Root;
        var merged = await MergeAsync(place, before, changed, mode);
        var file = Assert.Single(await place.ListAsync(merged.Root));
        Assert.Equal((0, 0b111_000_000, "2"), (merged.ConflictCount, file.Mode, Encoding.UTF8.GetString(file.Inline)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_one_side_has_nothing_new_the_other_is_taken_and_no_file_is_read()
    {
        await using var place = await Workplace.OpenAsync();
        var a = await TreeAsync(place, ("a", "1"), ("sub/b", "1"));
        var b = await TreeAsync(place, ("a", "2"), ("sub/b", "3"));
        foreach (var (before, ours, theirs, merged) in new[] { (a, a, b, b), (a, b, a, b), (a, b, b, b), (b, a, a, a) })
            Assert.Equal(merged, (await MergeAsync(place, before, ours, theirs)).Root);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_notebook_with_conflicts_stays_one_and_theirs_is_beside_it()
    {
        await using var place = await Workplace.OpenAsync();
        string Notebook(string source) => $$"""{"cells":[{"cell_type":"code","id":"a","metadata":{},"outputs":[],"execution_count":null,"source":"{{source}}"}],"metadata":{},"nbformat":4,"nbformat_minor":5}""";
        var (before, ours, theirs) = (await TreeAsync(place, ("n.ipynb", Notebook("1"))), await TreeAsync(place, ("n.ipynb", Notebook("2"))), await TreeAsync(place, ("n.ipynb", Notebook("3"))));
        var merged = await MergeAsync(place, before, ours, theirs, new MergeOptions { Mark = true });
        Assert.Equal(("n.ipynb", ConflictKind.Notebook, "n.theirs.ipynb"), merged.Conflicts.Select(static c => (c.Path, c.Kind, c.Beside)).Single());
        Assert.All(await FilesAsync(place, merged.Root), static f => Assert.NotNull(NotebookMerge.Read(Encoding.UTF8.GetBytes(f[(f.IndexOf('=', StringComparison.Ordinal) + 1)..]))));
        // Two that were added under one name are two: their cells are not poured together.
        Assert.Equal(ConflictKind.Added, Assert.Single((await MergeAsync(place, await TreeAsync(place), ours, theirs)).Conflicts).Kind);
    }

    [Fact(Timeout = 60_000)]
    public async Task Names_that_differ_by_case_alone_are_two_as_they_are_in_any_tree()
    {
        await using var place = await Workplace.OpenAsync();
        var before = await TreeAsync(place, ("x", "1"));
        var merged = await MergeAsync(place, before, await TreeAsync(place, ("x", "1"), ("Read.me", "1")), await TreeAsync(place, ("x", "1"), ("READ.ME", "2")));
        Assert.Equal(["READ.ME=2", "Read.me=1", "x=1"], await FilesAsync(place, merged.Root));
    }

    [Fact(Timeout = 60_000)]
    public async Task Names_at_the_bound_and_bytes_that_are_no_text_are_put_beside_within_it()
    {
        await using var place = await Workplace.OpenAsync();
        var name = new string('é', 125) + ".bin";
        var merged = await MergeAsync(
            place, await TreeAsync(place), await TreeAsync(place, (name, "\0o")), await TreeAsync(place, (name, "\0t")), new MergeOptions { Mark = true });
        var beside = Assert.Single(merged.Conflicts).Beside!;
        Assert.Equal((255, true), (Encoding.UTF8.GetByteCount(beside), beside.EndsWith("é.theirs.bin", StringComparison.Ordinal)));
    }

    [Fact(Timeout = 60_000)]
    public async Task However_many_names_are_taken_their_version_is_put_beside()
    {
        await using var place = await Workplace.OpenAsync();
        var taken = Enumerable.Range(2, 119).Select(static i => ($"a.theirs-{i}.bin", "x")).Append(("a.theirs.bin", "x")).ToArray();
        var (before, theirs) = (await TreeAsync(place, ("a.bin", "\0")), await TreeAsync(place, ("a.bin", "\0t")));
        var ours = await TreeAsync(place, [("a.bin", "\0o"), .. taken]);
        var both = await MergeAsync(place, before, ours, theirs, new MergeOptions { ResolveRest = Resolution.Both });
        Assert.Contains("a.theirs-121.bin=\0t", await FilesAsync(place, both.Root));
        var marked = await MergeAsync(place, before, ours, theirs, new MergeOptions { Mark = true });
        Assert.Equal("a.theirs-121.bin", Assert.Single(marked.Conflicts).Beside);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_notebook_with_names_that_are_none_is_merged_as_a_text()
    {
        await using var place = await Workplace.OpenAsync();
        static (string, string) Hostile(string value) => ("n.ipynb", $"{{\"\\ud800\":{value},\n\"cells\":[],\n\"nbformat\":4}}\n");
        var (before, ours, theirs) = (await TreeAsync(place, Hostile("1")), await TreeAsync(place, Hostile("2")), await TreeAsync(place, Hostile("3")));
        Assert.Equal(ConflictKind.Text, Assert.Single((await MergeAsync(place, before, ours, theirs)).Conflicts).Kind);
        Assert.Equal(ConflictKind.Added, Assert.Single((await MergeAsync(place, await TreeAsync(place), ours, theirs)).Conflicts).Kind);
    }

    private static Task<MergeResult> MergeAsync(Workplace place, DirectoryRef before, DirectoryRef ours, DirectoryRef theirs, MergeOptions? options = null) =>
        TreeMerge.RunAsync(place.Store, before.Id, ours, theirs, options ?? new MergeOptions(), Ct);

    private static async Task<DirectoryRef> TreeAsync(Workplace place, params (string Path, string Text)[] files)
    {
        Directory.Delete(place.Source, recursive: true);
        Directory.CreateDirectory(place.Source);
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(place.At(path))!);
            await File.WriteAllTextAsync(place.At(path), text, Ct);
        }

        return (await place.ScanAsync()).Root;
    }

    private static async Task<string[]> FilesAsync(Workplace place, DirectoryRef root)
    {
        var files = new List<string>();
        await foreach (var change in new TreeDiff(place.Store).CompareAsync(default, root.Id, Ct))
            files.Add($"{change.Path}={Encoding.UTF8.GetString((await FileBytes.ReadAsync(place.Store, change.After!, 1 << 20, Ct))!)}");
        return [.. files.Order(StringComparer.Ordinal)];
    }
}
