using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Volumes;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Volumes;

/// <summary>Rules keep what they say and no more, names keep what they name, and a line that lost some of its snapshots is still one.</summary>
public sealed class RetentionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Hours before now of each snapshot, newest first, and those that stay.
    [Theory]
    [InlineData("last=2", "0 1 2 3", "0 1")]
    [InlineData("last=0", "0 1", "")]
    [InlineData("days=1", "0 23 24 25", "0 23 24")]
    [InlineData("hourly=2", "0 0.5 1.2 1.3 5", "0 0.5")] // 12:00, 11:30, 10:48, 10:42, 7:00.
    [InlineData("daily=2", "0 1 13 14 40", "0 13")] // Today, and yesterday at 23:00.
    [InlineData("weekly=2", "0 100 150 200", "0 200")] // 2026-11-22 is a Sunday: its week began 156 hours ago.
    [InlineData("monthly=2", "0 100 600 1300", "0 600")]
    [InlineData("yearly=3", "0 5000 9000 20000", "0 9000 20000")]
    [InlineData("last=1 daily=2", "0 1 13 14 40", "0 13")]
    [InlineData("last=3 daily=2", "0 1 13 14 40", "0 1 13")]
    [InlineData("", "0 100 10000", "0 100 10000")]
    public void What_stays(string rule, string ages, string kept)
    {
        int? Part(string name) => rule.Split(' ').Select(static p => p.Split('=')).Where(p => p[0] == name).Select(static p => (int?)int.Parse(p[1], null)).FirstOrDefault();
        var parts = new RetentionRule
        {
            KeepLast = Part("last"), KeepDays = Part("days"), KeepHourly = Part("hourly"), KeepDaily = Part("daily"), KeepWeekly = Part("weekly"), KeepMonthly = Part("monthly"), KeepYearly = Part("yearly"),
        };
        var all = ages.Split(' ');
        var surplus = Retention.Surplus(parts, all.Select(static a => (a, Now.AddHours(-double.Parse(a, System.Globalization.CultureInfo.InvariantCulture)), false)).Reverse(), Now);
        Assert.Equal(kept, string.Join(' ', all.Except(surplus)));
    }

    [Fact]
    public void What_has_a_name_stays_and_takes_no_place_of_others_but_of_its_own() =>
        Assert.Equal(["c"], Retention.Surplus(new RetentionRule { KeepLast = 1 }, [("a", Now, false), ("b", Now.AddHours(-2), true), ("c", Now.AddHours(-3), false)], Now));

    [Fact(Timeout = 60_000)]
    public async Task Pruned_snapshots_go_with_what_only_they_had_and_the_line_goes_on()
    {
        var time = new ManualTimeProvider();
        await using var stage = await VolumeStage.StartAsync(time: time);
        var line = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            var made = await stage.PushAsync(stage.Ann, stage.Files(("a.txt", $"version {i}"), ("big.txt", string.Concat(Enumerable.Repeat($"{i} is a line of its own\n", 500)))), line.LastOrDefault());
            line.Add(made.Snapshot.Id);
            time.Advance(TimeSpan.FromMinutes(1));
        }

        using var api = stage.Hub.Api(stage.Ann);
        (await api.PutAsJsonAsync("/api/v1/volumes/churn/data/tags/paper", new SetTagRequest { Snapshot = line[1] }, VolumesJson.Default.SetTagRequest, Ct)).Dispose();
        await RuleAsync(api, new RetentionRule { KeepLast = 2 });
        var would = await PruneAsync(api, dryRun: true);
        Assert.Equal((3, 3), (would.Removed, would.Kept));
        Assert.Equal([line[3], line[2], line[0]], would.Snapshots);
        Assert.Equal(6, (await LogAsync(stage)).Count);

        // As the hub does every hour.
        await stage.Hub.Services.GetRequiredService<VolumePruning>().PruneAllAsync(Ct);
        var log = await LogAsync(stage);
        Assert.Equal([line[5], line[4], line[1]], log.Select(static s => s.Id));
        Assert.Equal([[line[4]], [line[1]], []], log.Select(static s => s.Parents));
        Assert.Equal([line[5], line[4], line[1]], (await stage.GetAsync(stage.Cat, "volumes/churn/data/snapshots?from=main", VolumesJson.Default.SnapshotList)).Items.Select(static s => s.Id));
        Assert.Equal(HttpStatusCode.NotFound, await ContentAsync(api, line[2]));
        Assert.Equal(HttpStatusCode.OK, await ContentAsync(api, line[1]));
        using var check = await api.PostAsync("/api/v1/store/check?readData=true", null, Ct);
        Assert.Equal(HttpStatusCode.Forbidden, check.StatusCode); // Ann is no admin.

        // Whoever still has one that went goes on from what is left, beside the branch, and loses nothing.
        var late = await stage.PushAsync(stage.Ben, stage.Files(("a.txt", "mine")), line[3]);
        Assert.True(late is { IsNew: true, IsDiverged: true });
        Assert.Equal([line[1]], late.Snapshot.Parents);
        var first = await stage.PushAsync(stage.Ben, stage.Files(("a.txt", "older")), line[0]);
        Assert.True(first is { IsNew: true, IsDiverged: true });
        Assert.Empty(first.Snapshot.Parents);
        // What was only in those that went has to be sent again, and is.
        var back = await stage.PushAsync(stage.Ann, stage.Files(("a.txt", "version 3"), ("big.txt", string.Concat(Enumerable.Repeat("3 is a line of its own\n", 500)))), line[5]);
        Assert.Equal(HttpStatusCode.OK, await ContentAsync(api, back.Snapshot.Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_who_may_remove_a_volume_says_what_it_keeps()
    {
        await using var stage = await VolumeStage.StartAsync();
        foreach (var (token, expected) in new[] { (stage.Ben, HttpStatusCode.Forbidden), (stage.Cat, HttpStatusCode.Forbidden), (stage.Dan, HttpStatusCode.NotFound) })
        {
            using var theirs = stage.Hub.Api(token);
            using var set = await theirs.PutAsJsonAsync("/api/v1/volumes/churn/data/retention", new RetentionRule { KeepLast = 0 }, VolumesJson.Default.RetentionRule, Ct);
            Assert.Equal(expected, set.StatusCode);
            using var prune = await theirs.PostAsync("/api/v1/volumes/churn/data/prune", null, Ct);
            Assert.Equal(expected, prune.StatusCode);
        }

        using var api = stage.Hub.Api(stage.Ann);
        using var none = await api.PostAsync("/api/v1/volumes/churn/data/prune", null, Ct);
        Assert.Equal(HttpStatusCode.Conflict, none.StatusCode);
        using var wrong = await api.PutAsJsonAsync("/api/v1/volumes/churn/data/retention", new RetentionRule { KeepDaily = -1 }, VolumesJson.Default.RetentionRule, Ct);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        await RuleAsync(api, new RetentionRule { KeepDaily = 7 });
        Assert.Equal(7, (await stage.GetAsync(stage.Cat, "volumes/churn/data/retention", VolumesJson.Default.RetentionRule)).KeepDaily);
        await RuleAsync(api, new RetentionRule());
        Assert.Null((await stage.GetAsync(stage.Cat, "volumes/churn/data/retention", VolumesJson.Default.RetentionRule)).KeepDaily);
    }

    private static async Task RuleAsync(HttpClient api, RetentionRule rule)
    {
        using var set = await api.PutAsJsonAsync("/api/v1/volumes/churn/data/retention", rule, VolumesJson.Default.RetentionRule, Ct);
        Assert.True(set.IsSuccessStatusCode, await set.Content.ReadAsStringAsync(Ct));
    }

    private static async Task<PruneReport> PruneAsync(HttpClient api, bool dryRun)
    {
        using var answer = await api.PostAsync($"/api/v1/volumes/churn/data/prune?dryRun={(dryRun ? "true" : "false")}", null, Ct);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
        return (await answer.Content.ReadFromJsonAsync(VolumesJson.Default.PruneReport, Ct))!;
    }

    private static async Task<IReadOnlyList<ApiSnapshot>> LogAsync(VolumeStage stage) => (await stage.GetAsync(stage.Cat, "volumes/churn/data/snapshots", VolumesJson.Default.SnapshotList)).Items;

    private static async Task<HttpStatusCode> ContentAsync(HttpClient api, string snapshot)
    {
        using var answer = await api.GetAsync($"/api/v1/volumes/churn/data/content?at={snapshot}&path=big.txt", Ct);
        return answer.StatusCode;
    }
}
