using System.Buffers.Binary;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Volumes;

/// <summary>What a disk does to a hub that is stopped: it starts, says what is damaged and which snapshots that is, gives what is right, and a push of the same files mends it.</summary>
public sealed class DamageTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    /// <summary>What becomes of a pack.</summary>
    public enum Damage
    {
        /// <summary>A bit in the first frame's body.</summary>
        Body,

        /// <summary>The first frame's magic.</summary>
        FrameHeader,

        /// <summary>A bit in the footer.</summary>
        Footer,

        /// <summary>The file's own magic.</summary>
        FileHeader,

        /// <summary>Half of it is gone.</summary>
        Truncated,

        /// <summary>All of it is gone.</summary>
        Deleted,
    }

    [Theory(Timeout = 120_000)]
    [InlineData(Damage.Body, true)]
    [InlineData(Damage.Body, false)]
    [InlineData(Damage.FrameHeader, true)]
    [InlineData(Damage.FrameHeader, false)]
    [InlineData(Damage.Footer, true)]
    [InlineData(Damage.FileHeader, true)]
    [InlineData(Damage.Truncated, true)]
    [InlineData(Damage.Truncated, false)]
    [InlineData(Damage.Deleted, true)]
    [InlineData(Damage.Deleted, false)]
    public async Task A_damaged_pack_is_named_with_its_snapshots_and_a_push_mends_it(Damage damage, bool hasIndex)
    {
        await using var volumes = await VolumeHub.StartAsync();
        var (directory, cache, snapshot) = await PushedAsync(volumes);
        var content = VolumeHub.Content(directory);
        await volumes.StopAsync();
        var pack = Packs(volumes, 0)[0];
        Do(pack, damage);
        await volumes.StartAgainAsync();

        var found = (await volumes.CheckAsync()).Findings;
        Assert.Contains(found, f => f.Contains(Path.GetFileName(pack), StringComparison.Ordinal));
        var isLost = damage is not (Damage.Footer or Damage.FileHeader);
        Assert.Equal(isLost, found.Any(f => f.Contains($"the snapshot {snapshot[..12]} is not whole", StringComparison.Ordinal)));
        await ReadableAsync(volumes, directory, all: !isLost);

        if (!hasIndex)
            Directory.Delete(cache, recursive: true);
        var pushed = await volumes.PushAsync(directory, cache);
        Assert.Equal(snapshot, pushed.Created.Snapshot.Id);
        Assert.DoesNotContain((await volumes.CheckAsync()).Findings, static f => f.Contains("not whole", StringComparison.Ordinal));
        Assert.Equal(content, VolumeHub.Content(await volumes.PullAsync(snapshot)));

        // It holds when the hub was stopped again, and what was damaged is not taken for what is right.
        await volumes.StopAsync();
        await volumes.StartAgainAsync();
        Assert.DoesNotContain((await volumes.CheckAsync()).Findings, static f => f.Contains("not whole", StringComparison.Ordinal));
        Assert.Equal(content, VolumeHub.Content(await volumes.PullAsync(snapshot)));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(Damage.Body)]
    [InlineData(Damage.Deleted)]
    public async Task Damaged_directories_are_mended_too(Damage damage)
    {
        await using var volumes = await VolumeHub.StartAsync();
        var (directory, cache, snapshot) = await PushedAsync(volumes);
        await volumes.StopAsync();
        foreach (var pack in Packs(volumes, 1))
            Do(pack, damage);
        await volumes.StartAgainAsync();
        Assert.Contains((await volumes.CheckAsync()).Findings, f => f.Contains($"the snapshot {snapshot[..12]} is not whole", StringComparison.Ordinal));
        Assert.Equal(snapshot, (await volumes.PushAsync(directory, cache)).Created.Snapshot.Id);
        Assert.DoesNotContain((await volumes.CheckAsync()).Findings, static f => f.Contains("not whole", StringComparison.Ordinal));
        Assert.Equal(VolumeHub.Content(directory), VolumeHub.Content(await volumes.PullAsync(snapshot)));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_push_after_a_disk_lost_a_pack_mends_it_though_nobody_has_checked()
    {
        await using var volumes = await VolumeHub.StartAsync();
        var (directory, cache, snapshot) = await PushedAsync(volumes);
        await volumes.StopAsync();
        File.Delete(Packs(volumes, 0)[0]);
        await volumes.StartAgainAsync();
        Assert.Equal(snapshot, (await volumes.PushAsync(directory, cache)).Created.Snapshot.Id);
        Assert.Equal(VolumeHub.Content(directory), VolumeHub.Content(await volumes.PullAsync(snapshot)));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_index_that_is_gone_or_garbage_is_made_anew_and_nothing_is_lost(bool isGarbage)
    {
        await using var volumes = await VolumeHub.StartAsync();
        var (directory, cache, snapshot) = await PushedAsync(volumes);
        await volumes.StopAsync();
        var index = Path.Combine(volumes.Store, "index");
        var runs = Directory.GetFiles(index);
        Assert.NotEmpty(runs);
        var random = new Random(7);
        foreach (var run in runs)
        {
            var bytes = new byte[new FileInfo(run).Length];
            random.NextBytes(bytes);
            if (isGarbage)
                await File.WriteAllBytesAsync(run, bytes, Deadline);
        }

        if (!isGarbage)
            Directory.Delete(index, recursive: true);
        await volumes.StartAgainAsync();
        Assert.DoesNotContain((await volumes.CheckAsync()).Findings, static f => f.Contains("not whole", StringComparison.Ordinal));
        Assert.Equal(VolumeHub.Content(directory), VolumeHub.Content(await volumes.PullAsync(snapshot)));
        var pushed = await volumes.PushAsync(directory, cache);
        Assert.Equal((snapshot, 0), (pushed.Created.Snapshot.Id, pushed.SentBytes));
    }

    // Files that share few frames, and packs that are sealed: a collection closes them.
    private static async Task<(string Directory, string Cache, string Snapshot)> PushedAsync(VolumeHub volumes)
    {
        var directory = volumes.Directory(new Random(5), 24, 300_000);
        var cache = volumes.Directory();
        var pushed = await volumes.PushAsync(directory, cache);
        using var api = volumes.Api();
        await api.CollectStoreAsync(Deadline);
        Assert.Empty((await volumes.CheckAsync()).Findings);
        return (directory, cache, pushed.Created.Snapshot.Id);
    }

    // Packs of a class (docs/reference/content.md, "Packs"), the largest first.
    private static string[] Packs(VolumeHub volumes, int kind) =>
    [
        .. Directory.GetFiles(Path.Combine(volumes.Store, "packs"), "*.pack", SearchOption.AllDirectories)
            .Where(p => BinaryPrimitives.ReadInt32LittleEndian(File.ReadAllBytes(p).AsSpan(12)) == kind).OrderByDescending(static p => new FileInfo(p).Length),
    ];

    private static void Do(string pack, Damage damage)
    {
        var bytes = File.ReadAllBytes(pack);
        var body = 16 + 16 + (36 * BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(16 + 6)));
        switch (damage)
        {
            case Damage.Deleted:
                File.Delete(pack);
                return;
            case Damage.Truncated:
                bytes = bytes[..(bytes.Length / 2)];
                break;
            case Damage.Footer:
                bytes[^60] ^= 4;
                break;
            default:
                bytes[damage switch { Damage.Body => body + 100, Damage.FrameHeader => 16, _ => 2 }] ^= 4;
                break;
        }

        File.WriteAllBytes(pack, bytes);
    }

    // Each file is right or not to be had; never anything else.
    private static async Task ReadableAsync(VolumeHub volumes, string directory, bool all)
    {
        using var http = LoopbackHttp.Create(volumes.Hub.AdminToken);
        var (right, not) = (0, 0);
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            try
            {
                var path = Uri.EscapeDataString(Path.GetRelativePath(directory, file));
                var bytes = await http.GetByteArrayAsync(new Uri($"{volumes.Hub.Url}/api/v1/volumes/{VolumeHub.Volume.Project}/{VolumeHub.Volume.Name}/content?path={path}"), Deadline);
                Assert.Equal(await File.ReadAllBytesAsync(file, Deadline), bytes);
                right++;
            }
            catch (HttpRequestException)
            {
                not++;
            }
        }

        Assert.Equal(all, not == 0);
        if (File.Exists(Packs(volumes, 0).FirstOrDefault()))
            Assert.True(right > 0, "Nothing could be read, though most is there.");
    }
}
