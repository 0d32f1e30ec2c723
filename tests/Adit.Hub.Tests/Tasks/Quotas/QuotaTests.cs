using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks.Quotas;

/// <summary>How much users and projects may have: refused, queued, or let through; by starts of real requests.</summary>
public sealed class QuotaTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task What_asks_for_more_than_the_whole_quota_is_refused_with_the_limit_named()
    {
        await using var hub = await TaskHub.StartAsync(gpus: 8);
        await hub.QuotaAsync("user/ann", new SetQuotaRequest { Cpu = 4, MemoryBytes = 2L << 30, Gpus = 0 });
        Assert.Equal(
            ("over-quota", "The quota of the user 'ann' is 4 cores at once, and this asks for 8: ask for less, or an admin for a larger quota."), await hub.RefusalAsync("big", cpu: 8));
        Assert.Equal(
            ("over-quota", "The quota of the user 'ann' is 2 GiB of memory at once, and this asks for 3 GiB: ask for less, or an admin for a larger quota."),
            await hub.RefusalAsync("big", memoryMib: 3072));
        Assert.Equal(
            ("over-quota", "The quota of the user 'ann' is 0 GPUs at once, and this asks for 1: ask for less, or an admin for a larger quota."), await hub.RefusalAsync("big", gpus: 1));
        await hub.RunAsync("fits", cpu: 4);
        await hub.QuotaAsync("user/ann", new SetQuotaRequest { Tasks = 0 });
        Assert.Equal("over-quota", (await hub.RefusalAsync("none")).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_does_not_fit_now_waits_with_reason_and_position_and_goes_on_when_room_is_made()
    {
        await using var hub = await TaskHub.StartAsync();
        await hub.QuotaAsync("user/*", new SetQuotaRequest { Cpu = 4, Tasks = 2 });
        var one = await hub.RunAsync("one", cpu: 3);
        var two = await hub.RunAsync("two", cpu: 2);
        var three = await hub.RunAsync("three", cpu: 1);
        var four = await hub.RunAsync("four", cpu: 0.5);
        Assert.Equal((TaskState.Scheduled, TaskState.Queued, TaskState.Scheduled, TaskState.Queued), (one.State, two.State, three.State, four.State));
        Assert.Equal(new TaskQueuePlace(1, "The quota of the user 'ann' (the default) is 4 cores at once: 3 in use, and this asks for 2."), two.Queue);
        Assert.Equal(new TaskQueuePlace(2, "The quota of the user 'ann' (the default) is 2 tasks at once: 2 in use, and this asks for 1."), four.Queue);

        // Others have the default's limits for themselves.
        var bob = await hub.Hub.PersonAsync("bob");
        Assert.Equal(TaskState.Scheduled, (await hub.RunAsync("one", cpu: 4, token: bob)).State);

        await hub.ReadyAsync(one);
        await hub.EndAsync(one);
        await StateAsync(hub, two, TaskState.Scheduled);
        Assert.Equal(TaskState.Queued, (await hub.ShowAsync(four.Id)).State);

        // A quota that is raised, or taken away, counts at once.
        await hub.QuotaAsync("user/ann", new SetQuotaRequest { Tasks = 3 });
        await StateAsync(hub, four, TaskState.Scheduled);
    }

    [Theory]
    [InlineData("{\"cpu\":\"NaN\"}")]
    [InlineData("{\"gpuHours\":\"NaN\"}")]
    [InlineData("{\"cpu\":\"Infinity\"}")]
    [InlineData("{\"cpu\":1e999}")]
    [InlineData("{\"cpu\":-1}")]
    public async Task A_limit_that_is_no_amount_is_refused(string limits)
    {
        await using var hub = await TestHub.StartAsync();
        using var api = hub.Api();
        using var content = new StringContent(limits, null, "application/json");
        using var answer = await api.PutAsync("/api/v1/quotas/user/*", content, Ct);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("\"code\":\"", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Starts_at_once_do_not_pass_a_quota_together()
    {
        await using var hub = await TaskHub.StartAsync();
        await hub.QuotaAsync("user/ann", new SetQuotaRequest { Cpu = 5 });
        var tasks = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => hub.RunAsync($"t-{i:00}", cpu: 2)));
        Assert.Equal(2, tasks.Count(static t => t.State == TaskState.Scheduled));

        // And none of those that wait passes it when several can go on at once.
        await hub.QuotaAsync("user/ann", new SetQuotaRequest { Cpu = 13 });
        var now = await Task.WhenAll(tasks.Select(t => hub.ShowAsync(t.Id)));
        Assert.Equal(6, now.Count(static t => t.State == TaskState.Scheduled));
        Assert.Equal(Enumerable.Range(1, 18), now.Select(static t => t.Queue?.Position).OfType<int>().Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task Those_that_waited_long_do_not_pass_a_quota_together()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        await hub.QuotaAsync("user/ann", new SetQuotaRequest { Cpu = 2 });
        var runs = await hub.RunAsync("runs", cpu: 2);
        await hub.ReadyAsync(runs);
        var tasks = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => hub.RunAsync($"t-{i}", cpu: 2)));
        Assert.All(tasks, static t => Assert.Equal(TaskState.Queued, t.State));
        time.Advance(TimeSpan.FromSeconds(301)); // More than a link without a word lasts: the runner comes again.
        await using var again = await FakeRunner.StartAsync(hub.Hub, has: [new ObservedTask { Id = runs.Id, Attempt = 1, State = TaskState.Ready, Since = time.GetUtcNow() }]);
        await StateAsync(hub, runs, TaskState.Ready);
        await hub.QuotaAsync("user/ann", new SetQuotaRequest { Cpu = 6 });

        // The runner's old link may end only now, and who was to go on waits until the new one has been heard; but never more than two go on.
        var most = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(500)); // Who was passed over while the runner changed its link is looked at again by the clock.
                var now = await Task.WhenAll(tasks.Select(t => hub.ShowAsync(t.Id)));
                most = Math.Max(most, now.Count(static t => t.State == TaskState.Scheduled));
                return most >= 2;
            },
            "two of those that waited go on");
        Assert.Equal(2, most);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_projects_quota_counts_all_who_work_in_it_and_nobody_takes_what_another_waits_for()
    {
        await using var hub = await TaskHub.StartAsync();
        var bob = await hub.Hub.PersonAsync("bob");
        (await hub.Hub.CreateProjectAsync(bob, "churn")).Dispose();
        (await hub.Hub.SetMemberAsync(bob, "churn", "account:ann", ProjectRole.Member)).Dispose();
        await hub.QuotaAsync("project/churn", new SetQuotaRequest { Cpu = 4 });
        var one = await hub.RunAsync("one", cpu: 3, token: bob, project: "churn");
        var mine = await hub.RunAsync("one", cpu: 3, project: "churn");
        Assert.Equal("The quota of the project 'churn' is 4 cores at once: 3 in use, and this asks for 3.", mine.Queue?.Reason);
        var small = await hub.RunAsync("small", cpu: 1, token: bob, project: "churn");
        Assert.Equal(new TaskQueuePlace(2, "The quota of the project 'churn' is 4 cores at once: 3 in use, and others in the project wait for the rest."), small.Queue);
        Assert.Equal(TaskState.Scheduled, (await hub.RunAsync("outside", cpu: 3)).State);

        await hub.ReadyAsync(one);
        await hub.EndAsync(one);
        await StateAsync(hub, mine, TaskState.Scheduled);
        await StateAsync(hub, small, TaskState.Scheduled);

        // What can never go on, since the quota was lowered, holds up nobody.
        var large = await hub.RunAsync("large", cpu: 3.5, project: "churn");
        await hub.QuotaAsync("project/churn", new SetQuotaRequest { Cpu = 3 });
        await hub.ReadyAsync(mine);
        await hub.EndAsync(mine);
        await StateAsync(hub, await hub.RunAsync("another", cpu: 1, token: bob, project: "churn"), TaskState.Scheduled);
        Assert.Equal(TaskState.Queued, (await hub.ShowAsync(large.Id)).State);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_month_without_gpu_hours_refuses_starts_lets_what_runs_go_on_and_ends_with_the_month()
    {
        var time = new ManualTimeProvider(new DateTimeOffset(2030, 1, 31, 23, 59, 50, TimeSpan.Zero));
        await using var hub = await TaskHub.StartAsync(time: time, gpus: 64);
        await hub.QuotaAsync("user/ann", new SetQuotaRequest { GpuHours = 0.05, Gpus = 60 });
        var one = await hub.RunAsync("one", gpus: 60);
        await hub.ReadyAsync(one);
        var waits = await hub.RunAsync("waits", gpus: 1);
        time.Advance(TimeSpan.FromSeconds(6)); // 60 GPUs for 6 s: 0.1 hours.

        Assert.Equal(
            ("over-quota", "The quota of the user 'ann' is 0.05 GPU hours a month, and 0.1 are used in January 2030: there are GPUs for it again from 2030-02-01 (UTC) on, or when an admin gives it a larger quota."),
            await hub.RefusalAsync("two", gpus: 1));
        Assert.Equal(TaskState.Ready, (await hub.ShowAsync(one.Id)).State);
        Assert.Equal(HttpStatusCode.Conflict, (await hub.PostAsync($"{one.Id}/restart")).Status);
        Assert.True((await hub.ShowAsync(one.Id)).IsWanted);
        await hub.RunAsync("without", gpus: 0);
        await hub.EndAsync(one);
        await Eventually.HoldsAsync(async () => (await hub.ShowAsync(waits.Id)).Queue?.Reason.Contains("0.1 are used in January 2030") == true, "what waits says so");

        Assert.Equal(0.1, (await QuotaOfAsync(hub, "user/ann")).Used!.GpuHours, 3);
        time.Advance(TimeSpan.FromSeconds(5));
        await time.AdvanceUntilAsync(StateAsync(hub, waits, TaskState.Scheduled), TimeSpan.FromMilliseconds(100)); // The hub looks every five seconds: it is February.
        Assert.InRange((await QuotaOfAsync(hub, "user/ann")).Used!.GpuHours, 0, 0.001);
        await hub.RunAsync("anew", gpus: 2);
    }

    [Fact(Timeout = 60_000)]
    public async Task Used_gpu_hours_survive_a_restart_of_the_hub()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time, gpus: 64);
        var (one, two) = (await hub.RunAsync("one", gpus: 40), await hub.RunAsync("two", gpus: 20));
        await hub.ReadyAsync(one);
        await hub.ReadyAsync(two);
        time.Advance(TimeSpan.FromSeconds(9));
        await hub.EndAsync(one);
        await hub.Hub.RestartAsync();
        Assert.Equal((40 + 20) * 9 / 3600.0, (await QuotaOfAsync(hub, "user/ann")).Used!.GpuHours, 4);
    }

    [Fact(Timeout = 60_000)]
    public async Task Admins_set_auditors_read_and_others_see_what_holds_for_them()
    {
        await using var hub = await TaskHub.StartAsync();
        var (bob, eve) = (await hub.Hub.PersonAsync("bob"), await hub.Hub.PersonAsync("eve", PlatformRole.Auditor));
        (await hub.Hub.CreateProjectAsync(bob, "churn")).Dispose();
        await hub.QuotaAsync("user/*", new SetQuotaRequest { Cpu = 8 });
        await hub.QuotaAsync("user/bob", new SetQuotaRequest { Tasks = 3 });
        await hub.QuotaAsync("project/churn", new SetQuotaRequest { Gpus = 2 });
        await hub.RunAsync("one", cpu: 2);

        // As they are set, for who may see everybody's; a quota of one's own stands in place of the default.
        Assert.Equal(["user:*", "user:bob", "project:churn"], await NamesAsync(hub, eve, ""));
        Assert.Equal(["user:ann"], await NamesAsync(hub, hub.Ann.Secret!, ""));
        Assert.Equal(["user:bob", "project:churn"], await NamesAsync(hub, bob, ""));
        Assert.Equal(["user:eve"], await NamesAsync(hub, eve, "?mine=true"));
        var mine = await QuotaOfAsync(hub, "user/ann", hub.Ann.Secret);
        Assert.Equal((true, 8, 1, 2), (mine.IsDefault, mine.Cpu, mine.Used!.Tasks, mine.Used.Cpu));
        Assert.Equal((false, null, 3), ((await QuotaOfAsync(hub, "user/bob", bob)).IsDefault, (await QuotaOfAsync(hub, "user/bob", bob)).Cpu, (await QuotaOfAsync(hub, "user/bob", bob)).Tasks));

        // Of others nobody learns anything, not even whether they are there.
        foreach (var path in new[] { "user/bob", "project/churn", "user/nobody", "user/*", "project/*" })
            Assert.Equal((path, HttpStatusCode.NotFound), (path, await hub.Hub.StatusAsync(hub.Ann.Secret, HttpMethod.Get, "quotas/" + path)));
        foreach (var token in new[] { hub.Ann.Secret!, bob, eve })
        {
            Assert.Equal(HttpStatusCode.Forbidden, await hub.Hub.StatusAsync(token, HttpMethod.Put, "quotas/user/ann", Limits(new SetQuotaRequest { Cpu = 99 })));
            Assert.Equal(HttpStatusCode.Forbidden, await hub.Hub.StatusAsync(token, HttpMethod.Delete, "quotas/user/bob"));
        }

        // A token that was not made for it neither.
        var narrow = await hub.Hub.ScopedAsync("bob", "tasks:read!project=other");
        Assert.Empty(await NamesAsync(hub, narrow, ""));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.Hub.StatusAsync(await hub.Hub.ScopedAsync("bob", "tunnels:read"), HttpMethod.Get, "quotas"));
        var set = await hub.Hub.AuditAsync("action=quota.*");
        Assert.Equal(["quota:project:churn", "quota:user:bob", "quota:user:*"], set.Select(static e => e.Target));
        Assert.Equal("none of its own -> 2 GPUs", set[0].Detail!["limits"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_no_quota_is_refused_and_of_two_changes_at_once_the_second_is_told()
    {
        await using var hub = await TaskHub.StartAsync();
        foreach (var path in new[] { "user/nobody", "project/nope" })
            Assert.Equal(HttpStatusCode.NotFound, await hub.Hub.StatusAsync(null, HttpMethod.Put, "quotas/" + path, Limits(new SetQuotaRequest { Cpu = 1 })));
        Assert.Equal(HttpStatusCode.BadRequest, await hub.Hub.StatusAsync(null, HttpMethod.Put, "quotas/group/ds", Limits(new SetQuotaRequest { Cpu = 1 })));
        foreach (var wrong in new[] { new SetQuotaRequest { Cpu = -1 }, new SetQuotaRequest { Tasks = -1 }, new SetQuotaRequest { GpuHours = 1e300 } })
            Assert.Equal(HttpStatusCode.BadRequest, await hub.Hub.StatusAsync(null, HttpMethod.Put, "quotas/user/ann", Limits(wrong)));

        using (var first = await hub.Hub.SendAsync(null, HttpMethod.Put, "quotas/user/ann", Limits(new SetQuotaRequest { Cpu = 1 }), ifMatch: "\"0\""))
            Assert.Equal("\"1\"", first.Headers.ETag!.ToString());
        using (var second = await hub.Hub.SendAsync(null, HttpMethod.Put, "quotas/user/ann", Limits(new SetQuotaRequest { Cpu = 2 }), ifMatch: "\"0\""))
            Assert.Equal(HttpStatusCode.PreconditionFailed, second.StatusCode);
        using (var old = await hub.Hub.SendAsync(null, HttpMethod.Delete, "quotas/user/ann", ifMatch: "\"7\""))
            Assert.Equal(HttpStatusCode.PreconditionFailed, old.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, await hub.Hub.StatusAsync(null, HttpMethod.Delete, "quotas/user/ann"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.Hub.StatusAsync(null, HttpMethod.Delete, "quotas/user/ann"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_dry_run_says_what_quotas_would_say()
    {
        await using var hub = await TaskHub.StartAsync();
        await hub.QuotaAsync("user/*", new SetQuotaRequest { Cpu = 2 });
        Assert.Contains("2 cores at once, and this asks for 3", (await TestAsync(hub, 3)).Refusal);
        await hub.RunAsync("one", cpu: 1.5);
        var waits = await TestAsync(hub, 1);
        Assert.True(waits.IsValid);
        Assert.Equal("The quota of the user 'ann' (the default) is 2 cores at once: 1.5 in use, and this asks for 1.", waits.WaitsFor);
        Assert.Null((await TestAsync(hub, 0.5)).WaitsFor);

        // Of a project that one is not in, one learns nothing by it.
        (await hub.Hub.CreateProjectAsync(await hub.Hub.PersonAsync("bob"), "churn")).Dispose();
        await hub.QuotaAsync("project/churn", new SetQuotaRequest { Tasks = 0 });
        Assert.Null((await TestAsync(hub, 0.5, "churn")).Refusal);
    }

    private static JsonContent Limits(SetQuotaRequest limits) => JsonContent.Create(limits, QuotasJson.Default.SetQuotaRequest);

    private static async Task<TemplateTest> TestAsync(TaskHub hub, double cpu, string? project = null)
    {
        var asked = new CreateTaskRequest { Template = "command", Command = ["true"], Project = project, Resources = new TaskResources { Cpu = cpu, MemoryBytes = 64 << 20 } };
        using var answer = await hub.Hub.SendAsync(
            hub.Ann.Secret, HttpMethod.Post, "templates/command/test", JsonContent.Create(new TestTemplateRequest { Request = asked }, TemplatesJson.Default.TestTemplateRequest));
        return (await answer.Content.ReadFromJsonAsync(TemplatesJson.Default.TemplateTest, Ct))!;
    }

    private static Task StateAsync(TaskHub hub, ApiTask task, TaskState state) =>
        Eventually.HoldsAsync(async () => (await hub.ShowAsync(task.Id)).State == state, $"{task.Name} is {state}");

    private static async Task<ApiQuota> QuotaOfAsync(TaskHub hub, string path, string? token = null)
    {
        using var answer = await hub.Hub.SendAsync(token, HttpMethod.Get, "quotas/" + path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(QuotasJson.Default.ApiQuota, Ct))!;
    }

    private static async Task<IEnumerable<string>> NamesAsync(TaskHub hub, string token, string query)
    {
        using var answer = await hub.Hub.SendAsync(token, HttpMethod.Get, "quotas" + query);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(QuotasJson.Default.QuotaList, Ct))!.Items.Select(static q => $"{q.Kind.ToString().ToLowerInvariant()}:{q.Name}");
    }
}
