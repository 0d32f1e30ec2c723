using System.Net;
using Adit.Content;
using Adit.Faults.Stage;
using Adit.Runner.Hubs;
using Adit.Testing;

namespace Adit.Faults.Volumes;

/// <summary>A hub whose disk is full, and stores that somebody else has open.</summary>
public sealed class DiskTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_push_to_a_full_disk_says_so_loses_nothing_and_goes_on_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync("24m");
        await using var volumes = await VolumeHub.StartAsync(Path.Combine(disk.Path, "hub"));
        var random = new Random(11);
        var directory = volumes.Directory(random, 8, 500_000);
        var first = (await volumes.PushAsync(directory)).Created.Snapshot.Id;
        var content = VolumeHub.Content(directory);
        for (var i = 0; i < 80; i++)
            VolumeHub.Add(directory, random, $"more{i}", 800_000);

        var refused = await Assert.ThrowsAsync<HubApiException>(() => volumes.PushAsync(directory));
        Assert.Equal((HttpStatusCode.InsufficientStorage, "storage"), (refused.Status, refused.Code));
        Assert.Matches(@"^The content of the project 'churn' cannot be written: .*make room on the hub's disk, then try again\.$", refused.Message);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(content, VolumeHub.Content(await volumes.PullAsync(first)));
        Assert.Equal([first], (await volumes.LogAsync()).Select(static s => s.Id));

        await disk.ResizeAsync("300m");
        var second = (await volumes.PushAsync(directory)).Created.Snapshot.Id;
        Assert.Empty((await volumes.CheckAsync()).Findings);
        Assert.Equal(VolumeHub.Content(directory), VolumeHub.Content(await volumes.PullAsync(second)));
        await volumes.KillAsync();
        await volumes.StartAgainAsync();
        Assert.Empty((await volumes.CheckAsync()).Findings);
        Assert.Equal(VolumeHub.Content(directory), VolumeHub.Content(await volumes.PullAsync(second)));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_second_hub_on_the_same_data_is_refused()
    {
        await using var volumes = await VolumeHub.StartAsync();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var second = await HubProcess.StartAsync(volumes.Data);
        });
        Assert.Contains("another hub", refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Empty((await volumes.CheckAsync()).Findings);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_store_that_another_process_has_is_refused_to_either()
    {
        await using var volumes = await VolumeHub.StartAsync();
        var directory = volumes.Directory(new Random(12), 3, 50_000);
        var snapshot = (await volumes.PushAsync(directory)).Created.Snapshot.Id;
        var options = new ContentStoreOptions { Directory = volumes.Store };
        var refused = await Assert.ThrowsAnyAsync<IOException>(() => ContentStore.OpenAsync(options, Deadline));
        Assert.Contains($"{volumes.Hub.Process.Id}", refused.Message, StringComparison.Ordinal);

        await volumes.StopAsync();
        await using (await ContentStore.OpenAsync(options, Deadline))
        {
            // The hub starts and does all the rest.
            await volumes.StartAgainAsync();
            var told = await Assert.ThrowsAsync<HubApiException>(() => volumes.PullAsync(snapshot));
            Assert.Equal(HttpStatusCode.InsufficientStorage, told.Status);
            Assert.StartsWith("The content of the project 'churn' cannot be used: ", told.Message, StringComparison.Ordinal);
        }

        // It is opened when it is free, without a restart.
        Assert.Equal(VolumeHub.Content(directory), VolumeHub.Content(await volumes.PullAsync(snapshot)));
    }
}
