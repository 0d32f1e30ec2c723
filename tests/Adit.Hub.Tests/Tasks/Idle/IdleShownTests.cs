using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tasks.Idle;

namespace Adit.Hub.Tests.Tasks.Idle;

/// <summary>What the pages show of tasks that nobody uses.</summary>
public sealed class IdleShownTests
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task What_somebody_keeps_shows_its_new_end_and_no_warning_at_once()
    {
        await using var hub = await TaskHub.StartAsync();
        await hub.TemplateAsync("short", "  idle: {timeout: 10m, warn: 9m, minUptime: 1s}");
        var task = await hub.ReadyAsync("demo", "short");
        var engine = hub.Service<IdleEngine>();
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromMinutes(2); passed += Look)
        {
            hub.Service<IdleClock>().Skip(Look);
            await engine.LookAsync(TestContext.Current.CancellationToken);
        }

        var warned = (await hub.ShowAsync(task.Id)).Idle!;
        var (status, _) = await hub.PostAsync($"{task.Id}/extend", """{"seconds":14400}""");
        var kept = (await hub.ShowAsync(task.Id)).Idle!;
        await hub.PostAsync($"{task.Id}/extend", """{"seconds":0}""");
        var back = (await hub.ShowAsync(task.Id)).Idle!;

        Assert.Equal((HttpStatusCode.OK, true, false), (status, warned.IsWarned, kept.IsWarned));
        Assert.True(kept.StopsAt >= engine.Now + TimeSpan.FromHours(4) - Look, $"{kept.StopsAt} by {engine.Now}");
        Assert.Equal(warned.StopsAt, back.StopsAt);
    }

    [Fact]
    public async Task What_ends_of_age_says_that_keeping_does_not_put_it_off_and_what_freezes_next_when()
    {
        await using var hub = await TaskHub.StartAsync();
        await hub.TemplateAsync("aged", "  idle: {timeout: never, warn: 9m, minUptime: 1s, maxAge: 10m}");
        await hub.TemplateAsync("ladder", "  idle: {ladder: [{after: 15m, action: freeze}, {after: 60m, action: stop}], minUptime: 1s}");
        var aged = await hub.ReadyAsync("old", "aged");
        var ladder = await hub.ReadyAsync("demo", "ladder");
        await hub.Service<IdleEngine>().LookAsync(TestContext.Current.CancellationToken);
        hub.Service<IdleClock>().Skip(TimeSpan.FromMinutes(2));
        await hub.Service<IdleEngine>().LookAsync(TestContext.Current.CancellationToken);
        var before = (await hub.ShowAsync(aged.Id)).Idle!;
        await hub.PostAsync($"{aged.Id}/extend", """{"seconds":14400}""");
        var kept = (await hub.ShowAsync(aged.Id)).Idle!;
        var frozen = (await hub.ShowAsync(ladder.Id)).Idle!;

        Assert.Equal((true, true), (before.IsOfAge, kept.IsOfAge));
        Assert.InRange((kept.StopsAt - before.StopsAt)!.Value.TotalSeconds, -1, 1);
        Assert.Equal((true, true), (before.IsWarned, kept.IsWarned)); // Nothing else would end it, and its owner is told all the same.
        Assert.Null(kept.FreezesAt);
        Assert.Equal((false, TimeSpan.FromMinutes(45)), (frozen.IsOfAge, frozen.StopsAt - frozen.FreezesAt));
    }

    [Fact]
    public async Task Templates_and_explanations_say_when_a_session_ends_unused()
    {
        await using var hub = await TaskHub.StartAsync();
        await hub.TemplateAsync("ladder", "  idle: {ladder: [{after: 15m, action: freeze}, {after: 60m, action: stop}], warn: 5m, maxAge: 2d}");
        await hub.TemplateAsync("endless", "  idle: {timeout: never, maxAge: never}");
        var task = await hub.ReadyAsync("demo", "ladder");
        using var api = hub.Hub.Api(hub.Ann.Secret);
        var report = await api.GetFromJsonAsync($"/api/v1/tasks/{task.Id}/idle", TasksJson.Default.TaskIdleReport, TestContext.Current.CancellationToken);
        var ladder = await api.GetFromJsonAsync("/api/v1/templates/ladder", TemplatesJson.Default.ApiTemplate, TestContext.Current.CancellationToken);
        var endless = await api.GetFromJsonAsync("/api/v1/templates/endless", TemplatesJson.Default.ApiTemplate, TestContext.Current.CancellationToken);

        var terms = new TaskIdleTerms { FreezeAfterSeconds = 900, StopAfterSeconds = 3600, WarnSeconds = 300, MaxAgeSeconds = 172_800 };
        Assert.Equal((terms, terms), (report!.Terms, ladder!.Form!.Idle));
        Assert.Equal(("used", "freeze"), (report.State, report.Next)); // Though the engine has not looked at it yet.
        Assert.Equal(new TaskIdleTerms(), endless!.Form!.Idle);
    }

    [Fact]
    public async Task The_audit_log_calls_tasks_by_the_names_that_people_know()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("demo");
        await hub.PostAsync($"{task.Id}/extend", """{"seconds":60}""");
        await hub.PostAsync($"{task.Id}/stop");
        using var api = hub.Hub.Api();
        var page = await api.GetFromJsonAsync($"/api/v1/audit?target=task:{task.Id}", AuditRecordsJson.Default.AuditList, TestContext.Current.CancellationToken);

        Assert.Equal(["task.stop", "task.extend", "task.start"], page!.Items.Select(static e => e.Action));
        Assert.All(page.Items, static e => Assert.Equal("demo", e.Detail!["name"]));
    }
}
