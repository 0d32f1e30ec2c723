using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Storage;
using Adit.Hub.Tests.Tasks;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Checks;

public sealed class CheckEndpointTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hub_without_runners_is_sound_and_says_that_tasks_have_nowhere_to_run()
    {
        await using var hub = await TestHub.StartAsync();
        var found = await LookAsync(hub);
        Assert.Equal(TestHub.Domain, found.Domain);
        Assert.Equal(["database", "disk", "privacy", "listen", "runners", "tasks"], found.Items.Select(static c => c.Name));
        Assert.Equal("runners", Assert.Single(found.Items, static c => c.Outcome != CheckOutcome.Ok).Name);
    }

    [Fact]
    public async Task A_data_directory_that_others_can_read_is_a_failure_with_the_command_that_mends_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes of files are of Unix.");
        await using var hub = await TestHub.StartAsync();
        var path = hub.Services.GetRequiredService<DataDirectory>().Path;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherRead);
        var check = Assert.Single((await LookAsync(hub)).Items, static c => c.Name == "privacy");
        Assert.Equal((CheckOutcome.Failed, $"chmod 700 {path}"), (check.Outcome, check.Remedy));
    }

    [Fact]
    public async Task A_runner_that_is_gone_its_lost_task_and_a_task_that_waits_long_are_warnings_that_name_them()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time, cpus: 1);
        await hub.TemplateAsync("large", "  resources: {cpu: 1}");
        await hub.ReadyAsync("first", "large");
        Assert.Equal(CheckOutcome.Ok, Assert.Single((await LookAsync(hub.Hub)).Items, c => c.Name == "runner " + hub.Runner.Name).Outcome);
        var waiting = await hub.LaunchAsync("second", "large");
        Assert.Equal(TaskState.Queued, (await hub.ShowAsync(waiting.Id)).State);
        await hub.Runner.DisposeAsync();
        time.Advance(TimeSpan.FromMinutes(6));
        string[] expected = [$"runner {hub.Runner.Name}: It is not connected", "tasks: first of ann is lost", "tasks: second of ann waits for 6 minutes: "];
        await Eventually.HoldsAsync(
            async () =>
            {
                var warnings = (await LookAsync(hub.Hub)).Items.Where(static c => c.Outcome == CheckOutcome.Warning).Select(static c => $"{c.Name}: {c.Finding}").ToList();
                return warnings.Count == expected.Length && expected.All(e => warnings.Any(w => w.StartsWith(e, StringComparison.Ordinal)));
            },
            "the runner is missed, its task is lost, and the other one waits",
            cancellationToken: Ct);
    }

    [Fact]
    public async Task Only_admins_and_auditors_see_it()
    {
        await using var hub = await TestHub.StartAsync();
        var user = await hub.TokenAsync("ann");
        using var api = hub.Api(user.Secret);
        using var answer = await api.GetAsync("/api/v1/checks", Ct);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        using var stranger = hub.Api("");
        using var refused = await stranger.GetAsync("/api/v1/checks", Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    private static async Task<CheckList> LookAsync(TestHub hub)
    {
        using var api = hub.Api();
        return (await api.GetFromJsonAsync("/api/v1/checks", ChecksJson.Default.CheckList, Ct))!;
    }
}
