using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Adit.Api;
using Adit.Content.Chunks;
using Adit.Content.Trees;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tunnels;

namespace Adit.Hub.Tests.Volumes;

/// <summary>/api/v1/volumes: snapshots are whole or none, branches never lose one, and who may not see a project gets nothing of it, by no id.</summary>
public sealed class VolumeEndpointTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_directory_is_pushed_changed_listed_compared_and_read()
    {
        await using var stage = await VolumeStage.StartAsync();
        var first = await stage.PushAsync(stage.Ann, stage.Files(("a.txt", "one"), ("sub/b.txt", new string('x', 5000)), ("old/name.txt", new string('m', 900))), null, "first");
        Assert.Equal((true, false, "main", "ann", "first", "upload", 3), (first.IsNew, first.IsDiverged, first.Branch, first.Snapshot.Author, first.Snapshot.Message, first.Snapshot.Cause, first.Snapshot.Files));
        var second = await stage.PushAsync(stage.Ben, stage.Files(("a.txt", "two"), ("sub/c.txt", "new"), ("new/name.txt", new string('m', 900))), first.Snapshot.Id);
        Assert.Equal([first.Snapshot.Id], second.Snapshot.Parents);
        Assert.Equal("ben", second.Snapshot.Author);

        var log = await stage.GetAsync(stage.Cat, "volumes/churn/data/snapshots", VolumesJson.Default.SnapshotList);
        Assert.Equal([second.Snapshot.Id, first.Snapshot.Id], log.Items.Select(static s => s.Id));
        Assert.Equal(["main"], log.Items[0].Refs);
        var diff = await stage.GetAsync(stage.Cat, $"volumes/churn/data/diff?from={first.Snapshot.Id[..12]}", VolumesJson.Default.SnapshotDiff);
        Assert.Equal(
            [("changed", "a.txt", null), ("moved", "new/name.txt", "old/name.txt"), ("removed", "sub/b.txt", null), ("added", "sub/c.txt", (string?)null)],
            diff.Changes.Select(static c => (c.Kind, c.Path, c.From)));
        var files = await stage.GetAsync(stage.Cat, $"volumes/churn/data/files?at={first.Snapshot.Id}&path=sub", VolumesJson.Default.FileList);
        Assert.Equal([("b.txt", "file", 5000L)], files.Items.Select(static f => (f.Name, f.Type, f.Bytes)));
        using var api = stage.Hub.Api(stage.Cat);
        using var read = await api.GetAsync($"/api/v1/volumes/churn/data/content?at={first.Snapshot.Id}&path=sub/b.txt", Ct);
        Assert.Equal(new string('x', 5000), await read.Content.ReadAsStringAsync(Ct));
        Assert.Equal(("attachment", "nosniff"), (read.Content.Headers.ContentDisposition?.DispositionType, read.Headers.GetValues("X-Content-Type-Options").Single()));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_there_already_is_no_new_snapshot()
    {
        await using var stage = await VolumeStage.StartAsync();
        var directory = stage.Files(("a.txt", "one"));
        var first = await stage.PushAsync(stage.Ann, directory, null);
        var again = await stage.PushAsync(stage.Ben, directory, first.Snapshot.Id);
        Assert.Equal((false, first.Snapshot.Id), (again.IsNew, again.Snapshot.Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_second_of_two_writers_gets_a_branch_and_nothing_is_lost()
    {
        await using var stage = await VolumeStage.StartAsync();
        var first = await stage.PushAsync(stage.Ann, stage.Files(("a.txt", "one")), null);
        var annsTree = await stage.SendAsync(stage.Ann, stage.Files(("a.txt", "ann's")));
        var bensTree = await stage.SendAsync(stage.Ben, stage.Files(("a.txt", "ben's")));
        using var anns = await stage.CommitAsync(stage.Ann, annsTree, first.Snapshot.Id);
        using var bens = await stage.CommitAsync(stage.Ben, bensTree, first.Snapshot.Id);
        var one = (await anns.Content.ReadFromJsonAsync(VolumesJson.Default.CreatedSnapshot, Ct))!;
        var other = (await bens.Content.ReadFromJsonAsync(VolumesJson.Default.CreatedSnapshot, Ct))!;
        Assert.Equal((false, "main"), (one.IsDiverged, one.Branch));
        Assert.Equal((true, $"main-ben-{other.Snapshot.Id[..8]}"), (other.IsDiverged, other.Branch));
        var shown = await stage.GetAsync(stage.Cat, "volumes/churn/data", VolumesJson.Default.ApiVolume);
        Assert.Equal([("main", one.Snapshot.Id), (other.Branch, other.Snapshot.Id)], shown.Refs.Select(static r => (r.Name, r.Snapshot)));
        var line = await stage.GetAsync(stage.Cat, $"volumes/churn/data/snapshots?from={other.Branch}", VolumesJson.Default.SnapshotList);
        Assert.Equal([other.Snapshot.Id, first.Snapshot.Id], line.Items.Select(static s => s.Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hundred_writers_at_once_all_find_their_snapshot_again()
    {
        await using var stage = await VolumeStage.StartAsync();
        var first = await stage.PushAsync(stage.Ann, stage.Files(("a.txt", "one")), null);
        var made = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => stage.PushAsync(stage.Ben, stage.Files(("a.txt", $"{i}")), first.Snapshot.Id)));
        Assert.Single(made, static m => !m.IsDiverged);
        Assert.Equal(100, made.Select(static m => m.Branch).Distinct().Count());
        var log = await stage.GetAsync(stage.Cat, "volumes/churn/data/snapshots?limit=100", VolumesJson.Default.SnapshotList);
        var rest = await stage.GetAsync(stage.Cat, $"volumes/churn/data/snapshots?limit=100&cursor={log.Next}", VolumesJson.Default.SnapshotList);
        Assert.Equal([.. made.Select(static m => m.Snapshot.Id).Append(first.Snapshot.Id).Order()], log.Items.Concat(rest.Items).Select(static s => s.Id).Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tree_whose_chunks_are_not_all_there_is_no_snapshot()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var nothing = await stage.CommitAsync(stage.Ann, new DirectoryRef(ChunkId.Of("nothing"u8), 0, 0, 0), null);
        Assert.Equal((HttpStatusCode.Conflict, "missing-chunks"), (nothing.StatusCode, await TestHub.CodeAsync(nothing)));

        // A page that is there, with a file that is not.
        using var frames = new FrameWriter();
        var page = Encoding.Latin1.GetBytes("\x01\0\x01" + "\x05" + "a.txt" + "\x01\0" + "\xA4\x03" + "\0\0" + "\x80\x20" + "\x01").Concat(RandomNumberGenerator.GetBytes(32)).ToArray();
        frames.Add(ChunkId.Of(page), ChunkKind.Directory, page);
        using var added = await stage.ChunksAsync(stage.Ann, "add", frames.Finish().Bytes.ToArray());
        Assert.Equal(HttpStatusCode.NoContent, added.StatusCode);
        using var half = await stage.CommitAsync(stage.Ann, new DirectoryRef(ChunkId.Of(page), 1, 1, 4096), null);
        Assert.Equal((HttpStatusCode.Conflict, "missing-chunks"), (half.StatusCode, await TestHub.CodeAsync(half)));
        var log = await stage.GetAsync(stage.Ann, "volumes/churn/data/snapshots", VolumesJson.Default.SnapshotList);
        Assert.Empty(log.Items);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1, 0, 0)]
    [InlineData(0, 1, 0)]
    [InlineData(0, 0, 1)]
    [InlineData(0, 0, long.MaxValue / 2)]
    public async Task A_tree_that_has_other_sums_than_is_said_is_refused(long entries, long files, long bytes)
    {
        await using var stage = await VolumeStage.StartAsync();
        var root = await stage.SendAsync(stage.Ann, stage.Files(("a.txt", "one"), ("sub/b.txt", "two")));
        using var lie = await stage.CommitAsync(stage.Ann, new DirectoryRef(root.Id, root.Entries + entries, root.Files + files, root.Bytes + bytes), null);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (lie.StatusCode, await TestHub.CodeAsync(lie)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_frame_with_a_chunk_that_is_not_what_its_id_says_is_refused_and_kept_out()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var frames = new FrameWriter();
        var wrong = ChunkId.Of("what it says"u8);
        frames.Add(wrong, ChunkKind.Data, "what it is"u8);
        using var added = await stage.ChunksAsync(stage.Ann, "add", frames.Finish().Bytes.ToArray());
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (added.StatusCode, await TestHub.CodeAsync(added)));
        using var missing = await stage.ChunksAsync(stage.Ann, "missing", wrong.Bytes.ToArray());
        Assert.Equal([1], await missing.Content.ReadAsByteArrayAsync(Ct));
        foreach (var body in (byte[][])[[], [1, 2, 3], [.. "ADFR"u8, .. new byte[12]], new byte[100_000]])
        {
            using var garbage = await stage.ChunksAsync(stage.Ann, "add", body);
            Assert.Equal(body.Length == 0 ? HttpStatusCode.NoContent : HttpStatusCode.BadRequest, garbage.StatusCode);
        }

        using var odd = await stage.ChunksAsync(stage.Ann, "missing", new byte[33]);
        Assert.Equal(HttpStatusCode.BadRequest, odd.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Viewers_read_and_strangers_get_nothing_by_any_id()
    {
        await using var stage = await VolumeStage.StartAsync();
        await stage.ProjectAsync(stage.Dan, "dans");
        using var dans = await stage.CreateAsync(stage.Dan, "dans", "data");
        var secret = new string('s', 900);
        var pushed = await stage.PushAsync(stage.Ann, stage.Files(("secret.txt", secret)), null);
        var id = ChunkId.Of(Encoding.UTF8.GetBytes(secret)).Bytes.ToArray();

        using var viewer = await stage.ChunksAsync(stage.Cat, "read", id);
        Assert.Equal(HttpStatusCode.OK, viewer.StatusCode);
        foreach (var what in (string[])["add", "missing"])
        {
            using var writes = await stage.ChunksAsync(stage.Cat, what, id);
            Assert.Equal(HttpStatusCode.Forbidden, writes.StatusCode);
        }

        using var commits = await stage.CommitAsync(stage.Cat, new DirectoryRef(ChunkId.Parse(pushed.Snapshot.Root), 1, 1, 900), null);
        Assert.Equal(HttpStatusCode.Forbidden, commits.StatusCode);
        foreach (var what in (string[])["add", "missing", "read"])
        {
            using var stranger = await stage.ChunksAsync(stage.Dan, what, id);
            Assert.Equal(HttpStatusCode.NotFound, stranger.StatusCode);
        }

        // The same ids through a volume of his own: what is in another project is not there, to ask for, to read or to build on.
        using var asks = await stage.ChunksAsync(stage.Dan, "missing", id, "dans/data");
        Assert.Equal([1], await asks.Content.ReadAsByteArrayAsync(Ct));
        using var reads = await stage.ChunksAsync(stage.Dan, "read", id, "dans/data");
        Assert.Equal(HttpStatusCode.NotFound, reads.StatusCode);
        using var builds = await stage.CommitAsync(stage.Dan, new DirectoryRef(ChunkId.Parse(pushed.Snapshot.Root), 1, 1, 900), null, volume: "dans/data");
        Assert.Equal("missing-chunks", await TestHub.CodeAsync(builds));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_collection_frees_what_no_snapshot_needs_and_a_check_finds_all_right()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var other = await stage.CreateAsync(stage.Ann, "churn", "other");
        var kept = stage.Files(("kept.bin", Convert.ToHexString(RandomNumberGenerator.GetBytes(300_000))));
        var gone = stage.Files(("gone.bin", Convert.ToHexString(RandomNumberGenerator.GetBytes(3_000_000))));
        await stage.PushAsync(stage.Ann, kept, null);
        await stage.PushAsync(stage.Ann, gone, null, volume: "churn/other");
        var before = (await stage.GetAsync(stage.Hub.AdminToken, "store", VolumesJson.Default.StorageReport)).Projects.Single();
        Assert.Equal(HttpStatusCode.NoContent, await stage.Hub.StatusAsync(stage.Ann, HttpMethod.Delete, "volumes/churn/other"));
        using var admin = stage.Hub.Api();
        using var ran = await admin.PostAsync("/api/v1/store/gc", null, Ct);
        Assert.True(ran.IsSuccessStatusCode, await ran.Content.ReadAsStringAsync(Ct));
        var report = (await ran.Content.ReadFromJsonAsync(VolumesJson.Default.StoreCollectionReport, Ct))!;
        var after = (await stage.GetAsync(stage.Hub.AdminToken, "store", VolumesJson.Default.StorageReport)).Projects.Single();
        Assert.True(report.BytesFreed > 2_000_000 && before.StoredBytes - after.StoredBytes > 2_000_000, $"freed {report.BytesFreed}, from {before.StoredBytes} to {after.StoredBytes}");
        using var checkedNow = await admin.PostAsync("/api/v1/store/check?readData=true", null, Ct);
        var check = (await checkedNow.Content.ReadFromJsonAsync(VolumesJson.Default.StoreCheckReport, Ct))!;
        Assert.Empty(check.Findings);
        Assert.Equal(1, check.Snapshots);
        using var api = stage.Hub.Api(stage.Cat);
        Assert.Equal(File.ReadAllBytes(Path.Combine(kept, "kept.bin")), await api.GetByteArrayAsync("/api/v1/volumes/churn/data/content?path=kept.bin", Ct));
        Assert.Equal(HttpStatusCode.Forbidden, await stage.Hub.StatusAsync(stage.Ann, HttpMethod.Post, "store/gc"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_fork_has_the_history_and_goes_its_own_way()
    {
        await using var stage = await VolumeStage.StartAsync();
        var first = await stage.PushAsync(stage.Ann, stage.Files(("a.txt", "one")), null);
        var second = await stage.PushAsync(stage.Ann, stage.Files(("a.txt", "two")), first.Snapshot.Id);
        await stage.PushAsync(stage.Ann, stage.Files(("a.txt", "three")), second.Snapshot.Id);
        using var api = stage.Hub.Api(stage.Ben);
        var request = new CreateVolumeRequest { Project = "churn", Name = "fork", From = $"data@{second.Snapshot.Id[..12]}" };
        using var forked = await api.PostAsJsonAsync("/api/v1/volumes", request, VolumesJson.Default.CreateVolumeRequest, Ct);
        Assert.Equal(VolumeKind.Dataset, (await forked.Content.ReadFromJsonAsync(VolumesJson.Default.ApiVolume, Ct))!.Kind);
        var own = await stage.PushAsync(stage.Ben, stage.Files(("a.txt", "ben's")), second.Snapshot.Id, volume: "churn/fork");
        var log = await stage.GetAsync(stage.Cat, "volumes/churn/fork/snapshots", VolumesJson.Default.SnapshotList);
        Assert.Equal([own.Snapshot.Id, second.Snapshot.Id, first.Snapshot.Id], log.Items.Select(static s => s.Id));
        Assert.Equal(HttpStatusCode.NoContent, await stage.Hub.StatusAsync(stage.Ann, HttpMethod.Delete, "volumes/churn/data"));
        Assert.Equal("two", await api.GetStringAsync($"/api/v1/volumes/churn/fork/content?path=a.txt&at={second.Snapshot.Id}", Ct));
        using var elsewhere = await api.PostAsJsonAsync("/api/v1/volumes", request with { From = "other/data", Name = "x" }, VolumesJson.Default.CreateVolumeRequest, Ct);
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Snapshots_are_there_after_a_restart_and_go_with_their_project()
    {
        await using var stage = await VolumeStage.StartAsync();
        var pushed = await stage.PushAsync(stage.Ann, stage.Files(("a.txt", new string('y', 4000))), null);
        using var tagged = await stage.Hub.Api(stage.Ann).PutAsJsonAsync("/api/v1/volumes/churn/data/tags/v1.0", new SetTagRequest { Snapshot = "latest" }, VolumesJson.Default.SetTagRequest, Ct);
        Assert.Equal(HttpStatusCode.OK, tagged.StatusCode);
        await stage.Hub.RestartAsync();
        using var api = stage.Hub.Api(stage.Cat);
        Assert.Equal(new string('y', 4000), await api.GetStringAsync("/api/v1/volumes/churn/data/content?path=a.txt&at=v1.0", Ct));
        var shown = await stage.GetAsync(stage.Cat, "volumes/churn/data/snapshots/v1.0", VolumesJson.Default.ApiSnapshot);
        Assert.Equal((pushed.Snapshot.Id, "main v1.0"), (shown.Id, string.Join(' ', shown.Refs)));
    }
}
