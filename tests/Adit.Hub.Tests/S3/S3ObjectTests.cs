using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Adit.Api;
using Adit.Hub.Tests.Volumes;

namespace Adit.Hub.Tests.S3;

/// <summary>Objects, what is listed of them, and how they become snapshots.</summary>
public sealed partial class S3ObjectTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Objects_are_listed_in_the_order_of_their_bytes_page_by_page_and_by_prefix()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        // Half of them in a snapshot, the others on top.
        await stage.PushAsync(stage.Ann, stage.Files(("a/1", ""), ("a-b/1", ""), ("b", "")), null);
        foreach (var key in new[] { "a.txt", "a/2", "a/c/3", "a-/1" })
            (await ann.PutAsync("/churn/data/" + key, key)).Dispose();
        (await ann.PutAsync("/churn/data-2/x", "")).Dispose();
        string[] all = ["data-2/x", "data/a-/1", "data/a-b/1", "data/a.txt", "data/a/1", "data/a/2", "data/a/c/3", "data/b"];
        Assert.Equal(all, await ListAsync(ann, "", 1000));
        Assert.Equal(all, await ListAsync(ann, "", 1));
        Assert.Equal(["data-2/", "data/"], await ListAsync(ann, "&delimiter=%2F", 1));
        Assert.Equal(["data/a-/", "data/a-b/", "data/a.txt", "data/a/", "data/b"], (await ListAsync(ann, "&delimiter=%2F&prefix=data%2F", 1)).Order(StringComparer.Ordinal));
        Assert.Equal(["data/a/1", "data/a/2", "data/a/c/3"], await ListAsync(ann, "&prefix=data%2Fa%2F", 2));
        Assert.Equal(["data/a-b/1", "data/a.txt"], (await ListAsync(ann, "&start-after=data%2Fa-%2F1", 1000)).Take(2));
        Assert.Equal("", string.Concat(await ListAsync(ann, "&prefix=nothing%2F", 10)));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_put_is_seen_at_once_outlives_the_hub_and_becomes_one_snapshot_that_history_keeps()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        var first = await stage.PushAsync(stage.Ann, stage.Files(("keep", "k"), ("change", "before")), null);
        Assert.Equal("before", await ann.GetAsync("/churn/data/change"));
        (await ann.PutAsync("/churn/data/change", "after")).Dispose();
        (await ann.PutAsync("/churn/data/new/file", new string('n', 70_000))).Dispose();
        (await ann.SendAsync(HttpMethod.Delete, "/churn/data/keep")).Dispose();
        await stage.Hub.RestartAsync();
        using var again = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        Assert.Equal(("after", "NoSuchKey"), (await again.GetAsync("/churn/data/change"), await again.GetAsync("/churn/data/keep")));
        using (var collected = await stage.Hub.Api().PostAsync("/api/v1/store/gc", null, Ct))
            Assert.True(collected.IsSuccessStatusCode, await collected.Content.ReadAsStringAsync(Ct));
        Assert.Equal(70_000, (await again.GetAsync("/churn/data/new/file")).Length);

        using var api = stage.Hub.Api(stage.Ann);
        (await api.PostAsJsonAsync("/api/v1/volumes/churn/data/commit", new CommitVolumeRequest { Message = "by hand" }, VolumesJson.Default.CommitVolumeRequest, Ct)).Dispose();
        var log = (await stage.GetAsync(stage.Ann, "volumes/churn/data/snapshots", VolumesJson.Default.SnapshotList)).Items;
        Assert.Equal(2, log.Count);
        Assert.Equal((2, first.Snapshot.Id), (log[0].Files, log[0].Parents.Single()));
        Assert.Equal(("k", "before"), (await again.GetAsync($"/churn/data@{first.Snapshot.Id[..8]}/keep"), await again.GetAsync($"/churn/data/change?versionId={first.Snapshot.Id}")));
        using var past = await again.PutAsync($"/churn/data@{first.Snapshot.Id[..8]}/keep", "x");
        Assert.Equal("AccessDenied", await S3Client.CodeAsync(past));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_push_that_comes_between_gets_a_branch_of_its_own_and_nothing_is_lost()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        var first = await stage.PushAsync(stage.Ann, stage.Files(("a", "1")), null);
        (await ann.PutAsync("/churn/data/b", "2")).Dispose();
        var pushed = await stage.PushAsync(stage.Ben, stage.Files(("a", "1"), ("c", "3")), first.Snapshot.Id);
        Assert.True(pushed.IsDiverged);
        Assert.Equal(("2", "NoSuchKey", "3"), (await ann.GetAsync("/churn/data/b"), await ann.GetAsync("/churn/data/c"), await ann.GetAsync($"/churn/data@{pushed.Branch}/c")));
    }

    [Fact(Timeout = 60_000)]
    public async Task Conditions_copies_and_parts_do_as_clients_expect()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        var file = stage.Files(("pushed", "p"));
        await stage.PushAsync(stage.Ann, file, null);
        using var made = await ann.SendAsync(HttpMethod.Put, "/churn/data/a", "one"u8.ToArray(), headers: [("content-type", "text/csv"), ("if-none-match", "*"), ("x-amz-meta-who", "ann")]);
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        using var twice = await ann.SendAsync(HttpMethod.Put, "/churn/data/a", "two"u8.ToArray(), headers: ("if-none-match", "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, twice.StatusCode);
        using var unchanged = await ann.SendAsync(HttpMethod.Get, "/churn/data/a", headers: ("if-none-match", made.Headers.ETag!.Tag));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        using var range = await ann.SendAsync(HttpMethod.Get, "/churn/data/a", headers: ("range", "bytes=1-1"));
        Assert.Equal((HttpStatusCode.PartialContent, "n"), (range.StatusCode, await range.Content.ReadAsStringAsync(Ct)));
        using var beyond = await ann.SendAsync(HttpMethod.Get, "/churn/data/a", headers: ("range", "bytes=9-"));
        Assert.Equal("InvalidRange", await S3Client.CodeAsync(beyond));
        using var pushed = await ann.SendAsync(HttpMethod.Head, "/churn/data/pushed");
        Assert.Matches("^\"[0-9a-f]{64}-1\"$", pushed.Headers.ETag!.Tag);

        using var copied = await ann.SendAsync(HttpMethod.Put, "/churn/copies/a", headers: ("x-amz-copy-source", "/churn/data/a"));
        Assert.Equal(HttpStatusCode.OK, copied.StatusCode);
        using var copy = await ann.SendAsync(HttpMethod.Get, "/churn/copies/a");
        Assert.Equal(("one", "text/csv", "ann", made.Headers.ETag), (await copy.Content.ReadAsStringAsync(Ct), copy.Content.Headers.ContentType!.MediaType, copy.Headers.GetValues("x-amz-meta-who").Single(), copy.Headers.ETag));
        using var conflict = await ann.PutAsync("/churn/data/a/below", "x");
        Assert.Equal("InvalidRequest", await S3Client.CodeAsync(conflict));

        var begun = await (await ann.SendAsync(HttpMethod.Post, "/churn/data/parts?uploads")).Content.ReadAsStringAsync(Ct);
        var upload = UploadId().Match(begun).Groups[1].Value;
        var part = new byte[5 << 20];
        part.AsSpan().Fill(7);
        var etags = new List<string>();
        foreach (var (number, body) in new[] { (1, part), (2, "end"u8.ToArray()) })
        {
            using var put = await ann.SendAsync(HttpMethod.Put, $"/churn/data/parts?partNumber={number}&uploadId={upload}", body);
            etags.Add(put.Headers.ETag!.Tag);
        }

        Assert.Equal("NoSuchKey", await ann.GetAsync("/churn/data/parts"));
        var list = $"<CompleteMultipartUpload>{string.Concat(etags.Select(static (e, i) => $"<Part><PartNumber>{i + 1}</PartNumber><ETag>{e}</ETag></Part>"))}</CompleteMultipartUpload>";
        using var completed = await ann.SendAsync(HttpMethod.Post, $"/churn/data/parts?uploadId={upload}", Encoding.UTF8.GetBytes(list));
        Assert.Contains("-2&quot;", (await completed.Content.ReadAsStringAsync(Ct)).Replace("-2\"", "-2&quot;", StringComparison.Ordinal), StringComparison.Ordinal);
        using var whole = await ann.SendAsync(HttpMethod.Get, "/churn/data/parts");
        var read = await whole.Content.ReadAsByteArrayAsync(Ct);
        Assert.Equal((part.Length + 3, "end"), (read.Length, Encoding.ASCII.GetString(read, part.Length, 3)));
        Assert.False(read.AsSpan(0, part.Length).ContainsAnyExcept((byte)7));
    }

    private static async Task<string[]> ListAsync(S3Client client, string query, int most)
    {
        var (keys, token) = (new List<string>(), "");
        do
        {
            var page = await client.GetAsync($"/churn?list-type=2&max-keys={most}{query}{token}");
            keys.AddRange(KeyOrPrefix().Matches(page).Select(static m => m.Groups[1].Value));
            token = Token().Match(page) is { Success: true } next ? "&continuation-token=" + next.Groups[1].Value : "";
        }
        while (token.Length > 0);
        return [.. keys];
    }

    [GeneratedRegex("<(?:Key|CommonPrefixes><Prefix)>([^<]*)<")]
    private static partial Regex KeyOrPrefix();

    [GeneratedRegex("<NextContinuationToken>([^<]*)<")]
    private static partial Regex Token();

    [GeneratedRegex("<UploadId>([^<]*)<")]
    private static partial Regex UploadId();
}
