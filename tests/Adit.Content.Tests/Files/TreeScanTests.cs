using System.Diagnostics;
using Adit.Content.Trees;

namespace Adit.Content.Files;

public sealed class TreeScanTests
{
    [Fact]
    public async Task An_empty_directory_and_empty_directories_in_it_are_kept()
    {
        await using var place = await Workplace.OpenAsync();
        var empty = await place.ScanAsync();
        Assert.Equal((0, 0, 0), (empty.Root.Entries, empty.Root.Files, empty.Root.Bytes));
        Directory.CreateDirectory(place.At("a/b"));
        var nested = await place.ScanAsync();
        Assert.Equal((1, 0), (nested.Root.Entries, nested.Root.Files));
        Assert.Equal(EntryType.Directory, Assert.Single(await place.ListAsync(nested.Root)).Type);
        Assert.Equal(3, nested.Directories);
    }

    [Fact]
    public async Task Modes_times_links_attributes_and_names_are_kept_as_they_are()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Names that are no UTF-8 and modes are of Linux.");
        await using var place = await Workplace.OpenAsync();
        place.Write("f", 5);
        place.Write("large", 700_000);
        await Workplace.ShellAsync(
            place.Source,
            "touch -d '1999-12-31 23:59:59.123456789' f && chmod 4751 f && ln -s /nowhere/at/all dangling && ln -s f link && ln f hard"
            + " && printf x > \"$(printf 'no\\377utf8')\" && touch $(printf 'n%.0s' $(seq 255)) && touch -d '1960-01-01 00:00:00.5' old && mkdir -m 1700 sticky");
        var result = await place.ScanAsync();
        Assert.Empty(result.Warnings);
        var entries = await place.ListAsync(result.Root);
        var f = entries.Single(static e => e.DisplayName == "f");
        Assert.Equal(new FileTime(946684799, 123456789), f.Modified);
        Assert.Equal(0b111_101_001, f.Mode);
        Assert.Equal(f.HardLink, entries.Single(static e => e.DisplayName == "hard").HardLink);
        Assert.NotEqual(0UL, f.HardLink);
        Assert.Equal("/nowhere/at/all"u8.ToArray(), entries.Single(static e => e.DisplayName == "dangling").Target);
        Assert.Equal(EntryType.Link, entries.Single(static e => e.DisplayName == "link").Type);
        Assert.Contains(entries, static e => e.Name.AsSpan().SequenceEqual("no\u00ff"u8[..2]) || e.Name.AsSpan().IndexOf((byte)0xFF) == 2);
        Assert.Contains(entries, static e => e.Name.Length == 255);
        Assert.Equal(new FileTime(-315619200, 500_000_000), entries.Single(static e => e.DisplayName == "old").Modified);
        Assert.Equal(0b1_111_000_000, entries.Single(static e => e.DisplayName == "sticky").Mode);
        Assert.Equal(FileForm.List, entries.Single(static e => e.DisplayName == "large").Form);
        Assert.Equal(entries.Sum(static e => e.Type == EntryType.File ? e.Size : 0), result.Root.Bytes);
        Assert.Empty(await new TreeVerifier(place.Store).VerifyAsync(result.Root, default, CancellationToken.None));
    }

    [Fact]
    public async Task Sockets_pipes_and_what_a_killed_checkout_left_are_left_out_and_the_first_two_are_told()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo(1) is of Linux.");
        await using var place = await Workplace.OpenAsync();
        place.Write("f", 5);
        File.WriteAllText(place.At(".adit-1-2-3~"), "half");
        await Workplace.ShellAsync(place.Source, "mkfifo pipe");
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(place.At("socket")));
        var result = await place.ScanAsync();
        Assert.Equal(["f"], (await place.ListAsync(result.Root)).Select(static e => e.DisplayName));
        Assert.Equal(2, result.WarningCount);
        Assert.Contains(result.Warnings, w => w == $"'{place.At("pipe")}' is a socket, a pipe or a device: it was left out.");
        File.WriteAllText(place.At(".aditignore"), "pipe\nsocket\n");
        Assert.Empty((await place.ScanAsync()).Warnings);
    }

    [Fact]
    public async Task What_cannot_be_read_is_named_and_nothing_is_made_unless_it_is_to_be_left_out()
    {
        // The kernel refuses to read this even to root.
        const string Directory = "/proc/sys/net/ipv4/route";
        Assert.SkipUnless(File.Exists($"{Directory}/flush"), "There is no file here that nobody can read.");
        await using var place = await Workplace.OpenAsync();
        var refused = await Assert.ThrowsAsync<UnreadableException>(() => place.ScanAsync(Directory, place.IndexPath));
        Assert.Equal($"'{Directory}/flush' cannot be read: Permission denied. Nothing was made.", refused.Message);
        Assert.Single(refused.Problems);
        var result = await place.ScanAsync(Directory, place.IndexPath, new ScanOptions { SkipUnreadable = true });
        Assert.Contains(result.Warnings, static w => w.Contains("/flush' cannot be read", StringComparison.Ordinal));
        Assert.DoesNotContain(await place.ListAsync(result.Root), static e => e.DisplayName == "flush");
        Assert.True(result.Root.Files > 3);
    }

    [Fact]
    public async Task A_directory_that_is_not_there_is_a_sentence()
    {
        await using var place = await Workplace.OpenAsync();
        var refused = await Assert.ThrowsAnyAsync<IOException>(() => place.ScanAsync(place.At("none")));
        Assert.Equal($"'{place.At("none")}' cannot be read: No such file or directory.", refused.Message);
    }

    [Fact]
    public async Task What_aditignore_names_is_left_out_in_its_directory_and_below()
    {
        await using var place = await Workplace.OpenAsync();
        foreach (var name in new[] { "a.log", "keep.log", "build/x", "src/build", "src/b.log", "src/deep/c.log", "src/deep/only" })
            place.Write(name, 3);
        File.WriteAllText(place.At(".aditignore"), "*.log\n!keep.log\n/build/\n");
        File.WriteAllText(place.At("src/.aditignore"), "!deep/c.log\nonly\n");
        var result = await place.ScanAsync(options: new ScanOptions { Ignore = ["/src/build"] });
        await place.CheckOutAsync(result.Root);
        Assert.Equal(
            ".aditignore keep.log src/.aditignore src/deep/c.log",
            string.Join(' ', Directory.EnumerateFiles(place.Copy, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(place.Copy, f)).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Rules_that_cannot_be_used_stop_the_scan_with_a_sentence()
    {
        await using var place = await Workplace.OpenAsync();
        place.Write(".aditignore", IgnoreRules.MaxBytes + 1);
        var refused = await Assert.ThrowsAsync<UnreadableException>(() => place.ScanAsync());
        Assert.StartsWith($"'{place.At(".aditignore")}' cannot be used: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_file_system_beneath_is_left_out_with_a_warning()
    {
        await using var place = await Workplace.OpenAsync();
        place.Write("mount/hidden", 5);
        using var mounted = await TemporaryMount.MakeAsync(place.At("mount"), "1m");
        File.WriteAllText(place.At("mount/there"), "x");
        place.Write("f", 5);
        for (var i = 0; i < 2; i++)
        {
            var result = await place.ScanAsync(index: place.IndexPath);
            Assert.Equal([$"'{place.At("mount")}' is another file system: what is in it was left out."], result.Warnings);
            Assert.Equal("f", Assert.Single(await place.ListAsync(result.Root)).DisplayName);
        }
    }

    [Theory]
    [InlineData(900, true)]
    [InlineData(1100, false)]
    public async Task A_tree_may_be_deep_but_not_deeper_than_it_can_be_read(int depth, bool isKept)
    {
        await using var place = await Workplace.OpenAsync();
        Directory.CreateDirectory(place.At(string.Join('/', Enumerable.Repeat("d", depth))));
        place.Write("f", 3);
        if (isKept)
        {
            var result = await place.ScanAsync(index: place.IndexPath);
            Assert.Equal(depth + 1, result.Directories);
            Assert.Equal(result.Root, (await place.ScanAsync(index: place.IndexPath)).Root);
            await place.CheckOutAsync(result.Root);
            Assert.Equal(result.Root, (await place.ScanAsync(place.Copy)).Root);
        }
        else
        {
            var refused = await Assert.ThrowsAsync<UnreadableException>(() => place.ScanAsync());
            Assert.Contains("directories more than 1000 deep: nothing beneath it can be kept.", refused.Message, StringComparison.Ordinal);
            Assert.Equal(2, (await place.ScanAsync(options: new ScanOptions { SkipUnreadable = true })).Root.Entries);
        }
    }

    [Fact]
    public async Task A_file_that_is_written_all_the_time_is_kept_and_said_to_be_a_mixture()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sh(1) is of Linux.");
        await using var place = await Workplace.OpenAsync();
        place.Write("busy", 30_000_000);
        place.Write("still", 300);
        using var writer = Process.Start("sh", ["-c", $"while :; do printf x >> '{place.At("busy")}'; done"]);
        try
        {
            var fuzzy = false;
            for (var i = 0; i < 20 && !fuzzy; i++)
            {
                var result = await place.ScanAsync(index: place.IndexPath);
                var busy = (await place.ListAsync(result.Root)).Single(static e => e.DisplayName == "busy");
                fuzzy = busy.IsFuzzy;
                Assert.Equal(fuzzy ? 1 : 0, result.WarningCount);
                Assert.Equal(busy.Size + 300, result.Root.Bytes);
                Assert.Empty(await new TreeVerifier(place.Store).VerifyAsync(result.Root, default, CancellationToken.None));
            }

            Assert.True(fuzzy);
        }
        finally
        {
            writer.Kill();
            await writer.WaitForExitAsync();
        }

        Assert.False((await place.ListAsync((await place.ScanAsync(index: place.IndexPath)).Root)).Single(static e => e.DisplayName == "busy").IsFuzzy);
    }

    [Fact]
    public async Task A_directory_that_is_exchanged_for_a_link_meanwhile_leads_nowhere_outside()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "renameat2(2) by mv -T is of Linux.");
        await using var place = await Workplace.OpenAsync();
        Directory.CreateDirectory(place.Temp.File("outside"));
        File.WriteAllText(place.Temp.File("outside/secret"), "secret");
        place.Write("d/f", 3);
        using var swapper = Process.Start("sh", ["-c", $"cd '{place.Source}'; ln -s ../outside l; while :; do mv -T d x; mv -T l d; mv -T d l; mv -T x d; done"]);
        try
        {
            var started = Stopwatch.GetTimestamp();
            var scans = 0;
            for (; Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(4); scans++)
            {
                var result = await place.ScanAsync(options: new ScanOptions { SkipUnreadable = true });
                foreach (var directory in (await place.ListAsync(result.Root)).Where(static e => e.Type == EntryType.Directory))
                    Assert.DoesNotContain(await place.ListAsync(directory.Directory), static e => e.DisplayName == "secret");
            }

            Assert.True(scans > 10);
        }
        finally
        {
            swapper.Kill();
            await swapper.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Zeros_are_kept_alike_whether_they_take_space_or_not_and_are_not_read_where_they_do_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "truncate(1) is of Linux.");
        await using var place = await Workplace.OpenAsync();
        var random = Workplace.Bytes(100_000, 7);
        foreach (var name in new[] { "sparse", "dense" })
        {
            using var file = File.OpenHandle(place.At(name), FileMode.Create, FileAccess.Write);
            if (name == "dense")
                RandomAccess.Write(file, new byte[9_000_000], 0);
            RandomAccess.Write(file, random, 5000);
            RandomAccess.Write(file, random, 3_000_001);
            RandomAccess.SetLength(file, 9_000_000);
        }

        await Workplace.ShellAsync(place.Source, "truncate -s 2T empty");
        var result = await place.ScanAsync();
        var entries = (await place.ListAsync(result.Root)).ToDictionary(static e => e.DisplayName);
        Assert.Equal(entries["dense"].Content, entries["sparse"].Content);
        Assert.InRange(result.BytesRead, 9_000_000, 9_000_000 + 8_000_000);
        Assert.Equal(1L << 41, entries["empty"].Size);
        Assert.True(Assert.Single(await new TreeReader(place.Store).PartsAsync(entries["empty"]).ToArrayAsync()).IsHole);
    }

    [Fact]
    public async Task What_the_store_throws_ends_the_scan_and_no_directory_stays_open()
    {
        await using var place = await Workplace.OpenAsync();
        for (var i = 0; i < 200; i++)
            place.Write($"{i % 7}/{i % 13}/{i}", 20_000, i);
        var open = OpenFiles();
        for (var add = 1; add < 8; add++)
        {
            var store = new Chunks.FailingStore(place.Store) { FailingAdd = add % 4 == 0 ? 0 : 1, FailsToFind = add % 4 == 0 };
            var failure = await Assert.ThrowsAsync<IOException>(() => TreeScan.RunAsync(store, place.Source, new ScanOptions { Workers = 3, IndexPath = place.IndexPath }, CancellationToken.None));
            Assert.Equal("The disk failed.", failure.Message);
        }

        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TreeScan.RunAsync(place.Store, place.Source, new ScanOptions(), cancelled.Token));
        Assert.InRange(OpenFiles(), 0, open + 3);
        await Assert.ThrowsAsync<IOException>(() => TreeScan.RunAsync(new Chunks.FailingStore(place.Store) { FailsToFlush = true }, place.Source, new ScanOptions { IndexPath = place.IndexPath }, CancellationToken.None));
        // What was not flushed is read again.
        Assert.Equal(200, (await place.ScanAsync(index: place.IndexPath)).FilesRead);

        int OpenFiles() => Directory.Exists("/proc/self/fd")
            ? Directory.GetFileSystemEntries("/proc/self/fd").Count(fd => new FileInfo(fd).LinkTarget?.StartsWith(place.Source, StringComparison.Ordinal) == true) : 0;
    }
}
