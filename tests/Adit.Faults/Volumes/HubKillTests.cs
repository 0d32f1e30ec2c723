using System.Collections.Concurrent;
using Adit.Faults.Stage;

namespace Adit.Faults.Volumes;

/// <summary>A hub that is killed (SIGKILL) while directories go to a volume and come back: what it acknowledged is there, whole, and what it did not is not seen.</summary>
public sealed class HubKillTests(ITestOutputHelper output)
{
    // Pulled back byte for byte after each kill; the check walks all of them.
    private const int PulledEachTime = 3;

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public Task What_was_acknowledged_is_there_whole_however_the_hub_is_killed() => RunAsync(kills: 8, seed: 1);

    [Fact(Timeout = 1_800_000)]
    [Trait("Category", "Long")]
    public Task Two_hundred_kills_lose_nothing() => RunAsync(kills: 200, seed: 2);

    private async Task RunAsync(int kills, int seed)
    {
        await using var volumes = await VolumeHub.StartAsync();
        var told = new ConcurrentDictionary<string, string>();
        var asked = new ConcurrentDictionary<string, bool>();
        using var enough = new CancellationTokenSource();
        Task[] clients =
        [
            PushAsync(volumes, "main", new Random(seed), told, asked, enough.Token),
            PushAsync(volumes, "other", new Random(seed + 1), told, asked, enough.Token),
            PullAsync(volumes, new Random(seed + 2), told, enough.Token),
        ];
        var moments = new Random(seed + 3);
        var looked = new HashSet<string>();
        for (var i = 0; i < kills; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(moments.Next(20, 700)), TimeProvider.System, Deadline);
            await volumes.KillAsync();
            var acknowledged = told.ToDictionary();
            await volumes.StartAgainAsync();
            await WholeAsync(volumes, acknowledged, asked, looked);
            Assert.All(clients, static c => Assert.False(c.IsFaulted, c.Exception?.ToString()));
        }

        await enough.CancelAsync();
        await Task.WhenAll(clients);
        await WholeAsync(volumes, told.ToDictionary(), asked, looked);
        output.WriteLine($"{kills} kills, {told.Count} snapshots");
        Assert.True(told.Count > kills / 4, "Hardly anything was pushed.");
    }

    private static async Task WholeAsync(VolumeHub volumes, Dictionary<string, string> told, ConcurrentDictionary<string, bool> asked, HashSet<string> looked)
    {
        // A check walks every snapshot that the hub shows, whoever was told of it.
        Assert.Empty((await volumes.CheckAsync()).Findings);
        var log = (await volumes.LogAsync()).ToDictionary(static s => s.Id);
        Assert.All(told.Keys, id => Assert.Contains(id, log));
        // One that nobody was told of yet is one that somebody asked for, and was made whole.
        Assert.All(log.Values, s => Assert.Contains(s.Message, asked));
        foreach (var id in told.Keys.Where(id => !looked.Contains(id)).Take(PulledEachTime).Where(looked.Add).ToList())
        {
            var directory = await volumes.PullAsync(id);
            Assert.Equal(told[id], VolumeHub.Content(directory));
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task PushAsync(
        VolumeHub volumes, string branch, Random random, ConcurrentDictionary<string, string> told, ConcurrentDictionary<string, bool> asked, CancellationToken enough)
    {
        var directory = volumes.Directory(random, 6, 100_000);
        var cache = volumes.Directory();
        for (var i = 0; !enough.IsCancellationRequested; i++)
        {
            VolumeHub.Add(directory, random, $"{branch}{i % 40}", 300_000);
            var content = VolumeHub.Content(directory);
            var message = $"{branch} {i}";
            asked[message] = true;
            var pushed = await volumes.PushAsync(directory, cache, branch, message: message);
            Assert.False(pushed.Created.IsDiverged, "Nobody else pushes to this branch.");
            Assert.Equal(message, pushed.Created.Snapshot.Message);
            told[pushed.Created.Snapshot.Id] = content;
            // Each kill looks through all snapshots that there are: more of them prove nothing more.
            await Task.Delay(Rest, TimeProvider.System, Deadline);
        }
    }

    private static async Task PullAsync(VolumeHub volumes, Random random, ConcurrentDictionary<string, string> told, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            var all = told.ToArray();
            if (all.Length == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Deadline);
                continue;
            }

            var (id, content) = all[random.Next(all.Length)];
            var directory = await volumes.PullAsync(id);
            Assert.Equal(content, VolumeHub.Content(directory));
            Directory.Delete(directory, recursive: true);
        }
    }
}
