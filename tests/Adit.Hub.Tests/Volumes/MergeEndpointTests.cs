using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Content.Trees;

namespace Adit.Hub.Tests.Volumes;

/// <summary>/merges, /common and /restores: what both sides did is in one snapshot, or nothing moves; and only who may write moves anything.</summary>
public sealed class MergeEndpointTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_branch_that_went_beside_is_merged_and_both_are_parents()
    {
        await using var stage = await VolumeStage.StartAsync();
        var (first, mine, other) = await DivergeAsync(stage, [("a.txt", "1\n2\n3\n")], [("a.txt", "one\n2\n3\n")], [("a.txt", "1\n2\nthree\n"), ("b", "ben's")]);
        var common = await stage.GetAsync(stage.Cat, $"volumes/churn/data/common?of=main&and={other.Branch}", VolumesJson.Default.ApiSnapshot);
        Assert.Equal(first.Snapshot.Id, common.Id);
        var dry = await MergedAsync(stage, new MergeRequest { From = other.Branch, IsDry = true });
        Assert.Equal((MergeOutcome.Merged, null, 1), (dry.Outcome, dry.Snapshot, dry.MergedFiles));
        var merged = await MergedAsync(stage, new MergeRequest { From = other.Branch, Parent = mine.Snapshot.Id });
        Assert.Equal((MergeOutcome.Merged, "merge", "ann", $"merge of {other.Branch} into main"), (merged.Outcome, merged.Snapshot!.Cause, merged.Snapshot.Author, merged.Snapshot.Message));
        Assert.Equal([mine.Snapshot.Id, other.Snapshot.Id], merged.Snapshot.Parents);
        Assert.Equal(first.Snapshot.Id, merged.Base?.Id);
        Assert.Equal(("one\n2\nthree\n", "ben's"), (await ReadAsync(stage, "a.txt"), await ReadAsync(stage, "b")));

        Assert.Equal((MergeOutcome.Nothing, merged.Snapshot.Id), await OutcomeAsync(stage, new MergeRequest { From = other.Branch }));
        Assert.Equal((MergeOutcome.FastForward, merged.Snapshot.Id), await OutcomeAsync(stage, new MergeRequest { From = "main", Into = other.Branch }));
        var log = await stage.GetAsync(stage.Cat, $"volumes/churn/data/snapshots?from={other.Branch}", VolumesJson.Default.SnapshotList);
        Assert.Equal([merged.Snapshot.Id, other.Snapshot.Id, mine.Snapshot.Id, first.Snapshot.Id], log.Items.Select(static s => s.Id));
        Assert.Contains("adit_merges_total 1", await MetricsAsync(stage), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Conflicts_are_listed_and_nothing_moves_until_they_are_decided()
    {
        await using var stage = await VolumeStage.StartAsync();
        var (_, mine, other) = await DivergeAsync(stage, [("a.txt", "1\n"), ("b.txt", "1\n")], [("a.txt", "2\n"), ("b.txt", "2\n")], [("a.txt", "3\n")]);
        var outcome = await MergedAsync(stage, new MergeRequest { From = other.Branch });
        Assert.Equal(
            [new MergeConflictView("a.txt", "text", true, true), new MergeConflictView("b.txt", "removed", true, false)], outcome.Conflicts);
        Assert.Equal((MergeOutcome.Conflicting, null, 2), (outcome.Outcome, outcome.Snapshot, outcome.ConflictCount));
        Assert.Equal(mine.Snapshot.Id, (await stage.GetAsync(stage.Cat, "volumes/churn/data", VolumesJson.Default.ApiVolume)).Latest?.Id);

        var resolve = new Dictionary<string, string> { ["a.txt"] = "both" };
        Assert.Equal("b.txt", Assert.Single((await MergedAsync(stage, new MergeRequest { From = other.Branch, Resolve = resolve })).Conflicts).Path);
        Assert.Equal(MergeOutcome.Merged, (await MergedAsync(stage, new MergeRequest { From = other.Branch, Resolve = resolve, ResolveRest = "theirs" })).Outcome);
        var files = await stage.GetAsync(stage.Cat, "volumes/churn/data/files", VolumesJson.Default.FileList);
        Assert.Equal(["a.theirs.txt", "a.txt"], files.Items.Select(static f => f.Name));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tree_that_the_client_made_of_both_is_taken_and_one_that_is_not_there_is_not()
    {
        await using var stage = await VolumeStage.StartAsync();
        var (_, mine, other) = await DivergeAsync(stage, [("a", "1")], [("a", "2")], [("a", "3")]);
        var tree = await stage.SendAsync(stage.Ann, stage.Files(("a", "2 and 3")));
        using var missing = await MergeAsync(stage, stage.Ann, Own(other, tree with { Id = Adit.Content.Chunks.ChunkId.Of([1]) }));
        Assert.Equal((HttpStatusCode.Conflict, true), (missing.StatusCode, (await missing.Content.ReadAsStringAsync(Ct)).Contains("missing-chunks", StringComparison.Ordinal)));
        using var wrong = await MergeAsync(stage, stage.Ann, Own(other, tree with { Files = 7 }));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        var merged = await MergedAsync(stage, Own(other, tree));
        Assert.Equal([mine.Snapshot.Id, other.Snapshot.Id], merged.Snapshot!.Parents);
        Assert.Equal("2 and 3", await ReadAsync(stage, "a"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_expects_the_branch_elsewhere_is_told_and_of_many_at_once_none_is_lost()
    {
        await using var stage = await VolumeStage.StartAsync();
        var (first, mine, other) = await DivergeAsync(stage, [("a", "1")], [("a", "1"), ("b", "1")], [("a", "1"), ("c", "1")]);
        using var late = await MergeAsync(stage, stage.Ann, new MergeRequest { From = other.Branch, Parent = first.Snapshot.Id });
        Assert.Equal((HttpStatusCode.Conflict, true), (late.StatusCode, (await late.Content.ReadAsStringAsync(Ct)).Contains("moved", StringComparison.Ordinal)));

        var beside = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => stage.PushAsync(stage.Ben, stage.Files(("a", "1"), ($"new{i}", $"{i}")), first.Snapshot.Id)));
        await Task.WhenAll(beside.Select(async b =>
        {
            for (var isMoved = true; isMoved;)
            {
                using var answer = await MergeAsync(stage, stage.Ann, new MergeRequest { From = b.Branch });
                isMoved = answer.StatusCode == HttpStatusCode.Conflict;
                Assert.True(isMoved || answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
            }
        }));
        var files = await stage.GetAsync(stage.Cat, "volumes/churn/data/files", VolumesJson.Default.FileList);
        Assert.Equal(["a", "b", .. Enumerable.Range(0, 8).Select(static i => $"new{i}")], files.Items.Select(static f => f.Name));
        Assert.NotEqual(mine.Snapshot.Id, files.Snapshot);
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_who_may_write_merges_and_restores_and_nonsense_is_refused()
    {
        await using var stage = await VolumeStage.StartAsync();
        var (_, _, other) = await DivergeAsync(stage, [("a", "1")], [("a", "2")], [("a", "3")]);
        foreach (var (token, status) in new[] { (stage.Cat, HttpStatusCode.Forbidden), (stage.Dan, HttpStatusCode.NotFound) })
        {
            using var merge = await MergeAsync(stage, token, new MergeRequest { From = other.Branch });
            using var restore = await RestoreAsync(stage, token, new RestoreRequest { From = other.Branch });
            Assert.Equal((status, status), (merge.StatusCode, restore.StatusCode));
        }

        foreach (var (request, status) in new[]
        {
            (new MergeRequest { From = "nothing" }, HttpStatusCode.NotFound), (new MergeRequest { From = other.Branch, Into = "nothing" }, HttpStatusCode.NotFound),
            (new MergeRequest { From = other.Branch, Resolve = new Dictionary<string, string> { ["a"] = "mine" } }, HttpStatusCode.BadRequest),
            (new MergeRequest { From = other.Branch, Resolve = new Dictionary<string, string> { ["a"] = null! } }, HttpStatusCode.BadRequest),
            (new MergeRequest { From = other.Branch, Resolve = new Dictionary<string, string> { ["nowhere"] = "ours" }, ResolveRest = "ours" }, HttpStatusCode.BadRequest),
            (new MergeRequest { From = other.Branch, ResolveRest = "" }, HttpStatusCode.BadRequest), (new MergeRequest { From = other.Branch, Root = "00" }, HttpStatusCode.BadRequest),
            (new MergeRequest { From = other.Branch, Message = new string('x', 10_001) }, HttpStatusCode.BadRequest),
        })
        {
            using var answer = await MergeAsync(stage, stage.Ann, request);
            Assert.True(status == answer.StatusCode, $"{request}: {await answer.Content.ReadAsStringAsync(Ct)}");
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Files_are_taken_back_as_a_new_snapshot_and_nothing_is_lost()
    {
        await using var stage = await VolumeStage.StartAsync();
        var first = await stage.PushAsync(stage.Ann, stage.Files(("a", "1"), ("sub/b", "1"), ("sub/c", "1")), null);
        var second = await stage.PushAsync(stage.Ann, stage.Files(("a", "2"), ("sub/b", "2"), ("new", "2")), first.Snapshot.Id);
        using var one = await RestoreAsync(stage, stage.Ben, new RestoreRequest { From = first.Snapshot.Id[..12], Paths = ["sub", "new"] });
        var made = (await one.Content.ReadFromJsonAsync(VolumesJson.Default.CreatedSnapshot, Ct))!;
        Assert.Equal(("restore", $"2 paths as in {first.Snapshot.Id[..12]}", "ben"), (made.Snapshot.Cause, made.Snapshot.Message, made.Snapshot.Author));
        Assert.Equal([second.Snapshot.Id], made.Snapshot.Parents);
        var files = await stage.GetAsync(stage.Cat, "volumes/churn/data/files", VolumesJson.Default.FileList);
        Assert.Equal(["a", "sub"], files.Items.Select(static f => f.Name));
        Assert.Equal(("2", "1", "1"), (await ReadAsync(stage, "a"), await ReadAsync(stage, "sub/b"), await ReadAsync(stage, "sub/c")));

        using var all = await RestoreAsync(stage, stage.Ben, new RestoreRequest { From = first.Snapshot.Id });
        Assert.Equal(first.Snapshot.Root, (await all.Content.ReadFromJsonAsync(VolumesJson.Default.CreatedSnapshot, Ct))!.Snapshot.Root);
        using var again = await RestoreAsync(stage, stage.Ben, new RestoreRequest { From = first.Snapshot.Id });
        Assert.False((await again.Content.ReadFromJsonAsync(VolumesJson.Default.CreatedSnapshot, Ct))!.IsNew);
        foreach (var paths in new[] { new[] { "nowhere" }, [""], ["sub", "sub/b"], ["a", "/a/"], [] })
        {
            using var refused = await RestoreAsync(stage, stage.Ben, new RestoreRequest { From = second.Snapshot.Id, Paths = paths });
            Assert.False(refused.IsSuccessStatusCode);
        }

        using var nothing = await RestoreAsync(stage, stage.Ben, new RestoreRequest { From = second.Snapshot.Id, Paths = ["a", null!] });
        Assert.Equal(HttpStatusCode.BadRequest, nothing.StatusCode);
    }

    private static MergeRequest Own(CreatedSnapshot from, DirectoryRef tree) =>
        new() { From = from.Branch, Root = tree.Id.ToString(), Entries = tree.Entries, Files = tree.Files, Bytes = tree.Bytes };

    // Ann and Ben both go on from the same snapshot: hers is main's, his is beside.
    private static async Task<(CreatedSnapshot First, CreatedSnapshot Mine, CreatedSnapshot Other)> DivergeAsync(
        VolumeStage stage, (string, string)[] before, (string, string)[] mine, (string, string)[] other)
    {
        var first = await stage.PushAsync(stage.Ann, stage.Files(before), null);
        var anns = await stage.PushAsync(stage.Ann, stage.Files(mine), first.Snapshot.Id);
        var bens = await stage.PushAsync(stage.Ben, stage.Files(other), first.Snapshot.Id);
        Assert.True(bens.IsDiverged);
        return (first, anns, bens);
    }

    private static async Task<HttpResponseMessage> MergeAsync(VolumeStage stage, string token, MergeRequest request)
    {
        using var api = stage.Hub.Api(token);
        return await api.PostAsJsonAsync("/api/v1/volumes/churn/data/merges", request, VolumesJson.Default.MergeRequest);
    }

    private static async Task<HttpResponseMessage> RestoreAsync(VolumeStage stage, string token, RestoreRequest request)
    {
        using var api = stage.Hub.Api(token);
        return await api.PostAsJsonAsync("/api/v1/volumes/churn/data/restores", request, VolumesJson.Default.RestoreRequest);
    }

    private static async Task<MergeOutcome> MergedAsync(VolumeStage stage, MergeRequest request)
    {
        using var answer = await MergeAsync(stage, stage.Ann, request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
        return (await answer.Content.ReadFromJsonAsync(VolumesJson.Default.MergeOutcome, Ct))!;
    }

    private static async Task<(string, string?)> OutcomeAsync(VolumeStage stage, MergeRequest request)
    {
        var outcome = await MergedAsync(stage, request);
        return (outcome.Outcome, outcome.Snapshot?.Id);
    }

    private static async Task<string> ReadAsync(VolumeStage stage, string path)
    {
        using var api = stage.Hub.Api(stage.Cat);
        return await api.GetStringAsync($"/api/v1/volumes/churn/data/content?path={path}", Ct);
    }

    private static async Task<string> MetricsAsync(VolumeStage stage)
    {
        using var api = stage.Hub.Api(stage.Hub.AdminToken);
        return await api.GetStringAsync("/metrics", Ct);
    }
}
