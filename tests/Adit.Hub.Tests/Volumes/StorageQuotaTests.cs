using System.Net;
using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Hub.Tests.Volumes;

/// <summary>A project takes no more of the disk than it may, and keeps what it has.</summary>
public sealed class StorageQuotaTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_project_that_has_all_it_may_have_takes_nothing_more_in_and_is_told_what_to_do()
    {
        await using var stage = await VolumeStage.StartAsync();
        var first = await stage.PushAsync(stage.Ann, stage.Files(("a.txt", "one")), null);
        Assert.Equal(HttpStatusCode.OK, await SetAsync(stage, "project/churn", 1));

        using var full = await stage.ChunksAsync(stage.Ann, "add", []);
        Assert.Equal(HttpStatusCode.InsufficientStorage, full.StatusCode);
        var said = await full.Content.ReadAsStringAsync(Ct);
        Assert.Contains("The quota of the project 'churn' is 0 MiB of storage, and ", said, StringComparison.Ordinal);
        Assert.Contains("adit volume prune", said, StringComparison.Ordinal);

        // What is there is read, and arranged anew.
        Assert.Equal(first.Snapshot.Id, (await stage.GetAsync(stage.Cat, "volumes/churn/data/snapshots", VolumesJson.Default.SnapshotList)).Items.Single().Id);
        var quota = await stage.GetAsync(stage.Hub.AdminToken, "quotas/project/churn", QuotasJson.Default.ApiQuota);
        Assert.Equal(1, quota.StorageBytes);
        Assert.InRange(quota.Used!.StorageBytes!.Value, 1, 1 << 20);

        Assert.Equal(HttpStatusCode.OK, await SetAsync(stage, "project/churn", 1 << 30));
        Assert.True((await stage.PushAsync(stage.Ann, stage.Files(("a.txt", "two")), first.Snapshot.Id)).IsNew);
        // The default holds for those that have none of their own.
        Assert.Equal(HttpStatusCode.OK, await SetAsync(stage, "project/*", 0));
        Assert.True((await stage.PushAsync(stage.Ann, stage.Files(("a.txt", "three")), null)).IsNew);
    }

    [Fact(Timeout = 60_000)]
    public async Task Users_have_no_storage()
    {
        await using var stage = await VolumeStage.StartAsync();
        Assert.Equal(HttpStatusCode.BadRequest, await SetAsync(stage, "user/ann", 1 << 30));
        Assert.Equal(HttpStatusCode.BadRequest, await SetAsync(stage, "project/churn", -1));
        Assert.Null((await stage.GetAsync(stage.Ann, "quotas/user/ann", QuotasJson.Default.ApiQuota)).Used!.StorageBytes);
    }

    private static async Task<HttpStatusCode> SetAsync(VolumeStage stage, string whose, long bytes)
    {
        using var api = stage.Hub.Api();
        using var set = await api.PutAsJsonAsync($"/api/v1/quotas/{whose}", new SetQuotaRequest { StorageBytes = bytes }, QuotasJson.Default.SetQuotaRequest, Ct);
        return set.StatusCode;
    }
}
