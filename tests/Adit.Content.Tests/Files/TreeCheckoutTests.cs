using System.Diagnostics;
using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Content.Files;

public sealed class TreeCheckoutTests
{
    [Fact]
    public async Task What_was_scanned_and_checked_out_and_scanned_again_is_the_same_tree()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Names that are no UTF-8, modes and holes are of Linux.");
        await using var place = await Workplace.OpenAsync();
        foreach (var length in new[] { 0, 1, 128, 129, 16_384, 16_385, 300_000, 3_000_000 })
            place.Write($"files/{length}", length, length);
        File.WriteAllBytes(place.At("zeros"), new byte[2_000_000]);
        await Workplace.ShellAsync(
            place.Source,
            "touch -d '1999-12-31 23:59:59.123456789' files/1 && chmod 751 files/1 && ln -s /nowhere dangling && ln -s files/1 link && touch -hd '2001-01-01' link && mkdir -p deep/er/empty"
            + " && chmod 1700 deep && chmod 0 files/129 && printf x > \"$(printf 'no\\377utf8')\" && touch $(printf 'n%.0s' $(seq 255)) && touch -d '1960-01-01 00:00:00.5' old"
            + " && truncate -s 50M sparse && printf x | dd of=sparse bs=1 seek=30000000 conv=notrunc status=none");
        var result = await place.ScanAsync();
        var checkedOut = await place.CheckOutAsync(result.Root, options: new CheckoutOptions { IndexPath = place.IndexPath });
        Assert.Equal(result.Files, checkedOut.FilesWritten);
        Assert.Equal(Workplace.Describe(place.Source), Workplace.Describe(place.Copy));
        Assert.Equal(result.Root, (await place.ScanAsync(place.Copy)).Root);
        Assert.InRange(await BlocksAsync(place.Temp.File("copy/sparse")), 0, await BlocksAsync(place.At("sparse")));
        // And by the index nothing has to be read.
        var known = await place.ScanAsync(place.Copy, place.IndexPath);
        Assert.Equal((result.Root, 0), (known.Root, known.FilesRead));
        Assert.Equal(0, (await place.CheckOutAsync(result.Root, options: new CheckoutOptions { IndexPath = place.IndexPath })).FilesWritten);
    }

    [Fact]
    public async Task Attributes_of_users_come_back_and_those_of_the_system_are_not_given()
    {
        await using var place = await Workplace.OpenAsync();
        place.Write("f", 5);
        using var chunks = new ChunkWriter(place.Store);
        var writer = new DirectoryWriter();
        writer.Begin();
        writer.Add(new TreeEntry
        {
            Name = "f"u8.ToArray(), Type = EntryType.File, Mode = 0b110_100_100, Size = 1, Inline = [1],
            Attributes = [new("security.capability"u8.ToArray(), [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), new("user.empty"u8.ToArray(), []), new("user.note"u8.ToArray(), [1, 2, 0, 3])],
        });
        var root = await writer.FinishAsync(chunks, CancellationToken.None);
        await chunks.CompleteAsync(CancellationToken.None);
        await place.CheckOutAsync(root);
        var attributes = Assert.Single(await place.ListAsync((await place.ScanAsync(place.Copy)).Root)).Attributes;
        Assert.SkipUnless(attributes.Count > 0, "The file system here has no attributes.");
        Assert.Equal(["user.empty", "user.note"], attributes.Select(static a => System.Text.Encoding.UTF8.GetString(a.Name)));
        Assert.Equal([1, 2, 0, 3], attributes[1].Value);
    }

    [Fact]
    public async Task Hard_links_are_links_again_and_stay_so_when_one_is_added()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ln(1) is of Linux.");
        await using var place = await Workplace.OpenAsync();
        place.Write("m/a", 50_000);
        place.Write("m/inline", 5);
        await Workplace.ShellAsync(place.Source, "mkdir z && ln m/a z/b && ln m/inline z/inline");
        var first = await place.ScanAsync();
        await Workplace.ShellAsync(place.Source, "mkdir d && ln m/a d/c");
        var second = await place.ScanAsync();
        var options = new CheckoutOptions { IndexPath = place.IndexPath };
        await place.CheckOutAsync(first.Root, options: options);
        Assert.Equal("2 2 2 2", await LinksAsync("m/a z/b m/inline z/inline"));
        await place.CheckOutAsync(second.Root, options: options);
        Assert.Equal("3 3 3", await LinksAsync("m/a z/b d/c"));
        await place.CheckOutAsync(first.Root, options: options);
        Assert.Equal("2 2 2 2", await LinksAsync("m/a z/b m/inline z/inline"));

        async Task<string> LinksAsync(string names) => string.Join(' ', (await Workplace.ShellAsync(place.Copy, $"stat -c %h {names}")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task What_was_changed_here_is_named_and_nothing_is_written()
    {
        await using var place = await Workplace.OpenAsync();
        var (a, b) = await TwoTreesAsync(place);
        var options = new CheckoutOptions { IndexPath = place.IndexPath };
        await place.CheckOutAsync(a, options: options);
        File.WriteAllText(place.Temp.File("copy/changed"), "mine");
        File.AppendAllText(place.Temp.File("copy/removed"), "mine");
        File.WriteAllText(place.Temp.File("copy/added"), "in the way");
        File.WriteAllText(place.Temp.File("copy/untracked"), "mine");
        var before = Workplace.Describe(place.Copy);
        var refused = await Assert.ThrowsAsync<CheckoutConflictException>(() => place.CheckOutAsync(b, options: options));
        Assert.Equal(["added", "changed", "removed"], refused.Paths.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.EndsWith("and 2 more were changed here and would be lost: make a snapshot first, or overwrite. Nothing was written.", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Workplace.Describe(place.Copy));

        await place.CheckOutAsync(b, options: options with { Overwrite = true });
        Assert.Equal("mine", File.ReadAllText(place.Temp.File("copy/untracked")));
        File.Delete(place.Temp.File("copy/untracked"));
        Assert.Equal(b, (await place.ScanAsync(place.Copy)).Root);
        File.WriteAllText(place.Temp.File("copy/untracked"), "mine");
        await place.CheckOutAsync(b, options: options with { Overwrite = true, RemoveOthers = true });
        Assert.Equal(b, (await place.ScanAsync(place.Copy)).Root);
    }

    [Fact]
    public async Task What_was_not_changed_is_replaced_even_where_no_index_tells()
    {
        await using var place = await Workplace.OpenAsync();
        var (a, b) = await TwoTreesAsync(place);
        await place.CheckOutAsync(a);
        // What is there is what is wanted.
        await place.CheckOutAsync(a);
        foreach (var name in new[] { "changed", "removed", "becomes directory" })
            File.Delete(place.Temp.File($"copy/{name}"));
        Directory.Delete(place.Temp.File("copy/becomes file"), true);
        await place.CheckOutAsync(b);
        Assert.Equal(b, (await place.ScanAsync(place.Copy)).Root);
    }

    [Fact]
    public async Task An_untracked_file_in_a_directory_that_goes_stays_and_so_does_the_directory()
    {
        await using var place = await Workplace.OpenAsync();
        place.Write("d/e/f", 100);
        var a = (await place.ScanAsync()).Root;
        Directory.Delete(place.At("d"), true);
        place.Write("other", 10);
        var b = (await place.ScanAsync()).Root;
        var options = new CheckoutOptions { IndexPath = place.IndexPath };
        await place.CheckOutAsync(a, options: options);
        File.WriteAllText(place.Temp.File("copy/d/mine"), "mine");
        await place.CheckOutAsync(b, options: options);
        Assert.Equal(["d", "d/mine", "other"], Directory.EnumerateFileSystemEntries(place.Copy, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(place.Copy, f)).Order(StringComparer.Ordinal));
        Assert.Equal("mine", File.ReadAllText(place.Temp.File("copy/d/mine")));
        // The scan after it sees what the tree does not have.
        Assert.Equal(2, (await place.ScanAsync(place.Copy, place.IndexPath)).Root.Entries);
    }

    [Fact]
    public async Task What_is_to_be_kept_at_the_top_is_left_alone()
    {
        await using var place = await Workplace.OpenAsync();
        var (a, _) = await TwoTreesAsync(place);
        Directory.CreateDirectory(place.Temp.File("copy/.adit"));
        File.WriteAllText(place.Temp.File("copy/.adit/state"), "mine");
        await place.CheckOutAsync(a, options: new CheckoutOptions { Keep = [".adit"], Overwrite = true, RemoveOthers = true });
        Assert.Equal("mine", File.ReadAllText(place.Temp.File("copy/.adit/state")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_checkout_that_failed_anywhere_is_made_whole_by_the_next(bool isUpdate)
    {
        await using var place = await Workplace.OpenAsync();
        var (a, b) = await TwoTreesAsync(place);
        for (var read = 1; ; read++)
        {
            var directory = place.Temp.File($"copy{read}");
            var options = new CheckoutOptions { IndexPath = place.Temp.File($"index{read}") };
            if (isUpdate)
                await place.CheckOutAsync(a, directory, options);
            var store = new FailingStore(place.Store) { FailingRead = read };
            try
            {
                await place.CheckOutAsync(b, directory, options, store);
                Assert.True(store.Reads < read && read > 5);
                return;
            }
            catch (IOException e) when (e.Message == "The disk failed.")
            {
                Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }), static f => f.EndsWith('~'));
            }

            await place.CheckOutAsync(b, directory, options);
            Assert.Equal(b, (await place.ScanAsync(directory)).Root);
        }
    }

    [Fact]
    public async Task What_a_killed_checkout_left_is_gone_on_with()
    {
        await using var place = await Workplace.OpenAsync();
        var (a, b) = await TwoTreesAsync(place);
        var options = new CheckoutOptions { IndexPath = place.IndexPath };
        await place.CheckOutAsync(a, options: options);
        // A file half written, one not begun, one that was to take another's place, and a sparse one up to its hole.
        File.WriteAllBytes(place.Temp.File("copy/added"), File.ReadAllBytes(place.At("added"))[..70_000]);
        File.WriteAllBytes(place.Temp.File("copy/added2"), []);
        File.WriteAllBytes(place.Temp.File("copy/.adit-1-2-3~"), [1, 2, 3]);
        File.WriteAllBytes(place.Temp.File("copy/zeros"), new byte[400_000]);
        await place.CheckOutAsync(b, options: options);
        Assert.Equal(Workplace.Describe(place.Source), Workplace.Describe(place.Copy));
    }

    [Fact]
    public async Task A_full_disk_is_said_and_leaves_no_part_of_a_file()
    {
        await using var place = await Workplace.OpenAsync();
        for (var i = 0; i < 30; i++)
            place.Write($"d{i % 3}/{i}", 200_000, i);
        var root = (await place.ScanAsync()).Root;
        using var small = await TemporaryMount.MakeAsync(place.Temp.File("small"), "2m");
        var full = await Assert.ThrowsAsync<CannotWriteException>(() => place.CheckOutAsync(root, place.Temp.File("small/copy")));
        Assert.Matches("^'.*/small/copy/d[0-2]/[0-9]+' cannot be (written|made): .*No space left on device", full.Message);
        foreach (var file in Directory.EnumerateFiles(place.Temp.File("small/copy"), "*", SearchOption.AllDirectories))
            Assert.Equal(200_000, new FileInfo(file).Length);
    }

    [Fact]
    public async Task A_link_where_the_tree_has_a_directory_leads_nothing_outside()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Links are everybody's on Linux.");
        await using var place = await Workplace.OpenAsync();
        place.Write("a/b/f", 30);
        var root = (await place.ScanAsync()).Root;
        var outside = Directory.CreateDirectory(place.Temp.File("outside")).FullName;
        foreach (var link in new[] { "a", "a/b", "a/b/f" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(place.Temp.File($"copy/{link}"))!);
            File.CreateSymbolicLink(place.Temp.File($"copy/{link}"), link == "a/b/f" ? Path.Combine(outside, "f") : outside);
            await Assert.ThrowsAsync<CheckoutConflictException>(() => place.CheckOutAsync(root));
            await place.CheckOutAsync(root, options: new CheckoutOptions { Overwrite = true });
            Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
            Assert.Equal(root, (await place.ScanAsync(place.Copy)).Root);
            Directory.Delete(place.Copy, true);
        }

        // The tree's own link, and what follows it in the order of the names.
        Directory.Delete(place.At("a"), true);
        File.CreateSymbolicLink(place.At("a"), outside);
        place.Write("a0/f", 5);
        await place.CheckOutAsync((await place.ScanAsync()).Root);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    [Fact]
    public async Task A_directory_that_is_exchanged_for_a_link_meanwhile_gets_nothing_written_outside()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mv -T is of Linux.");
        await using var place = await Workplace.OpenAsync();
        for (var i = 0; i < 50; i++)
            place.Write($"d/e/{i}", 200, i);
        var a = (await place.ScanAsync()).Root;
        for (var i = 0; i < 50; i++)
            place.Write($"d/e/{i}", 200, i + 100);
        var b = (await place.ScanAsync()).Root;
        var outside = Directory.CreateDirectory(place.Temp.File("outside/e")).FullName;
        Directory.CreateDirectory(place.Copy);
        using var swapper = Process.Start("sh", ["-c", $"cd '{place.Copy}'; ln -s ../outside l; while :; do mv -T d x; mv -T l d; mv -T d l; mv -T x d; done 2>/dev/null"]);
        try
        {
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(4); i++)
            {
                try
                {
                    await place.CheckOutAsync(i % 2 == 0 ? a : b, options: new CheckoutOptions { Overwrite = true });
                }
                catch (IOException)
                {
                    // Something was there or gone that the checkout wanted otherwise: it says so and ends.
                }

                Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
            }
        }
        finally
        {
            swapper.Kill();
            await swapper.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_file_whose_chunk_has_another_length_is_damage_and_none_is_left()
    {
        await using var place = await Workplace.OpenAsync();
        using var chunks = new ChunkWriter(place.Store);
        var writer = new DirectoryWriter();
        writer.Begin();
        writer.Add(new TreeEntry { Name = "f"u8.ToArray(), Type = EntryType.File, Form = FileForm.Chunk, Size = 8, Content = chunks.Put(ChunkKind.Data, "seven.."u8) });
        var root = await writer.FinishAsync(chunks, CancellationToken.None);
        await chunks.CompleteAsync(CancellationToken.None);
        await Assert.ThrowsAsync<DamagedContentException>(() => place.CheckOutAsync(root));
        Assert.Empty(Directory.EnumerateFileSystemEntries(place.Copy));
    }

    // Leaves the second in the source.
    private static async Task<(DirectoryRef A, DirectoryRef B)> TwoTreesAsync(Workplace place)
    {
        place.Write("changed", 150_000, 1);
        place.Write("removed", 500, 2);
        place.Write("same/small", 40, 3);
        place.Write("same/list", 1_000_000, 3);
        place.Write("becomes directory", 30, 4);
        place.Write("becomes file/x/y", 3000, 5);
        var a = (await place.ScanAsync()).Root;
        place.Write("changed", 150_000, 11);
        File.Delete(place.At("removed"));
        File.Delete(place.At("becomes directory"));
        place.Write("becomes directory/f", 2000, 6);
        Directory.Delete(place.At("becomes file"), true);
        place.Write("becomes file", 20, 7);
        place.Write("added", 100_000, 8);
        place.Write("added2", 10_000, 8);
        File.WriteAllBytes(place.At("zeros"), new byte[1_000_000]);
        return (a, (await place.ScanAsync()).Root);
    }

    private static async Task<long> BlocksAsync(string path) => long.Parse(await Workplace.RunAsync("stat", "-c", "%b", path));
}
