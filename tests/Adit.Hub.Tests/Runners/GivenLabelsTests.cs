using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Tasks;

namespace Adit.Hub.Tests.Runners;

/// <summary>What is given to a runner on the hub, beside what its machine says.</summary>
public sealed class GivenLabelsTests
{
    [Fact]
    public async Task What_was_given_to_a_runner_is_told_apart_from_what_it_says_of_itself()
    {
        await using var hub = await TaskHub.StartAsync();
        using var api = hub.Hub.Api();
        var change = new ChangeRunnerRequest { Labels = new Dictionary<string, string> { ["room"] = "b12" }, Taints = [new Taint("exam", "may")] };
        using var answer = await api.PatchAsJsonAsync("/api/v1/runners/gpu1", change, RunnersJson.Default.ChangeRunnerRequest, TestContext.Current.CancellationToken);
        var runner = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(RunnersJson.Default.ApiRunner, TestContext.Current.CancellationToken);

        Assert.Equal(new Dictionary<string, string> { ["room"] = "b12" }, runner!.GivenLabels);
        Assert.Equal([new Taint("exam", "may")], runner.GivenTaints);
        Assert.DoesNotContain("room", runner.OwnLabels.Keys);
        Assert.Empty(runner.OwnTaints);
        Assert.Equal("b12", runner.Labels["room"]);
        Assert.Contains("os", runner.Labels.Keys);
    }
}
