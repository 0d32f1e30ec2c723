using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tasks.Idle;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Link;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks.Idle;

/// <summary>The engine on a whole hub: what visitors do is seen, and what is decided is done.</summary>
public sealed class IdleEngineTests
{
    private const string Short = "  idle: {timeout: 10m, warn: 2m, minUptime: 1s, signals: {compute: {cpu: 50%, window: 1m}}, lease: {maxTtl: 2h, maxPerDay: 3h}}";

    [Fact]
    public async Task What_nobody_uses_is_warned_of_and_stopped()
    {
        await using var hub = await StartAsync();
        var task = await hub.ReadyAsync("demo", "short");
        await LookAsync(hub, TimeSpan.FromMinutes(8.5));
        var warned = await hub.ShowAsync(task.Id);

        await LookAsync(hub, TimeSpan.FromMinutes(2.5));
        await hub.Runner.WantedAsync(task.Id, run: false);
        var stopping = await hub.ShowAsync(task.Id);
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped);

        Assert.True(warned.Idle!.IsWarned);
        Assert.Equal(TaskState.Ready, warned.State);
        Assert.False(stopping.IsWanted);
        Assert.StartsWith("nobody used it for ", stopping.Reason);
        Assert.DoesNotContain(" ago", stopping.Reason, StringComparison.Ordinal); // It is read later.
        Assert.StartsWith("nobody used it", (await hub.ShowAsync(task.Id)).Reason);
        Assert.Contains("Nobody used it", await hub.BrowseAsync(task));
        var report = await ExplainAsync(hub, task);
        Assert.StartsWith("it is stopped: nobody used it", report.Reason);
        Assert.Equal(("off", null), (report.State, report.Warned));
        Assert.Equal(report.History.Count, report.History.Zip(report.History.Skip(1)).Count(static h => h.First.Decision != h.Second.Decision || h.First.Reason != h.Second.Reason) + 1);
        Assert.Equal((1, 1), (hub.Service<IdleMeter>().Warned, hub.Service<IdleMeter>().Stopped));
    }

    [Fact]
    public async Task Requests_of_its_owner_keep_it_and_those_of_robots_and_strangers_do_not()
    {
        await using var hub = await StartAsync();
        var task = await hub.ReadyAsync("demo", "short");
        for (var minute = 0; minute < 30; minute += 5)
        {
            await LookAsync(hub, TimeSpan.FromMinutes(5));
            Assert.StartsWith("HTTP/1.1 200 ", await hub.SendAsync("GET", task, "/lab", hub.Cookie(task), "Sec-Fetch-Site: same-origin"));
        }

        Assert.True((await hub.ShowAsync(task.Id)).IsWanted);
        for (var minute = 0; minute < 12; minute++)
        {
            await hub.SendAsync("GET", task, "/lab", hub.Cookie(task), "Sec-Fetch-Site: same-origin", "User-Agent: UptimeRobot/2.0");
            await hub.SendAsync("HEAD", task, "/lab", hub.Cookie(task), "Sec-Fetch-Site: same-origin");
            await hub.SendAsync("GET", task, "/static/x.js", hub.Cookie(task), "Sec-Fetch-Site: same-origin");
            await hub.SendAsync("GET", task, "/lab");
            await LookAsync(hub, TimeSpan.FromMinutes(1));
        }

        var report = await ExplainAsync(hub, task);
        Assert.False((await hub.ShowAsync(task.Id)).IsWanted);
        foreach (var kind in new[] { "bot", "head", "path", "not-let-in" })
            Assert.Contains(report.Ignored, i => i.Kind == kind && i.Count > 0);
    }

    [Fact]
    public async Task An_answer_of_refusal_or_redirection_is_no_use()
    {
        await using var app = RawServer.Answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        await using var hub = await StartAsync(app);
        var task = await hub.ReadyAsync("demo", "short");
        for (var minute = 0; minute < 12; minute++)
        {
            await hub.SendAsync("GET", task, "/lab", $"Authorization: Bearer {hub.Ann.Secret}");
            await LookAsync(hub, TimeSpan.FromMinutes(1));
        }

        Assert.False((await hub.ShowAsync(task.Id)).IsWanted);
    }

    [Fact]
    public async Task A_download_counts_as_long_as_its_bytes_move()
    {
        var more = new SemaphoreSlim(0);
        await using var app = new RawServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
            while (true)
            {
                await more.WaitAsync();
                await peer.SendAsync("0123456789");
            }
        });
        await using var hub = await StartAsync(app);
        var task = await hub.ReadyAsync("demo", "short");
        await using var download = await hub.OpenAsync("GET", task, "/big", $"Authorization: Bearer {hub.Ann.Secret}");
        await download.ReadHeadAsync();

        for (var minute = 0; minute < 20; minute++)
        {
            more.Release();
            await download.ReadAsync(10);
            await LookAsync(hub, TimeSpan.FromMinutes(1));
        }

        Assert.True((await hub.ShowAsync(task.Id)).IsWanted);
        await LookAsync(hub, TimeSpan.FromMinutes(12));
        Assert.True((await hub.ShowAsync(task.Id)).IsWanted); // It hangs, and is open: nothing is cut off under it.
        download.Abort();
        await Eventually.HoldsAsync(async () =>
        {
            await LookAsync(hub, TimeSpan.FromSeconds(15));
            return !(await hub.ShowAsync(task.Id)).IsWanted;
        }, "it is stopped when nobody is there");
    }

    [Fact]
    public async Task Messages_over_a_WebSocket_keep_it_and_signs_of_life_do_not()
    {
        await using var hub = await StartAsync(new RawServer(static async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            await peer.ReadToEndAsync();
        }));
        var task = await hub.ReadyAsync("demo", "short");
        await using var socket = await hub.OpenAsync(
            "GET", task, "/ws", $"Authorization: Bearer {hub.Ann.Secret}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
        Assert.StartsWith("HTTP/1.1 101 ", await socket.ReadHeadAsync());

        var use = hub.Service<Hub.Tasks.Waiting.TaskKeepers>().Of(task.Id).Use;
        for (var minute = 0; minute < 20; minute++)
        {
            var before = use.Message;
            await socket.SendAsync("\u0081\u0082\0\0\0\0hi");
            await Eventually.HoldsAsync(() => use.Message > before, "the message is seen");
            await LookAsync(hub, TimeSpan.FromMinutes(1));
        }

        Assert.True((await hub.ShowAsync(task.Id)).IsWanted);
        for (var minute = 0; minute < 12; minute++)
        {
            await socket.SendAsync("\u0089\u0080\0\0\0\0\u0081\u0081\0\0\0\u00002"); // A ping, and engine.io's.
            await LookAsync(hub, TimeSpan.FromMinutes(1));
        }

        Assert.False((await hub.ShowAsync(task.Id)).IsWanted);
    }

    [Fact]
    public async Task Computing_keeps_it()
    {
        await using var hub = await StartAsync();
        var task = await hub.ReadyAsync("demo", "short");
        for (var minute = 0; minute < 20; minute++)
        {
            await hub.Runner.ReportAsync(task.Id, TaskState.Ready, static s => s with { Usage = new TaskUsage { Cpu = 0.9 } });
            await LookAsync(hub, TimeSpan.FromMinutes(1));
        }

        Assert.True((await hub.ShowAsync(task.Id)).IsWanted);
        var report = await ExplainAsync(hub, task);
        Assert.Contains(report.Signals, static s => s is { Class: "compute", Counts: true, Decides: true });
        Assert.Contains(report.Signals, static s => s is { Class: "request", Counts: true, Decides: false });
    }

    [Theory]
    [InlineData("busy", true)]
    [InlineData("idle", false)]
    public async Task A_busy_kernel_keeps_it_though_nobody_looks(string state, bool isKept)
    {
        var json = $"[{{\"id\":\"a\",\"execution_state\":\"idle\"}},{{\"id\":\"b\",\"execution_state\":\"{state}\"}}]";
        await using var hub = await StartAsync(new RawServer(async peer =>
        {
            var head = await peer.ReadHeadAsync();
            Assert.StartsWith("GET /api/kernels HTTP/1.1", head);
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\nConnection: close\r\n\r\n{json}");
            peer.EndSending();
        }));
        await hub.TemplateAsync("notebook", "  idle: {timeout: 10m, warn: 2m, minUptime: 1s, signals: {kernel: jupyter}}");
        var task = await hub.ReadyAsync("demo", "notebook");

        await LookAsync(hub, TimeSpan.FromMinutes(15));

        Assert.Equal(isKept, (await hub.ShowAsync(task.Id)).IsWanted);
    }

    [Fact]
    public async Task Leases_and_extensions_keep_it_within_bounds()
    {
        await using var hub = await StartAsync();
        var task = await hub.ReadyAsync("demo", "short");

        var tooLong = await hub.PostAsync("demo/lease", "{\"ttlSeconds\":10000}");
        var leased = await hub.PostAsync("demo/lease", "{\"ttlSeconds\":7200,\"reason\":\"training\"}");
        await LookAsync(hub, TimeSpan.FromMinutes(60));
        var extended = await hub.PostAsync("demo/extend", "{\"seconds\":14400}");
        var much = await hub.PostAsync("demo/extend", "{\"seconds\":100000}");
        var kept = await hub.ShowAsync(task.Id);
        var stranger = await hub.PostAsync(task.Id + "/extend", "{\"seconds\":60}", (await hub.Hub.TokenAsync("bob")).Secret);
        await LookAsync(hub, TimeSpan.FromMinutes(230));
        var warned = await hub.ShowAsync(task.Id);
        await LookAsync(hub, TimeSpan.FromMinutes(15));

        Assert.Equal(HttpStatusCode.BadRequest, tooLong.Status);
        Assert.Equal(HttpStatusCode.OK, leased.Status);
        Assert.Contains("training", leased.Body);
        Assert.Equal(HttpStatusCode.OK, extended.Status);
        Assert.Equal(HttpStatusCode.BadRequest, much.Status);
        Assert.Equal(HttpStatusCode.NotFound, stranger.Status);
        Assert.Equal(TaskState.Ready, kept.State);
        Assert.True(warned.IsWanted);
        Assert.False((await hub.ShowAsync(task.Id)).IsWanted);
    }

    [Fact]
    public async Task A_restart_of_the_hub_forgets_nothing_and_ends_nothing()
    {
        var time = new ManualTimeProvider();
        await using var hub = await StartAsync(time: time);
        var task = await hub.ReadyAsync("demo", "short");
        await LookAsync(hub, TimeSpan.FromSeconds(15));
        var ready = time.GetUtcNow() + TimeSpan.FromSeconds(15); // The engine's clock is ahead by what was skipped.
        await hub.PostAsync("demo/lease", "{\"ttlSeconds\":1800}");

        await hub.Runner.DisposeAsync();
        time.Advance(TimeSpan.FromMinutes(1));
        await hub.Hub.RestartAsync();
        var report = await ExplainAsync(hub, task);

        Assert.NotNull(report.Lease);
        Assert.Equal(TaskState.Ready, (await hub.ShowAsync(task.Id)).State);
        Assert.Equal(ready, report.IdleSince);
    }

    [Fact]
    public async Task A_clock_that_jumps_moves_nothing()
    {
        var time = new ManualTimeProvider();
        await using var hub = await StartAsync(time: time);
        var task = await hub.ReadyAsync("demo", "short");
        await LookAsync(hub, TimeSpan.FromMinutes(2));

        time.ShiftWallClock(TimeSpan.FromHours(30));
        await LookAsync(hub, TimeSpan.FromMinutes(2));
        Assert.False((await hub.ShowAsync(task.Id)).Idle!.IsWarned);
        time.ShiftWallClock(TimeSpan.FromHours(-60));
        await LookAsync(hub, TimeSpan.FromMinutes(7));

        Assert.False((await hub.ShowAsync(task.Id)).IsWanted);
    }

    [Fact]
    public async Task A_visit_in_the_moment_of_the_stop_comes_first()
    {
        await using var hub = await StartAsync();
        var task = await hub.ReadyAsync("demo", "short");
        var registry = hub.Service<Hub.Tasks.TaskRegistry>();
        var live = registry.Find(task.Id)!;
        var asked = 0;

        // The second look is the one under the lock: somebody came in between.
        var stopped = await registry.StopUnusedAsync(live, "nobody used it", () => ++asked == 1);

        Assert.False(stopped);
        Assert.True((await hub.ShowAsync(task.Id)).IsWanted);
        Assert.StartsWith("HTTP/1.1 200 ", await hub.SendAsync("GET", task, "/", $"Authorization: Bearer {hub.Ann.Secret}"));
        Assert.True((await hub.Service<Hub.Tasks.TaskStore>().FindAsync(task.Id, null, null))!.IsWanted);
    }

    [Fact]
    public async Task None_of_the_requests_that_race_with_a_stop_fails()
    {
        await using var hub = await StartAsync();
        var task = await hub.ReadyAsync("demo", "short");
        await LookAsync(hub, TimeSpan.FromMinutes(9.7));

        var requests = Enumerable.Range(0, 50).Select(_ => hub.SendAsync("GET", task, "/", $"Authorization: Bearer {hub.Ann.Secret}")).ToArray();
        await LookAsync(hub, TimeSpan.FromMinutes(1));
        await Task.WhenAll(requests);

        var kept = (await hub.ShowAsync(task.Id)).IsWanted;
        Assert.All(requests, r => Assert.True(r.Result.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) || (!kept && r.Result.StartsWith("HTTP/1.1 503 ", StringComparison.Ordinal)), r.Result));
    }

    [Fact]
    public async Task What_is_frozen_wakes_at_the_first_request()
    {
        await using var hub = await StartAsync();
        await hub.TemplateAsync("ladder", "  idle: {warn: 2m, minUptime: 1s, ladder: [{after: 5m, action: freeze}, {after: 60m, action: stop}]}");
        var task = await hub.ReadyAsync("demo", "ladder");
        await LookAsync(hub, TimeSpan.FromMinutes(6));
        var frozen = await hub.ShowAsync(task.Id);

        var robot = await hub.SendAsync("GET", task, "/", $"Authorization: Bearer {hub.Ann.Secret}", "User-Agent: kube-probe/1.31");
        var asleep = (await hub.ShowAsync(task.Id)).Idle!.IsFrozen;
        var answer = await hub.SendAsync("GET", task, "/", $"Authorization: Bearer {hub.Ann.Secret}");

        Assert.True(frozen.Idle!.IsFrozen);
        Assert.StartsWith("HTTP/1.1 503 ", robot);
        Assert.True(asleep);
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.Equal([$"freeze {task.Id}", $"thaw {task.Id}"], hub.Runner.Halts);
        Assert.False((await hub.ShowAsync(task.Id)).Idle!.IsFrozen);
        await LookAsync(hub, TimeSpan.FromMinutes(4));
        Assert.Equal(2, hub.Runner.Halts.Count);
    }

    [Fact]
    public async Task What_is_frozen_wakes_when_somebody_connects_to_one_of_its_ports_or_sends_on_an_open_connection()
    {
        await using var hub = await StartAsync();
        await hub.TemplateAsync("ladder", "  idle: {warn: 2m, minUptime: 1s, ladder: [{after: 5m, action: freeze}, {after: 60m, action: stop}]}", ports: "[{name: main}, {name: db, type: tcp}]");
        var task = await hub.ReadyAsync("demo", "ladder");
        await LookAsync(hub, TimeSpan.FromMinutes(6));
        var frozen = (await hub.ShowAsync(task.Id)).Idle!.IsFrozen;
        var link = await hub.Hub.LinkAsync(token: hub.Ann.Secret, name: "laptop");
        await using var stream = await link.Client.OpenAsync(new OpenRequest { Target = "tunnel:" + task.Ports[1].Tunnel }, TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(async () => !(await hub.ShowAsync(task.Id)).Idle!.IsFrozen, "it is awake");

        await LookAsync(hub, TimeSpan.FromMinutes(7));
        var frozenAgain = (await hub.ShowAsync(task.Id)).Idle!.IsFrozen;
        await stream.WriteAsync("GET /"u8.ToArray());
        await Eventually.HoldsAsync(
            async () =>
            {
                await hub.Service<IdleEngine>().LookAsync(TestContext.Current.CancellationToken);
                return !(await hub.ShowAsync(task.Id)).Idle!.IsFrozen;
            },
            "it is awake again");

        Assert.True(frozen);
        Assert.True(frozenAgain);
        Assert.Equal([$"freeze {task.Id}", $"thaw {task.Id}", $"freeze {task.Id}", $"thaw {task.Id}"], hub.Runner.Halts);
    }

    [Fact]
    public async Task What_cannot_be_frozen_goes_on_and_says_so()
    {
        await using var hub = await StartAsync();
        await hub.TemplateAsync("ladder", "  idle: {warn: 2m, minUptime: 1s, ladder: [{after: 5m, action: freeze}, {after: 60m, action: stop}]}");
        hub.Runner.CannotFreeze = true;
        var task = await hub.ReadyAsync("demo", "ladder");

        await LookAsync(hub, TimeSpan.FromMinutes(6));

        Assert.StartsWith("HTTP/1.1 200 ", await hub.SendAsync("GET", task, "/", $"Authorization: Bearer {hub.Ann.Secret}"));
        Assert.Contains((await ExplainAsync(hub, task)).History, static h => h.Reason.Contains("cannot be frozen", StringComparison.Ordinal));
    }

    private static async Task<TaskHub> StartAsync(RawServer? app = null, TimeProvider? time = null)
    {
        var hub = await TaskHub.StartAsync(app, time);
        await hub.TemplateAsync("short", Short);
        return hub;
    }

    // In steps of the engine's own, each done before the next.
    private static async Task LookAsync(TaskHub hub, TimeSpan time)
    {
        var engine = hub.Service<IdleEngine>();
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(15))
        {
            hub.Service<IdleClock>().Skip(TimeSpan.FromSeconds(15));
            await engine.LookAsync(CancellationToken.None);
        }
    }

    private static async Task<TaskIdleReport> ExplainAsync(TaskHub hub, ApiTask task)
    {
        using var api = hub.Hub.Api(hub.Ann.Secret);
        return (await api.GetFromJsonAsync($"/api/v1/tasks/{task.Id}/idle", TasksJson.Default.TaskIdleReport))!;
    }
}
