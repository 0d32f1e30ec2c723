using Adit.Api;
using Adit.Hub.Tasks.Waiting;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks.Waiting;

/// <summary>What programs, WebSockets and robots get from a task that is not ready.</summary>
public sealed class HeldRequestTests
{
    [Fact]
    public async Task None_of_a_thousand_held_requests_fails_when_the_tasks_get_ready()
    {
        await using var hub = await TaskHub.StartAsync();
        var meter = hub.Service<WaitingMeter>();
        var tasks = new List<ApiTask>();
        for (var i = 0; i < 5; i++)
            tasks.Add(await hub.LaunchAsync($"demo-{i}"));
        foreach (var task in tasks)
            await hub.Runner.WantedAsync(task.Id);

        var answers = Enumerable.Range(0, 1000).Select(i => hub.SendAsync("GET", tasks[i % 5], $"/n/{i}", $"Authorization: Bearer {hub.Ann.Secret}", "Accept: application/json")).ToArray();
        await Eventually.HoldsAsync(() => meter.Waiting == 1000, "a thousand requests wait");
        foreach (var task in tasks)
            await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
        var all = await Task.WhenAll(answers);

        Assert.All(all, static answer => Assert.StartsWith("HTTP/1.1 200 ", answer));
        Assert.All(Enumerable.Range(0, 1000), i => Assert.Contains($"GET /n/{i} HTTP/1.1", all[i]));
        Assert.Equal(1000, meter.Ready);
        Assert.Equal(0, meter.Waiting);
    }

    [Fact]
    public async Task A_program_is_told_when_to_come_back_when_its_time_is_over()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        await hub.TemplateAsync("slow", "  start: {timeout: 120s, hold: 7s}");
        var task = await hub.LaunchAsync("demo", "slow");
        await hub.Runner.WantedAsync(task.Id);
        await using var peer = await hub.OpenAsync("GET", task, "/api", $"Authorization: Bearer {hub.Ann.Secret}", "Connection: close");
        await Eventually.HoldsAsync(() => hub.Service<WaitingMeter>().Waiting == 1, "it waits");

        time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.Equal(1, hub.Service<WaitingMeter>().Waiting);
        var reading = peer.ReadToEndAsync();
        await time.AdvanceUntilAsync(reading, TimeSpan.FromSeconds(0.2)); // It is counted before its clock begins.
        var answer = await reading;

        Assert.StartsWith("HTTP/1.1 503 ", answer);
        Assert.Contains("\r\nRetry-After: ", answer);
        Assert.Contains("application/problem+json", answer);
        Assert.Contains("\"code\":\"not-ready\"", answer);
    }

    [Fact]
    public async Task A_body_is_not_read_before_the_task_is_there_and_arrives_whole_then()
    {
        await using var app = new RawServer(static async peer =>
        {
            var head = await peer.ReadHeadAsync();
            var body = await peer.ReadAsync(100_000);
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n{body.Length}");
        });
        await using var hub = await TaskHub.StartAsync(app);
        var task = await hub.LaunchAsync("demo");
        await hub.Runner.WantedAsync(task.Id);
        await using var peer = await hub.OpenAsync("POST", task, "/up", $"Authorization: Bearer {hub.Ann.Secret}", "Content-Length: 100000", "Connection: close");
        await Eventually.HoldsAsync(() => hub.Service<WaitingMeter>().Waiting == 1, "it waits");

        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
        await peer.SendAsync(new string('x', 100_000));

        Assert.EndsWith("100000", await peer.ReadToEndAsync());
    }

    [Fact]
    public async Task An_upgrade_is_held_for_ten_seconds_at_most()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        var task = await hub.LaunchAsync("demo");
        await hub.Runner.WantedAsync(task.Id);
        await using var peer = await OpenSocketAsync(hub, task);
        await Eventually.HoldsAsync(() => hub.Service<WaitingMeter>().Waiting == 1, "it waits");

        var reading = peer.ReadHeadAsync();
        await time.AdvanceUntilAsync(reading, TimeSpan.FromSeconds(10.1)); // It is counted before its clock begins.
        Assert.StartsWith("HTTP/1.1 503 ", await reading);
    }

    [Fact]
    public async Task A_WebSocket_that_waited_goes_on_to_the_task()
    {
        await using var hub = await TaskHub.StartAsync(Edge.Gate.DoorHub.Upgrading());
        var task = await hub.LaunchAsync("demo");
        await hub.Runner.WantedAsync(task.Id);
        await using var peer = await OpenSocketAsync(hub, task);
        await Eventually.HoldsAsync(() => hub.Service<WaitingMeter>().Waiting == 1, "it waits");

        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);

        Assert.StartsWith("HTTP/1.1 101 ", await peer.ReadHeadAsync());
        await peer.SendAsync("hello");
        Assert.Equal("hello", await peer.ReadAsync(5));
    }

    [Theory]
    [InlineData("GET", "User-Agent: Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")]
    [InlineData("GET", "User-Agent: kube-probe/1.31")]
    [InlineData("GET", "Sec-Purpose: prefetch;prerender")]
    [InlineData("HEAD", "User-Agent: curl/8.5.0")]
    public async Task Robots_are_told_at_once(string method, string field)
    {
        var time = new ManualTimeProvider(); // Nothing that waits would ever end.
        await using var hub = await TaskHub.StartAsync(time: time);
        var task = await hub.LaunchAsync("demo");

        var answer = await hub.SendAsync(method, task, "/", field, "Accept: text/html", hub.Cookie(task));

        Assert.StartsWith("HTTP/1.1 503 ", answer);
        Assert.Contains("\r\nRetry-After: ", answer);
    }

    [Fact]
    public async Task More_than_a_task_may_have_wait_for_nothing()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.LaunchAsync("demo");
        await hub.Runner.WantedAsync(task.Id);
        var held = Enumerable.Range(0, TaskWaiting.MostOfTask).Select(i => hub.SendAsync("GET", task, $"/{i}", $"Authorization: Bearer {hub.Ann.Secret}")).ToArray();
        await Eventually.HoldsAsync(() => hub.Service<WaitingMeter>().Waiting == TaskWaiting.MostOfTask, "all of them wait");

        var refused = await hub.SendAsync("GET", task, "/", $"Authorization: Bearer {hub.Ann.Secret}");
        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);

        Assert.StartsWith("HTTP/1.1 503 ", refused);
        Assert.Contains("too-many-waiting", refused);
        Assert.All(await Task.WhenAll(held), static answer => Assert.StartsWith("HTTP/1.1 200 ", answer));
    }

    [Fact]
    public async Task Who_does_not_wait_so_long_takes_no_place()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.LaunchAsync("demo");
        var peer = await hub.OpenAsync("GET", task, "/", $"Authorization: Bearer {hub.Ann.Secret}");
        await Eventually.HoldsAsync(() => hub.Service<WaitingMeter>().Waiting == 1, "it waits");

        peer.Abort();

        await Eventually.HoldsAsync(() => hub.Service<WaitingMeter>() is { Waiting: 0, Left: 1 }, "it waits no more");
    }

    [Fact]
    public async Task A_start_that_fails_frees_who_waits_at_once()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.LaunchAsync("demo");
        await hub.Runner.WantedAsync(task.Id);
        var held = hub.SendAsync("GET", task, "/", $"Authorization: Bearer {hub.Ann.Secret}");
        await Eventually.HoldsAsync(() => hub.Service<WaitingMeter>().Waiting == 1, "it waits");

        await hub.Runner.ReportAsync(task.Id, TaskState.Failed, static s => s with { Reason = "Its command was not found.", ExitCode = 127 });
        var answer = await held;

        Assert.StartsWith("HTTP/1.1 503 ", answer);
        Assert.Contains("Its command was not found.", answer);
    }

    [Fact]
    public async Task What_was_stopped_holds_nobody()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        var task = await hub.ReadyAsync("demo");
        await hub.PostAsync(task.Id + "/stop");
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped);

        Assert.StartsWith("HTTP/1.1 503 ", await hub.SendAsync("GET", task, "/", $"Authorization: Bearer {hub.Ann.Secret}"));
    }

    [Fact]
    public async Task A_hub_that_stops_frees_who_waits()
    {
        var hub = await TaskHub.StartAsync(change: static o => o with { DrainTimeout = TimeSpan.FromSeconds(20) });
        var task = await hub.LaunchAsync("demo");
        await using var peer = await hub.OpenAsync("GET", task, "/", $"Authorization: Bearer {hub.Ann.Secret}");
        await using var page = await hub.OpenAsync("GET", task, "/_adit/waiting/events", hub.Cookie(task), "Sec-Fetch-Site: same-origin");
        await Eventually.HoldsAsync(() => hub.Service<WaitingMeter>().Waiting == 2, "both wait");

        await hub.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(15));

        Assert.StartsWith("HTTP/1.1 503 ", await peer.ReadHeadAsync());
    }

    private static Task<RawPeer> OpenSocketAsync(TaskHub hub, ApiTask task) => hub.OpenAsync(
        "GET", task, "/ws", $"Authorization: Bearer {hub.Ann.Secret}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
}
