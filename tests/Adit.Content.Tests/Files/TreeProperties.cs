using Adit.Content.Trees;
using FsCheck;
using FsCheck.Fluent;

namespace Adit.Content.Files;

/// <summary>Whatever is done to a directory: a scan by the index, a scan without one and a slow look at it say the same, and a checkout makes it what the tree says.</summary>
public sealed class TreeProperties
{
    private static readonly string[] Names = ["a", "b", "c", "d/a", "d/b", "d/e/a", "d/e/f/b", "g/a", "g/h"];

    [Fact]
    public void A_scan_by_the_index_says_what_a_scan_without_one_says_after_any_edits() => ForAllSeeds(25, async random =>
    {
        await using var place = await Workplace.OpenAsync();
        for (var round = 0; round < 8; round++)
        {
            for (var edits = random.Next(6); edits > 0; edits--)
                Edit(place.Source, random);
            // Most edits are younger than any clock's step here, and some scans think that they are old.
            var options = new ScanOptions();
            var known = await place.ScanAsync(index: place.IndexPath, options: options);
            var fresh = await place.ScanAsync();
            Assert.Equal(fresh.Root, known.Root);
            Assert.Equal(known.Root, (await place.ScanAsync(index: place.IndexPath, options: options)).Root);
            Assert.Equal(Walk(place.Source), await WalkAsync(place, known.Root, ""));
            Assert.Empty(await new TreeVerifier(place.Store).VerifyAsync(known.Root, default, CancellationToken.None));
        }
    });

    [Fact]
    public void A_checkout_makes_any_tree_of_any_other_and_back() => ForAllSeeds(25, async random =>
    {
        await using var place = await Workplace.OpenAsync();
        var trees = new List<(DirectoryRef Root, string Description)>();
        for (var i = 0; i < 5; i++)
        {
            for (var edits = random.Next(1, 10); edits > 0; edits--)
                Edit(place.Source, random);
            trees.Add(((await place.ScanAsync()).Root, Workplace.Describe(place.Source)));
        }

        var options = new CheckoutOptions { IndexPath = random.Next(4) > 0 ? place.IndexPath : null, Overwrite = random.Next(3) == 0 };
        if (options.IndexPath is null)
            options = options with { Overwrite = true, RemoveOthers = true };
        for (var i = 0; i < 8; i++)
        {
            var (root, description) = trees[random.Next(trees.Count)];
            await place.CheckOutAsync(root, options: options);
            Assert.Equal(description, Workplace.Describe(place.Copy));
            Assert.Equal(root, (await place.ScanAsync(place.Copy)).Root);
            if (options.IndexPath is not null && random.Next(2) == 0)
                Assert.Equal(root, (await place.ScanAsync(place.Copy, place.IndexPath, new ScanOptions())).Root);
        }
    });

    [Fact]
    public void No_checkout_loses_what_was_changed_here() => ForAllSeeds(25, async random =>
    {
        await using var place = await Workplace.OpenAsync();
        var trees = new List<DirectoryRef>();
        for (var i = 0; i < 3; i++)
        {
            for (var edits = random.Next(1, 10); edits > 0; edits--)
                Edit(place.Source, random);
            trees.Add((await place.ScanAsync()).Root);
        }

        var options = new CheckoutOptions { IndexPath = place.IndexPath };
        await place.CheckOutAsync(trees[0], options: options);
        var pristine = Files(place.Copy);
        for (var edits = random.Next(1, 4); edits > 0; edits--)
            Edit(place.Copy, random);
        var mine = Files(place.Copy).Where(f => pristine.GetValueOrDefault(f.Key) is not { } was || !was.AsSpan().SequenceEqual(f.Value)).ToArray();
        var before = Workplace.Describe(place.Copy);
        try
        {
            await place.CheckOutAsync(trees[random.Next(trees.Count)], options: options);
        }
        catch (CheckoutConflictException)
        {
            Assert.Equal(before, Workplace.Describe(place.Copy));
        }

        // A file that is the beginning of what is written is taken for one that a killed checkout left: none of its bytes is lost.
        var after = Files(place.Copy);
        foreach (var (name, bytes) in mine)
            Assert.True(after.GetValueOrDefault(name).AsSpan().StartsWith(bytes), name);
    });

    private static void ForAllSeeds(int count, Func<Random, Task> check) =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed => check(new Random(seed)).WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(count));

    private static void Edit(string directory, Random random)
    {
        var path = Path.Combine(directory, Names[random.Next(Names.Length)]);
        switch (random.Next(9))
        {
            case 0 or 1 or 2:
                Make(directory, path);
                File.WriteAllBytes(path, Workplace.Bytes(random.Next(5) switch { 0 => 3, 1 => 128, 2 => 2000, 3 => 20_000, _ => 400_000 }, random.Next(3)));
                break;
            case 3 when File.Exists(path) && new FileInfo(path) is { LinkTarget: null, Length: > 0 } file:
                // One byte, the same length, and the time as it was.
                var modified = file.LastWriteTimeUtc;
                using (var open = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
                    RandomAccess.Write(open, [(byte)random.Next(256)], random.NextInt64(file.Length));
                File.SetLastWriteTimeUtc(path, modified);
                break;
            case 4 when !OperatingSystem.IsWindows() && Path.Exists(path) && new FileInfo(path).LinkTarget is null:
                File.SetUnixFileMode(path, Directory.Exists(path) ? (UnixFileMode)(0b111_000_000 | random.Next(64)) : (UnixFileMode)(0b110_000_000 | random.Next(64)));
                break;
            case 5:
                Remove(path);
                break;
            case 6:
                Make(directory, path);
                File.CreateSymbolicLink(path, random.Next(2) == 0 ? "a" : "/nowhere");
                break;
            case 7:
                Remove(path);
                Make(directory, path);
                Directory.CreateDirectory(path);
                break;
            case 8 when File.Exists(path):
                File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddSeconds(random.Next(2_000_000_000)));
                break;
        }
    }

    // Room for something of this name.
    private static void Make(string top, string path)
    {
        Remove(path);
        var missing = new Stack<string>();
        for (var above = Path.GetDirectoryName(path)!; above.Length >= top.Length; above = Path.GetDirectoryName(above)!)
            missing.Push(above);
        foreach (var above in missing)
        {
            if (new FileInfo(above) is { LinkTarget: not null } || File.Exists(above))
                File.Delete(above);
            Directory.CreateDirectory(above);
        }
    }

    private static void Remove(string path)
    {
        if (new FileInfo(path) is { LinkTarget: null } && Directory.Exists(path))
            Directory.Delete(path, true);
        else if (Directory.Exists(Path.GetDirectoryName(path)))
            File.Delete(path);
    }

    private static Dictionary<string, byte[]> Files(string directory) =>
        Directory.EnumerateFiles(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Where(static f => new FileInfo(f).LinkTarget is null)
            .ToDictionary(f => Path.GetRelativePath(directory, f), File.ReadAllBytes);

    private static string Walk(string directory) => string.Concat(
        Directory.EnumerateFileSystemEntries(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(path => (Name: Path.GetRelativePath(directory, path), File: new FileInfo(path)))
            .OrderBy(static f => f.Name, StringComparer.Ordinal)
            .Select(static f => f.File switch
            {
                { LinkTarget: { } target } => $"{f.Name} -> {target}\n",
                { Exists: false } => $"{f.Name}/ {(int)f.File.UnixFileMode}\n",
                _ => $"{f.Name} {(int)f.File.UnixFileMode} {f.File.Length} {f.File.LastWriteTimeUtc.Ticks}\n",
            }));

    private static async Task<string> WalkAsync(Workplace place, DirectoryRef directory, string above)
    {
        var lines = new List<string>();
        foreach (var entry in await place.ListAsync(directory))
        {
            var name = above + entry.DisplayName;
            if (entry.Type == EntryType.Directory)
                lines.AddRange([$"{name}/ {entry.Mode}\n", .. (await WalkAsync(place, entry.Directory, name + "/")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => l + "\n")]);
            else
                lines.Add(entry.Type == EntryType.Link ? $"{name} -> {System.Text.Encoding.UTF8.GetString(entry.Target)}\n" : $"{name} {entry.Mode} {entry.Size} {entry.Modified.ToDateTimeOffset().UtcTicks}\n");
        }

        return string.Concat(lines);
    }
}
