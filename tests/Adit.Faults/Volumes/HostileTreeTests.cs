using System.Net;
using System.Security.Cryptography;
using System.Text;
using Adit.Faults.Stage;
using Adit.Testing;
using ZstdSharp;

namespace Adit.Faults.Volumes;

/// <summary>Trees and frames that nobody's scan makes: the hub refuses them soon, and takes no more memory for them than for others.</summary>
public sealed class HostileTreeTests(HostileTreeTests.OneHub one) : IClassFixture<HostileTreeTests.OneHub>
{
    private const long MostMemory = 600L << 20;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    private VolumeHub Volumes => one.Volumes;

    /// <summary>Names that are none, as Latin-1.</summary>
    public static readonly TheoryData<string> Names = ["", ".", "..", "a/b", "/a", "a\0b", "\0", new string('n', 256)];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Names))]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        var tree = new RawTree(Volumes);
        await RefusedAsync(tree, tree.Directory(1, 1, RawTree.Inline(Encoding.Latin1.GetBytes(name))));
    }

    [Fact(Timeout = 60_000)]
    public async Task Names_of_255_bytes_and_of_no_text_are_taken()
    {
        var tree = new RawTree(Volumes);
        var root = tree.Directory(3, 3, RawTree.Inline([1, 2, 3]), RawTree.Inline([.. Enumerable.Repeat((byte)'n', 255)]), RawTree.Inline([0xFF, 0xFE]));
        await tree.SendAsync();
        Assert.Equal(HttpStatusCode.Created, (await tree.CommitAsync(root)).Status);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("b", "a")]
    [InlineData("a", "a")]
    public async Task Names_that_are_not_in_order_or_twice_there_are_refused(string first, string second)
    {
        var tree = new RawTree(Volumes);
        await RefusedAsync(tree, tree.Directory(2, 2, RawTree.Inline(Encoding.UTF8.GetBytes(first)), RawTree.Inline(Encoding.UTF8.GetBytes(second))));
    }

    [Fact(Timeout = 60_000)]
    public async Task Sums_that_are_not_so_are_refused()
    {
        var tree = new RawTree(Volumes);
        var below = tree.Directory(1, 1, RawTree.Inline("a"u8.ToArray()));
        await RefusedAsync(tree, tree.Directory(2, 1, RawTree.Beneath("d", below with { Files = 2 })));
        await RefusedAsync(tree, below with { Bytes = 2 });
        await RefusedAsync(tree, below with { Entries = 0 });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tree_is_a_thousand_directories_deep_and_no_deeper()
    {
        var tree = new RawTree(Volumes);
        var directory = tree.Directory(0, 0);
        for (var depth = 1; depth < 1000; depth++)
            directory = tree.Directory(0, 0, RawTree.Beneath("d", directory));
        await tree.SendAsync();
        Assert.Equal(HttpStatusCode.Created, (await tree.CommitAsync(directory)).Status);
        await RefusedAsync(tree, tree.Directory(0, 0, RawTree.Beneath("d", directory)));
        // The check and a collection walk through it too.
        Assert.DoesNotContain((await Volumes.CheckAsync()).Findings, static f => f.Contains("not whole", StringComparison.Ordinal));
        using var api = Volumes.Api();
        await api.CollectStoreAsync(Deadline);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_directory_that_was_seen_higher_up_is_not_forgotten_to_be_deep()
    {
        var tree = new RawTree(Volumes);
        var directory = tree.Directory(0, 0);
        for (var depth = 1; depth < 600; depth++)
            directory = tree.Directory(0, 0, RawTree.Beneath("d", directory));
        var deep = directory;
        for (var depth = 0; depth < 500; depth++)
            deep = tree.Directory(0, 0, RawTree.Beneath("e", deep));
        await RefusedAsync(tree, tree.Directory(0, 0, RawTree.Beneath("a", directory), RawTree.Beneath("b", deep)));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Directories_that_are_in_each_other_twice_are_no_tree_of_billions(bool hasFile)
    {
        var tree = new RawTree(Volumes);
        var directory = hasFile ? tree.Directory(1, 1, RawTree.Inline("f"u8.ToArray())) : tree.Directory(0, 0);
        for (var depth = 0; depth < 60; depth++)
            directory = tree.Directory(2 * directory.Files, 2 * directory.Bytes, RawTree.Beneath("a", directory), RawTree.Beneath("b", directory));
        await RefusedAsync(tree, directory);
    }

    [Fact(Timeout = 60_000)]
    public async Task Lists_that_are_in_each_other_many_times_are_no_file()
    {
        var tree = new RawTree(Volumes);
        var id = tree.List(0, [.. Enumerable.Repeat(RawTree.Varint(3), 128)]); // 128 holes of a byte.
        ulong length = 128;
        for (byte level = 1; level <= 7; level++)
        {
            byte[] item = [.. RawTree.Varint(length), .. id];
            id = tree.List(level, [.. Enumerable.Repeat(item, 128)]);
            length *= 128;
        }

        await RefusedAsync(tree, tree.Directory(1, length, RawTree.File("f", 2, length, id)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Sizes_that_add_up_to_more_than_there_can_be_are_refused()
    {
        var tree = new RawTree(Volumes);
        const ulong Half = 1UL << 62;
        var list = tree.List(0, RawTree.Varint((Half << 1) | 1));
        await RefusedAsync(tree, tree.Directory(3, Half, RawTree.File("a", 2, Half, list), RawTree.File("b", 2, Half, list), RawTree.File("c", 2, Half, list)));
        var two = tree.List(0, RawTree.Varint((Half << 1) | 1), RawTree.Varint((Half << 1) | 1));
        await RefusedAsync(tree, tree.Directory(1, Half, RawTree.File("a", 2, Half, two)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Pages_that_are_none_and_chunks_that_are_missing_are_refused()
    {
        var tree = new RawTree(Volumes);
        foreach (var page in new byte[][] { [0], [1, 8, 0], [2, 0, 0], [1, 0, 1], [1, 0, 0, 0], [1, 1, 0], [1, 0, 0x81, 0x20], [1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1] })
            await RefusedAsync(tree, new RawDirectory(tree.Add(2, page), 0, 0, 0));
        var (status, text) = await tree.CommitAsync(tree.Directory(1, 500, RawTree.File("a", 1, 500, SHA256.HashData("never sent"u8))) with { Id = SHA256.HashData("nor this"u8) });
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("missing-chunks", text, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Frames_that_hold_other_than_they_say_are_refused()
    {
        var tree = new RawTree(Volumes);
        using var compressor = new Compressor();
        var chunk = Encoding.UTF8.GetBytes(new string('z', 1000));
        var (id, bomb) = (SHA256.HashData(chunk), compressor.Wrap(new byte[512 << 20]).ToArray());
        (string What, byte[] Frame)[] frames =
        [
            ("claims 2 MiB and has 1,000 bytes", RawTree.Frame(1, 2 << 20, compressor.Wrap(chunk).ToArray(), (id, 1 << 20, 0), (id, 1 << 20, 0))),
            ("claims 1,000 bytes and has 512 MiB", RawTree.Frame(1, 1000, bomb.Length < 1000 ? bomb : bomb[..999], (id, 1000, 0))),
            ("claims more than 2 MiB", RawTree.Frame(1, (2 << 20) + 1, bomb, (id, 1 << 20, 0), (id, 1 << 20, 0), (id, 1, 0))),
            ("claims 2 MiB and has 512", RawTree.Frame(1, 2 << 20, bomb, (id, 1 << 20, 0), (id, 1 << 20, 0))),
            ("lengths that do not add up", RawTree.Frame(0, 1000, chunk, (id, 999, 0))),
            ("a chunk of another id", RawTree.Frame(0, 1000, chunk, (SHA256.HashData("x"u8), 1000, 0))),
            ("a kind that is none", RawTree.Frame(0, 1000, chunk, (id, 1000, 4))),
            ("no chunk", RawTree.Frame(0, 1000, chunk)),
            ("4,097 chunks", RawTree.Frame(0, 4097, new byte[4097], [.. Enumerable.Repeat((SHA256.HashData([0]), 1, (byte)0), 4097)])),
            ("a chunk of no bytes", RawTree.Frame(0, 1000, chunk, (id, 1000, 0), (SHA256.HashData([]), 0, 0))),
            ("a codec that is none", RawTree.Frame(7, 1000, chunk, (id, 1000, 0))),
            ("more bytes than it says", [.. RawTree.Frame(0, 1000, chunk, (id, 1000, 0)), 1]),
            ("half of it", RawTree.Frame(0, 1000, chunk, (id, 1000, 0))[..500]),
            ("random bytes", RandomBytes(100_000)),
        ];
        foreach (var (what, frame) in frames)
        {
            var (status, text) = await tree.AddAsync(frame).WaitAsync(Soon, Deadline);
            Assert.True(status == HttpStatusCode.BadRequest, $"{what}: {status} {text}");
        }

        BoundedMemory();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_link_that_leads_out_is_never_followed_by_a_pull()
    {
        using var outside = new TempDirectory();
        outside.Write("kept", "kept");
        var directory = Volumes.Directory();
        Directory.CreateDirectory(directory);
        File.CreateSymbolicLink(Path.Combine(directory, "door"), outside.Path);
        File.CreateSymbolicLink(Path.Combine(directory, "name"), outside.File("kept"));
        var first = (await Volumes.PushAsync(directory)).Created.Snapshot.Id;
        File.Delete(Path.Combine(directory, "door"));
        File.Delete(Path.Combine(directory, "name"));
        Directory.CreateDirectory(Path.Combine(directory, "door"));
        await File.WriteAllTextAsync(Path.Combine(directory, "door", "kept"), "other", Deadline);
        await File.WriteAllTextAsync(Path.Combine(directory, "door", "new"), "new", Deadline);
        await File.WriteAllTextAsync(Path.Combine(directory, "name"), "other", Deadline);
        var second = (await Volumes.PushAsync(directory)).Created.Snapshot.Id;

        // From links to files and directories in their place, and back.
        var pulled = await Volumes.PullAsync(first);
        Assert.Equal(outside.Path, new FileInfo(Path.Combine(pulled, "door")).LinkTarget);
        await Volumes.PullAsync(second, pulled);
        Assert.Equal(VolumeHub.Content(directory), VolumeHub.Content(pulled));
        await Volumes.PullAsync(first, pulled);
        Assert.Equal(outside.Path, new FileInfo(Path.Combine(pulled, "door")).LinkTarget);

        // A link of somebody else's in the place of a directory is no way out either.
        var trap = Volumes.Directory();
        Directory.CreateDirectory(trap);
        File.CreateSymbolicLink(Path.Combine(trap, "door"), outside.Path);
        await Assert.ThrowsAnyAsync<IOException>(() => Volumes.PullAsync(second, trap));
        Assert.Equal("kept", await File.ReadAllTextAsync(outside.File("kept"), Deadline));
        Assert.Equal([outside.File("kept")], Directory.GetFileSystemEntries(outside.Path));
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(3).NextBytes(bytes);
        return bytes;
    }

    private async Task RefusedAsync(RawTree tree, RawDirectory root)
    {
        await tree.SendAsync();
        var (status, text) = await tree.CommitAsync(root).WaitAsync(Soon, Deadline);
        Assert.True(status == HttpStatusCode.BadRequest, $"{status} {text}");
        Assert.Contains("This is no tree: ", text, StringComparison.Ordinal);
        BoundedMemory();
    }

    private void BoundedMemory() => Assert.InRange(Volumes.Hub.Process.ResidentBytes, 0, MostMemory);

    /// <summary>One hub for all of them: what one leaves is nothing to the next.</summary>
    public sealed class OneHub : IAsyncLifetime
    {
        internal VolumeHub Volumes { get; private set; } = null!;

        /// <inheritdoc/>
        public async ValueTask InitializeAsync() => Volumes = await VolumeHub.StartAsync();

        /// <inheritdoc/>
        public ValueTask DisposeAsync() => Volumes.DisposeAsync();
    }
}
