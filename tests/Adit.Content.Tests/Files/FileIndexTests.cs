using System.Diagnostics;
using Adit.Testing;

namespace Adit.Content.Files;

public sealed class FileIndexTests
{
    [Fact]
    public async Task What_is_old_and_unchanged_is_not_read_again()
    {
        await using var place = await Workplace.OpenAsync();
        for (var i = 0; i < 300; i++)
            place.Write($"{i % 5}/{i % 11}/{i}", i * 20, i);
        var first = await place.ScanAsync(index: place.IndexPath);
        Assert.Equal(300, first.FilesRead);
        var second = await place.ScanAsync(index: place.IndexPath);
        Assert.Equal((first.Root, 0, 300, 0), (second.Root, second.FilesRead, second.Files, second.BytesRead));
        Assert.Equal((0, 0), (second.NewChunks, second.StoredBytes));
    }

    [Fact]
    public async Task What_is_young_is_read_again_until_it_is_old()
    {
        await using var place = await Workplace.OpenAsync();
        place.Write("f", 100);
        var now = new DateTimeOffset(File.GetLastWriteTimeUtc(place.At("f")));
        foreach (var (later, read) in new[] { (0, 1), (0, 1), (10, 1), (3000, 1), (3000, 0), (0, 0) })
        {
            var options = new ScanOptions { Time = new ManualTimeProvider(now.AddMilliseconds(later)) };
            Assert.Equal(read, (await place.ScanAsync(index: place.IndexPath, options: options)).FilesRead);
        }
    }

    [Theory]
    [InlineData("chmod 600 d/f")]
    [InlineData("touch d/f")]
    [InlineData("touch -r d/f ref && printf XYZ | dd of=d/f conv=notrunc status=none && touch -r ref d/f && rm ref")]
    [InlineData("mv d/f d/h")]
    [InlineData("mv d/f e/f")]
    [InlineData("mv d/f d/x && mv d/g d/f && mv d/x d/g")]
    [InlineData("rm d/f")]
    [InlineData("rm d/f && mkdir d/f")]
    [InlineData("rm d/f && ln -s g d/f")]
    [InlineData("rm -r d && printf x > d")]
    [InlineData("mv d x && mv e d && mv x e")]
    [InlineData("mkdir d/new")]
    [InlineData("rmdir d/empty")]
    [InlineData("chmod 700 d/empty")]
    [InlineData("ln -sfn elsewhere d/link")]
    [InlineData("ln d/f d/hard")]
    [InlineData("printf f > d/.aditignore")]
    [InlineData("printf f > .aditignore")]
    public async Task Whatever_is_done_to_a_file_is_noticed(string script)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sh(1) is of Linux.");
        await using var place = await Workplace.OpenAsync();
        foreach (var name in new[] { "d/f", "d/g", "e/e", "top" })
            place.Write(name, 2000, name[^1]);
        Directory.CreateDirectory(place.At("d/empty"));
        File.CreateSymbolicLink(place.At("d/link"), "f");
        var before = await place.ScanAsync(index: place.IndexPath);
        await Workplace.ShellAsync(place.Source, script);
        var after = await place.ScanAsync(index: place.IndexPath);
        Assert.NotEqual(before.Root, after.Root);
        Assert.Equal((await place.ScanAsync()).Root, after.Root);
        Assert.Equal(after.Root, (await place.ScanAsync(index: place.IndexPath)).Root);
    }

    [Fact]
    public async Task A_file_that_is_in_the_index_and_of_which_one_byte_anywhere_is_another_is_as_if_there_were_none()
    {
        await using var place = await Workplace.OpenAsync();
        for (var i = 0; i < 20; i++)
            place.Write($"{i % 3}/{i}", 100, i);
        var root = (await place.ScanAsync(index: place.IndexPath)).Root;
        var whole = File.ReadAllBytes(place.IndexPath);
        var random = new Random(3);
        for (var i = 0; i < 150; i++)
        {
            var torn = whole.ToArray();
            if (i % 3 == 0)
                Array.Resize(ref torn, random.Next(whole.Length));
            else if (i % 3 == 1)
                torn[random.Next(whole.Length)] ^= (byte)random.Next(1, 256);
            else
                random.NextBytes(torn.AsSpan(random.Next(whole.Length)));
            File.WriteAllBytes(place.IndexPath, torn);
            Assert.Equal(root, (await place.ScanAsync(index: place.IndexPath)).Root);
            Assert.Equal(0, (await place.ScanAsync(index: place.IndexPath)).FilesRead);
        }
    }

    [Fact]
    public async Task What_a_scan_that_was_killed_added_is_cut_off()
    {
        using var directory = new TempDirectory();
        using (var index = FileIndex.Open(directory.File("index")))
        {
            using var block = IndexBlock.Make(default, [], [1, 2, 3]);
            index.Commit(index.Add(block));
        }

        var length = new FileInfo(directory.File("index")).Length;
        File.AppendAllText(directory.File("index"), "what was added and never committed");
        using (var index = FileIndex.Open(directory.File("index")))
            Assert.NotNull(index.Read(index.Root));
        Assert.Equal(length, new FileInfo(directory.File("index")).Length);
    }

    [Fact]
    public async Task An_index_that_is_in_use_is_refused_with_a_sentence()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "flock(1) is of Linux.");
        await using var place = await Workplace.OpenAsync();
        using (FileIndex.Open(place.IndexPath))
            await RefusedAsync();
        using var other = Process.Start(new ProcessStartInfo("flock", ["-x", place.IndexPath, "sh", "-c", "echo ready; exec cat"]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        Assert.Equal("ready", await other.StandardOutput.ReadLineAsync());
        await RefusedAsync();
        other.Kill(entireProcessTree: true);
        await other.WaitForExitAsync();
        // What it started ends a moment later.
        await Eventually.HoldsAsync(() => Unlocked(place.IndexPath), "the index is free");
        await place.ScanAsync(index: place.IndexPath);
        var directory = Assert.Throws<IOException>(() => FileIndex.Open(place.Source));
        Assert.StartsWith($"The index '{place.Source}' cannot be opened: ", directory.Message, StringComparison.Ordinal);

        static bool Unlocked(string path)
        {
            using var flock = Process.Start("flock", ["-n", "-x", path, "true"]);
            flock.WaitForExit();
            return flock.ExitCode == 0;
        }

        async Task RefusedAsync()
        {
            var refused = await Assert.ThrowsAsync<IOException>(() => place.ScanAsync(index: place.IndexPath));
            Assert.Equal($"The index '{place.IndexPath}' is in use by another scan or checkout of its directory: wait until that is over, and try again.", refused.Message);
        }
    }

    [Fact]
    public async Task An_index_that_is_mostly_what_is_forgotten_is_made_small_and_knows_as_much()
    {
        await using var place = await Workplace.OpenAsync();
        for (var i = 0; i < 3000; i++)
            place.Write($"{i % 3}/{i}", 3, i);
        var lengths = new List<long>();
        for (var i = 0; i < 130; i++)
        {
            // Each time the block of a directory with a thousand names is another.
            place.Write($"{i % 3}/one", 10, i);
            var scanned = await place.ScanAsync(index: place.IndexPath);
            Assert.InRange(scanned.FilesRead, 1, i == 0 ? 3001 : 1);
            lengths.Add(new FileInfo(place.IndexPath).Length);
        }

        Assert.InRange(lengths.Max(), 15 << 20, 19 << 20);
        Assert.Contains(lengths, static l => l < 2 << 20);
        Assert.True(lengths[^1] < lengths.Max());
        Assert.False(File.Exists(place.IndexPath + ".new"));
        var last = await place.ScanAsync(index: place.IndexPath);
        Assert.Equal((0, (await place.ScanAsync()).Root), (last.FilesRead, last.Root));
    }
}
