using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Runners;
using Adit.Hub.Tests.Tasks;
using Adit.Testing;

namespace Adit.Hub.Tests.Runners;

/// <summary>What is given to a runner on the hub, beside what its machine says.</summary>
public sealed class GivenLabelsTests
{
    [Fact]
    public async Task What_was_given_to_a_runner_is_told_apart_from_what_it_says_of_itself()
    {
        await using var hub = await TaskHub.StartAsync();
        using var api = hub.Hub.Api();
        var change = new ChangeRunnerRequest { Labels = new Dictionary<string, string> { ["room"] = "b12" }, Taints = [new GivenTaint("exam", "may")] };
        using var answer = await api.PatchAsJsonAsync("/api/v1/runners/gpu1", change, RunnersJson.Default.ChangeRunnerRequest, TestContext.Current.CancellationToken);
        var runner = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(RunnersJson.Default.ApiRunner, TestContext.Current.CancellationToken);

        Assert.Equal(new Dictionary<string, string> { ["room"] = "b12" }, runner!.GivenLabels);
        Assert.Equal([new Taint("exam", "may")], runner.GivenTaints);
        Assert.DoesNotContain("room", runner.OwnLabels.Keys);
        Assert.Empty(runner.OwnTaints);
        Assert.Equal("b12", runner.Labels["room"]);
        Assert.Contains("os", runner.Labels.Keys);
    }

    [Fact]
    public async Task When_a_runner_was_seen_last_is_stored_when_it_goes()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        var task = await hub.ReadyAsync("site");
        time.Advance(TimeSpan.FromSeconds(20));
        var last = time.GetUtcNow();
        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
        time.Advance(TimeSpan.FromSeconds(5));
        await hub.Runner.DisposeAsync();
        await Eventually.HoldsAsync(async () => Assert.Single(await hub.Service<RunnerStore>().ListAsync()).Seen == last, "it is stored");
    }
}
