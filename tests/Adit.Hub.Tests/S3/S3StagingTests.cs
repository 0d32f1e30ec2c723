using System.Net;
using System.Net.Http.Json;
using System.Text;
using Adit.Api;
using Adit.Content.Chunks;
using Adit.Content.Trees;
using Adit.Hub.Tests.Volumes;
using Adit.Hub.Volumes.Staging;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.S3;

/// <summary>What is staged has to be there, and readable, when it becomes a snapshot.</summary>
public sealed class S3StagingTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_copy_keeps_its_content_when_the_source_is_collected_and_is_refused_when_that_is_gone()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        var text = new string('n', 70_000);
        (await ann.PutAsync("/churn/data/a", text)).Dispose();
        using var copied = await CopyAsync(ann, "a", "b");
        Assert.Equal(HttpStatusCode.OK, copied.StatusCode);
        (await ann.SendAsync(HttpMethod.Delete, "/churn/data/a")).Dispose();
        using (var collected = await stage.Hub.Api().PostAsync("/api/v1/store/gc", null, Ct))
            Assert.True(collected.IsSuccessStatusCode, await collected.Content.ReadAsStringAsync(Ct));
        Assert.Equal(text, await ann.GetAsync("/churn/data/b"));

        foreach (var form in new[] { FileForm.Chunk, FileForm.List })
        {
            await StageAsync(stage, "gone", new TreeEntry { Name = [], Type = EntryType.File, Size = 1000, Form = form, Content = ChunkId.Of("gone"u8) });
            using var refused = await CopyAsync(ann, "gone", "c");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "SlowDown"), (refused.StatusCode, await S3Client.CodeAsync(refused)));
        }

        Assert.Equal("NoSuchKey", await ann.GetAsync("/churn/data/c"));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_put_before_a_restore_or_a_merge_comes_before_it()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        using var api = stage.Hub.Api(stage.Ann);
        var first = await stage.PushAsync(stage.Ann, stage.Files(("a", "1")), null);
        await stage.PushAsync(stage.Ann, stage.Files(("a", "2")), first.Snapshot.Id);
        var beside = await stage.PushAsync(stage.Ben, stage.Files(("a", "1"), ("b", "ben's")), first.Snapshot.Id);
        (await ann.PutAsync("/churn/data/put", "one")).Dispose();
        using (var restored = await api.PostAsJsonAsync("/api/v1/volumes/churn/data/restores", new RestoreRequest { From = first.Snapshot.Id, Paths = ["a"] }, VolumesJson.Default.RestoreRequest, Ct))
            Assert.True(restored.IsSuccessStatusCode, await restored.Content.ReadAsStringAsync(Ct));
        (await ann.PutAsync("/churn/data/put-2", "two")).Dispose();
        using (var merged = await api.PostAsJsonAsync("/api/v1/volumes/churn/data/merges", new MergeRequest { From = beside.Branch }, VolumesJson.Default.MergeRequest, Ct))
            Assert.True(merged.IsSuccessStatusCode, await merged.Content.ReadAsStringAsync(Ct));
        Assert.Equal(("1", "ben's"), (await ann.GetAsync("/churn/data/a"), await ann.GetAsync("/churn/data/b")));
        Assert.Equal(("one", "two"), (await ann.GetAsync("/churn/data/put"), await ann.GetAsync("/churn/data/put-2")));
        var volume = await stage.GetAsync(stage.Cat, "volumes/churn/data", VolumesJson.Default.ApiVolume);
        Assert.Equal(["main", beside.Branch], volume.Refs.Select(static r => r.Name).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_copy_of_any_attributes_can_be_read_back_or_is_refused()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        // Names that are no UTF-8 are all one name as text; and there are as many as an entry has, without room for an ETag.
        var names = Enumerable.Range(0, TreeEntry.MaxAttributes).Select(static i => (byte[])[.. "user.s3.meta."u8, (byte)(0x80 + (i / 32)), (byte)(0xe0 + (i % 32))]);
        await StageAsync(stage, "many", Inline([.. names.Select(static n => new ExtendedAttribute(n, "v"u8.ToArray()))]));
        using var copied = await CopyAsync(ann, "many", "copy");
        Assert.Equal(HttpStatusCode.OK, copied.StatusCode);
        var large = Inline([new("user.s3.meta.a"u8.ToArray(), new byte[TreeEntry.MaxAttribute]), new("user.s3.meta.b"u8.ToArray(), new byte[TreeEntry.MaxAttribute - 28])]);
        await StageAsync(stage, "large", large);
        using var refused = await CopyAsync(ann, "large", "copy-2");
        Assert.Equal((HttpStatusCode.BadRequest, "InvalidArgument"), (refused.StatusCode, await S3Client.CodeAsync(refused)));

        await stage.Hub.RestartAsync();
        using var again = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        Assert.Equal(("x", "NoSuchKey"), (await again.GetAsync("/churn/data/copy"), await again.GetAsync("/churn/data/copy-2")));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_cannot_become_a_snapshot_is_no_fault_of_a_push_and_does_not_grow_without_end()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        (await ann.PutAsync("/churn/data/a", new string('n', 1000))).Dispose();
        var id = ChunkId.Of(Encoding.ASCII.GetBytes(new string('n', 1000)));
        await StageAsync(stage, "broken", new TreeEntry { Name = [], Type = EntryType.File, Size = 1000, Form = FileForm.List, Content = id });
        using var pushed = await stage.CommitAsync(stage.Ann, await stage.SendAsync(stage.Ann, stage.Files(("b", "1"))), null);
        Assert.Equal(HttpStatusCode.InsufficientStorage, pushed.StatusCode);
        Assert.Contains("adit store check", await pushed.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);

        stage.Hub.Services.GetRequiredService<VolumeStaging>().MostChanges = 2;
        using var full = await ann.PutAsync("/churn/data/more", "x");
        Assert.Equal((HttpStatusCode.InsufficientStorage, "InsufficientStorage"), (full.StatusCode, await S3Client.CodeAsync(full)));
        Assert.Equal("NoSuchKey", await ann.GetAsync("/churn/data/more"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_may_not_is_told_so_before_anything_is_read_and_nothing_of_what_is_not_there()
    {
        await using var stage = await VolumeStage.StartAsync();
        using var ann = await S3Client.CreateAsync(stage.Hub, stage.Ann);
        using var cat = await S3Client.CreateAsync(stage.Hub, stage.Cat);
        using var dan = await S3Client.CreateAsync(stage.Hub, stage.Dan);
        (await ann.PutAsync("/churn/data/a", "one")).Dispose();
        Assert.Contains("FULL_CONTROL", await cat.GetAsync("/churn/data/a?acl"), StringComparison.Ordinal);
        Assert.Equal(("NoSuchKey", "NoSuchBucket"), (await cat.GetAsync("/churn/data/b?acl"), await dan.GetAsync("/churn/data/a?acl")));
        using var complete = await cat.SendAsync(HttpMethod.Post, "/churn/data/a?uploadId=x", "<"u8.ToArray());
        Assert.Equal("AccessDenied", await S3Client.CodeAsync(complete));
        var key = $"<Delete><Object><Key>{new string('k', 8 << 10)}k</Key></Object></Delete>";
        using var tooLong = await ann.SendAsync(HttpMethod.Post, "/churn?delete", Encoding.ASCII.GetBytes(key));
        Assert.Equal("MalformedXML", await S3Client.CodeAsync(tooLong));
    }

    private static Task<HttpResponseMessage> CopyAsync(S3Client client, string from, string to) =>
        client.SendAsync(HttpMethod.Put, "/churn/data/" + to, headers: ("x-amz-copy-source", "/churn/data/" + from));

    private static TreeEntry Inline(ExtendedAttribute[] attributes) =>
        new() { Name = [], Type = EntryType.File, Size = 1, Form = FileForm.Inline, Inline = "x"u8.ToArray(), Attributes = attributes };

    // As if it were there: what a push or a damaged disk may bring.
    private static async Task StageAsync(VolumeStage stage, string path, TreeEntry entry)
    {
        var staging = stage.Hub.Services.GetRequiredService<VolumeStaging>();
        var found = await staging.FindAsync("churn", "data");
        Assert.Equal(LayerOutcome.Done, await staging.ChangeAsync(found!.Value.Volume, Encoding.ASCII.GetBytes(path), entry, "ann", null, Ct));
    }
}
