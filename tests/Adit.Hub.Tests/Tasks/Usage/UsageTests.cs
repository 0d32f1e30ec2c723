using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Storage;
using Adit.Hub.Runners;
using Adit.Hub.Tasks;
using Adit.Hub.Tasks.Usage;
using Adit.Hub.Tests.Access;
using Adit.Testing;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Adit.Hub.Tests.Tasks.Usage;

/// <summary>What tasks used and cost, and who is told; with a clock that the test moves.</summary>
public sealed class UsageTests
{
    private static readonly DateTimeOffset Start = new(2030, 5, 6, 10, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Start);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task An_attempt_counts_from_its_place_to_its_end_with_the_price_of_its_start()
    {
        await using var hub = await StartAsync();
        var one = await hub.RunAsync("one", cpu: 2, memoryMib: 512);
        Assert.Equal((2 * 0.5m) + (0.5m * 0.1m), one.PricePerHour);
        Assert.Equal("EUR", one.Currency);
        await hub.ReadyAsync(one);
        _time.Advance(TimeSpan.FromSeconds(9));

        // What goes on counts up to now.
        var now = Assert.Single((await ReportAsync(hub)).Lines!);
        Assert.Equal(("ann", 1, 0.0025, 0.005, 0.00125, 0), (now.Key, now.Attempts, now.Hours, now.CpuHours, now.MemoryGiBHours, now.GpuHours));
        Assert.Equal([new UsageCost(0.002625m, "EUR")], now.Costs);
        Assert.Equal(0.002625m, (await hub.ShowAsync(one.Id)).Cost);

        await hub.EndAsync(one);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0.0025, Assert.Single((await ReportAsync(hub)).Lines!).Hours);

        // A second start of it is another attempt, and what it costs is that of both.
        Assert.Equal(HttpStatusCode.OK, (await hub.PostAsync($"{one.Id}/restart")).Status);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal((2, 0.005), ((await ReportAsync(hub)).Total!.Attempts, (await ReportAsync(hub)).Total!.Hours));
        Assert.Equal(0.00525m, (await hub.ShowAsync(one.Id)).Cost);

        // Of a time it is only what is in it.
        Assert.Equal((9 - 4 + 22 - 18) / 3600.0, (await ReportAsync(hub, query: $"from={Time(4)}&to={Time(22)}")).Total!.Hours, 6);
        Assert.Empty((await ReportAsync(hub, query: $"from={Time(-60)}&to={Time(0)}")).Lines!);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_queued_uses_nothing()
    {
        await using var hub = await StartAsync(cpus: 2);
        await hub.RunAsync("one", cpu: 2);
        var waits = await hub.RunAsync("two", cpu: 2);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(TaskState.Queued, (await hub.ShowAsync(waits.Id)).State);
        Assert.Equal((1, 0.0025), ((await ReportAsync(hub)).Total!.Attempts, (await ReportAsync(hub)).Total!.Hours));
        Assert.Equal(0, (await hub.ShowAsync(waits.Id)).Cost);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_restart_of_the_hub_loses_nothing_and_counts_nothing_twice()
    {
        await using var hub = await StartAsync();
        var (one, two) = (await hub.RunAsync("one", cpu: 1), await hub.RunAsync("two", cpu: 1));
        await hub.ReadyAsync(one);
        await hub.ReadyAsync(two);
        _time.Advance(TimeSpan.FromSeconds(9));
        await hub.EndAsync(one);
        await hub.Hub.RestartAsync();
        _time.Advance(TimeSpan.FromSeconds(9));
        await hub.Hub.RestartAsync();
        var by = (await AttemptsAsync(hub)).ToDictionary(static a => a.Name);
        Assert.Equal(2, by.Count);
        Assert.Equal((0.0025, Start.AddSeconds(9)), (by["one"].Hours, by["one"].Ended));
        Assert.Equal((0.005, null), (by["two"].Hours, by["two"].Ended));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_lost_counts_until_it_was_lost_and_in_full_when_it_comes_back()
    {
        await using var hub = await StartAsync();
        var one = await hub.RunAsync("one");
        await hub.ReadyAsync(one);
        var registry = hub.Service<TaskRegistry>();
        _time.Advance(TimeSpan.FromSeconds(9));
        registry.RunnerLost(hub.Runner.Name);
        _time.Advance(TimeSpan.FromSeconds(9));
        await SavedAsync(hub, one);
        var lost = Assert.Single(await AttemptsAsync(hub));
        Assert.Equal((0.0025, Start.AddSeconds(9), null), (lost.Hours, lost.Lost, lost.Ended));

        await hub.Runner.ReportAsync(one.Id, TaskState.Ready);
        await SavedAsync(hub, one);
        Assert.Equal((0.005, null), ((await AttemptsAsync(hub))[0].Hours, (await AttemptsAsync(hub))[0].Lost));

        // Its runner comes back without it: nobody saw what it did since.
        registry.RunnerLost(hub.Runner.Name);
        _time.Advance(TimeSpan.FromSeconds(9));
        await registry.ObserveAsync(hub.Service<IRunners>().Find(hub.Runner.Name)!, [], isAll: true);
        Assert.Equal((0.005, Start.AddSeconds(18)), ((await AttemptsAsync(hub))[0].Hours, (await AttemptsAsync(hub))[0].Ended));
        Assert.Equal(TaskState.Failed, (await hub.ShowAsync(one.Id)).State);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_ended_while_its_runner_was_cut_off_counts_until_it_did()
    {
        await using var hub = await StartAsync();
        foreach (var (name, since, hours) in new[] { ("inside", 4, 4), ("before", -100, 0), ("after", 500, 9) })
        {
            var task = await hub.RunAsync(name);
            var began = _time.GetUtcNow();
            await hub.ReadyAsync(task);
            _time.Advance(TimeSpan.FromSeconds(9));
            await hub.Service<TaskRegistry>().ObserveAsync(
                hub.Service<IRunners>().Find(hub.Runner.Name)!, [new ObservedTask { Id = task.Id, Attempt = 1, State = TaskState.Stopped, Since = began.AddSeconds(since) }], isAll: true);
            var attempt = (await AttemptsAsync(hub)).Single(a => a.Name == name);
            Assert.Equal((name, hours), (name, (int)Math.Round(attempt.Hours * 3600)));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task An_end_that_could_not_be_written_does_not_count_for_ever()
    {
        await using var hub = await StartAsync();
        var one = await hub.RunAsync("one");
        await hub.ReadyAsync(one);
        _time.Advance(TimeSpan.FromSeconds(9));
        await hub.EndAsync(one);
        var database = hub.Service<Database>();
        await database.WriteAsync(static connection => connection.Execute("UPDATE task_usage SET ended = NULL")); // As if the disk had been full.
        await hub.PostAsync($"{one.Id}/restart");
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0.005, (await ReportAsync(hub)).Total!.Hours);
    }

    [Fact(Timeout = 60_000)]
    public async Task Usage_is_counted_by_user_project_template_runner_and_task()
    {
        await using var hub = await StartAsync(gpus: 4);
        var bob = await hub.Hub.PersonAsync("bob");
        (await hub.Hub.CreateProjectAsync(bob, "churn")).Dispose();
        await hub.TemplateAsync("pricey", "  resources: {cpu: {request: 1, max: 8}, memory: {request: 1Gi, max: 8Gi}}\n  cost: {cpuHour: 40, currency: CHF}");
        await hub.RunAsync("one", cpu: 1, memoryMib: 1024);
        await hub.RunAsync("two", cpu: 1, memoryMib: 1024, gpus: 2, token: bob, project: "churn");
        await hub.RunAsync("three", cpu: 1, memoryMib: 1024, token: bob, template: "pricey");
        _time.Advance(TimeSpan.FromSeconds(9));

        var users = (await ReportAsync(hub)).Lines!;
        Assert.Equal(["bob", "ann"], users.Select(static l => l.Key));
        Assert.Equal([new UsageCost(0.1m, "CHF"), new UsageCost(0.0115m, "EUR")], users[0].Costs);
        Assert.Equal((2, 0.005, 0.005), (users[0].Attempts, users[0].GpuHours, users[0].CpuHours));
        Assert.Equal([null, "churn"], (await ReportAsync(hub, query: "by=project")).Lines!.Select(static l => l.Key));
        Assert.Equal(["pricey", "command"], (await ReportAsync(hub, query: "by=template")).Lines!.Select(static l => l.Key));
        Assert.Equal([("gpu1", 3)], (await ReportAsync(hub, query: "by=runner")).Lines!.Select(static l => (l.Key!, l.Attempts)));
        Assert.Equal(["three", "two", "one"], (await AttemptsAsync(hub)).Select(static a => a.Name));
        Assert.Equal(["two"], (await AttemptsAsync(hub, "&project=churn")).Select(static a => a.Name));
        Assert.Equal(["one"], (await AttemptsAsync(hub, "&user=ann")).Select(static a => a.Name));

        // Pages of it, and names that outlive a rename of the runner and an end of the project.
        var first = await ReportAsync(hub, query: "by=task&limit=2");
        Assert.Equal((2, 1), (first.Attempts!.Count, (await ReportAsync(hub, query: $"by=task&limit=2&cursor={first.Next}")).Attempts!.Count));
        await hub.Service<TaskStore>().RenameRunnerAsync("gpu1", "gpu2", static _ => { });
        Assert.Equal("gpu2", Assert.Single((await ReportAsync(hub, query: "by=runner")).Lines!).Key);
        await hub.Service<TaskRegistry>().EndProjectUsageAsync("churn");
        Assert.Equal([null, "churn (ended 2030-05-06)"], (await ReportAsync(hub, query: "by=project")).Lines!.Select(static l => l.Key));
    }

    [Fact(Timeout = 60_000)]
    public async Task Each_sees_their_own_maintainers_their_projects_and_auditors_everything()
    {
        await using var hub = await StartAsync();
        var (bob, cleo, eve) = (await hub.Hub.PersonAsync("bob"), await hub.Hub.PersonAsync("cleo"), await hub.Hub.PersonAsync("eve", PlatformRole.Auditor));
        (await hub.Hub.CreateProjectAsync(bob, "churn")).Dispose();
        (await hub.Hub.SetMemberAsync(bob, "churn", "account:cleo", ProjectRole.Member)).Dispose();
        await hub.RunAsync("one");
        await hub.RunAsync("two", token: cleo, project: "churn");
        await hub.RunAsync("three", token: cleo);
        await hub.RunAsync("four", token: bob, project: "churn");
        _time.Advance(TimeSpan.FromSeconds(9));

        foreach (var (token, names) in new[]
        {
            (hub.Ann.Secret!, "one"),
            (bob, "four two"),
            (cleo, "three two"),
            (eve, "four three two one"),
            (hub.Hub.AdminToken, "four three two one"),
            (await hub.Hub.ScopedAsync("cleo", "tasks:read!project=churn"), "two"),
            (await hub.Hub.ScopedAsync("eve", "tasks:read!project=churn"), "four two"),
            (await hub.Hub.ScopedAsync("bob", "tasks:read!project=other"), ""),
        })
        {
            Assert.Equal(names, string.Join(' ', (await AttemptsAsync(hub, token: token)).Select(static a => a.Name)));
            Assert.Equal(names.Length == 0 ? 0 : names.Split(' ').Length, (await ReportAsync(hub, token, "by=user")).Total!.Attempts);
            Assert.Equal(names.Length == 0 ? 1 : names.Split(' ').Length + 1, (await TableAsync(hub, "by=task", token)).Length);
        }

        // Asking for others by name shows no more.
        Assert.Empty((await ReportAsync(hub, hub.Ann.Secret, "by=user&user=cleo")).Lines!);
        Assert.Empty((await ReportAsync(hub, hub.Ann.Secret, "by=user&project=churn")).Lines!);
        Assert.Equal(HttpStatusCode.Forbidden, await hub.Hub.StatusAsync(await hub.Hub.ScopedAsync("bob", "tunnels:read"), HttpMethod.Get, "usage"));
        using var nobody = hub.Hub.Api("adit_000000000000_none");
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/api/v1/usage", Ct)).StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_table_adds_up_and_no_cell_of_it_is_a_formula()
    {
        await using var hub = await StartAsync();
        await hub.RunAsync("one", cpu: 1, memoryMib: 1024);
        var two = await hub.RunAsync("two", cpu: 0.5, memoryMib: 512, template: "static");
        await hub.ReadyAsync(two);
        await hub.Service<Database>().WriteAsync(static connection => connection.Execute("UPDATE task_usage SET account = '=cmd|'' /C calc''!A0', currency = '+1,\"2\"' WHERE name = 'two'"));
        _time.Advance(TimeSpan.FromSeconds(9));
        await hub.EndAsync(two);

        Assert.Equal(
            [
                "user,attempts,hours,cpu_hours,memory_gib_hours,gpu_hours,cost,currency",
                "ann,1,0.0025,0.0025,0.0025,0,0.0015,EUR",
                "\"'=cmd|' /C calc'!A0\",1,0.0025,0.00125,0.00125,0,0.00075,\"'+1,\"\"2\"\"\"",
            ],
            await TableAsync(hub, "by=user"));
        var tasks = await TableAsync(hub, "by=task");
        Assert.Equal("task,attempt,name,user,project,template,runner,state,started,ended,hours,cpu,memory_gib,gpus,cpu_hours,memory_gib_hours,gpu_hours,price_per_hour,cost,currency", tasks[0]);
        Assert.EndsWith(",1,two,\"'=cmd|' /C calc'!A0\",,static@0,gpu1,ended,2030-05-06T10:00:00Z,2030-05-06T10:00:09Z,0.0025,0.5,0.5,0,0.00125,0.00125,0,0.3,0.00075,\"'+1,\"\"2\"\"\"", tasks[1]);
        Assert.EndsWith(",1,one,ann,,command@0,gpu1,running,2030-05-06T10:00:00Z,,0.0025,1,1,0,0.0025,0.0025,0,0.6,0.0015,EUR", tasks[2]);

        // By the header too, and as a file.
        using var api = hub.Hub.Api();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/usage?by=runner");
        request.Headers.Accept.ParseAdd("text/csv");
        using var answer = await api.SendAsync(request, Ct);
        Assert.Equal(("text/csv", "usage-by-runner-20300501-20300506.csv"), (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentDisposition!.FileName!.Trim('"')));
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData(" =1", "' =1")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\rx", "'\rx")]
    [InlineData("ann@x", "ann@x")]
    [InlineData("", "")]
    public void Cells_that_a_spreadsheet_would_run_begin_with_an_apostrophe(string text, string cell) => Assert.Equal(cell, UsageCsv.Safe(text));

    [Theory]
    [InlineData("by=colour", "by user, project")]
    [InlineData("from=yesterday", "A time is")]
    [InlineData("from=2030-05-07&to=2030-05-06", "'from' is before 'to'")]
    [InlineData("from=99999999d", "A time is")]
    [InlineData("format=pdf", "json or csv")]
    [InlineData("by=task&cursor=x", "cursor")]
    [InlineData("user=", "1 to 300")]
    public async Task What_is_asked_wrongly_is_refused_with_a_sentence(string query, string sentence)
    {
        await using var hub = await StartAsync();
        using var answer = await hub.Hub.SendAsync(null, HttpMethod.Get, "usage?" + query);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(sentence, (await TaskCalls.ProblemAsync(answer)).Detail);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_old_or_too_much_is_removed_and_what_runs_is_not()
    {
        await using var hub = await StartAsync();
        await hub.RunAsync("runs");
        _time.Advance(TimeSpan.FromSeconds(1));
        await hub.Service<Database>().WriteAsync(static connection =>
        {
            for (var i = 0; i < 2500; i++)
            {
                connection.Execute(
                    """
                    INSERT INTO task_usage (task, attempt, name, account, template, template_version, runner, cpu, memory, gpus, started, ended)
                    VALUES (@task, 1, 'x', 'ann', 't', 1, 'r', 1, 1, 0, @at, @at)
                    """,
                    new { task = $"x{i}", at = Start.AddDays(i < 1500 ? -500 : -20).ToUnixTimeMilliseconds() + i });
            }
        });
        var retention = hub.Hub.Services.GetServices<IHostedService>().OfType<UsageRetention>().Single();
        Assert.Equal(1500, await retention.PruneAsync(UsageRetention.MostAttempts, Ct));
        Assert.Equal(0, await retention.PruneAsync(UsageRetention.MostAttempts, Ct));
        Assert.Equal(701, await retention.PruneAsync(300, Ct));
        var kept = await hub.Service<Database>().ReadAsync(static c => c.Query<string>("SELECT task FROM task_usage WHERE ended IS NOT NULL ORDER BY ended").ToList());
        Assert.Equal((299, "x2201"), (kept.Count, kept[0]));
        Assert.Equal(1, (await ReportAsync(hub, query: "user=ann&from=1d")).Total!.Attempts);
    }

    private Task<TaskHub> StartAsync(double cpus = 64, int gpus = 0) => TaskHub.StartAsync(
        time: _time, change: static o => o with { Prices = new PriceOptions(0.5m, 0.1m, 2m, "EUR") }, cpus: cpus, gpus: gpus);

    private static string Time(int seconds) => Uri.EscapeDataString(Start.AddSeconds(seconds).ToString("O"));

    // Its state is stored after it holds.
    private static async Task SavedAsync(TaskHub hub, ApiTask task) => await hub.Service<TaskRegistry>().Find(task.Id)!.Saving;

    private static async Task<UsageReport> ReportAsync(TaskHub hub, string? token = null, string query = "by=user")
    {
        using var answer = await hub.Hub.SendAsync(token, HttpMethod.Get, "usage?" + query);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
        return (await answer.Content.ReadFromJsonAsync(UsageJson.Default.UsageReport, Ct))!;
    }

    private static async Task<IReadOnlyList<UsageAttempt>> AttemptsAsync(TaskHub hub, string query = "", string? token = null) =>
        (await ReportAsync(hub, token, "by=task" + query)).Attempts!;

    private static async Task<string[]> TableAsync(TaskHub hub, string query, string? token = null)
    {
        using var answer = await hub.Hub.SendAsync(token, HttpMethod.Get, $"usage?{query}&format=csv");
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        return (await answer.Content.ReadAsStringAsync(Ct)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }
}
