using System.Text.RegularExpressions;
using Adit.Api;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks.Waiting;

/// <summary>What people see at a task's address before and after it runs.</summary>
public sealed partial class WaitingPageTests
{
    [Fact]
    public async Task A_person_sees_at_the_very_address_how_far_it_is_and_the_end_of_the_log()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.LaunchAsync("demo");
        await hub.Runner.WantedAsync(task.Id);
        await hub.Runner.ReportAsync(task.Id, TaskState.Preparing, static s => s with { Progress = "pulling 40%" });
        await hub.Runner.LogAsync(task.Id, 1, "first", "<script>alert(1)</script>");

        var page = await hub.BrowseAsync(task, "/lab?x=1");

        Assert.StartsWith("HTTP/1.1 200 ", page);
        Assert.Contains("Content-Type: text/html", page);
        Assert.Contains("Cache-Control: no-store", page);
        Assert.Contains("demo is starting", page);
        Assert.Contains("Pulling 40%.", page);
        Assert.Contains("value=\"40\"", page);
        Assert.Contains("&lt;script&gt;alert(1)", page);
        Assert.DoesNotContain("<script>alert", page);
        Assert.Contains("http-equiv=\"refresh\"", page);
        Assert.Contains("script-src 'self'", page);
        Assert.DoesNotContain("Start again", page);
    }

    [Fact]
    public async Task The_page_brings_its_script_from_its_own_host_and_inlines_none()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.LaunchAsync("demo");

        var page = await hub.BrowseAsync(task);
        var script = await hub.SendAsync("GET", task, "/_adit/waiting/page.js", hub.Cookie(task), "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script");

        Assert.Single(Scripts().Matches(page));
        Assert.Contains("<script src=\"/_adit/waiting/page.js\"></script>", page);
        Assert.DoesNotContain(" onclick", page);
        Assert.StartsWith("HTTP/1.1 200 ", script);
        Assert.Contains("Content-Type: text/javascript", script);
        Assert.Contains("EventSource", script);
    }

    [Fact]
    public async Task Who_may_use_the_address_and_not_see_the_task_reads_no_log_and_no_names()
    {
        await using var hub = await TaskHub.StartAsync();
        var bob = await hub.Hub.TokenAsync("bob");
        await hub.TemplateAsync("open", "  auth: {access: signed-in}");
        var task = await hub.LaunchAsync("demo", "open", "signed-in");
        await hub.Runner.WantedAsync(task.Id);
        await hub.Runner.LogAsync(task.Id, 1, "secret line");
        await hub.Runner.ReportAsync(task.Id, TaskState.Failed, static s => s with { Reason = "secret reason", ExitCode = 3 });

        var hers = await hub.BrowseAsync(task);
        var his = await hub.BrowseAsync(task, whose: bob);

        Assert.Contains("Secret reason.", hers);
        Assert.Contains("secret line", hers);
        Assert.Contains("Start again", hers);
        Assert.Contains("demo did not start", his);
        Assert.DoesNotContain("ecret", his);
        Assert.DoesNotContain("gpu1", his);
        Assert.DoesNotContain("<button", his);
    }

    [Fact]
    public async Task A_stranger_is_asked_to_sign_in_and_told_nothing()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.LaunchAsync("demo");

        var events = await hub.SendAsync("GET", task, "/_adit/waiting/events");
        var start = await hub.SendAsync("POST", task, "/_adit/waiting/start", "Content-Length: 0", "Sec-Fetch-Site: same-origin");

        Assert.StartsWith("HTTP/1.1 302 ", await hub.SendAsync("GET", task, "/", TaskHub.Navigate));
        Assert.StartsWith("HTTP/1.1 401 ", events);
        Assert.StartsWith("HTTP/1.1 401 ", start);
    }

    [Fact]
    public async Task What_was_stopped_says_by_whom_and_starts_again_from_its_page()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("demo");
        await hub.PostAsync(task.Id + "/stop");
        await hub.Runner.WantedAsync(task.Id, run: false);
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped);

        var page = await hub.BrowseAsync(task, "/lab/tree?a=b");
        var action = System.Net.WebUtility.HtmlDecode(Action().Match(page).Groups[1].Value);
        var started = await hub.SendAsync("POST", task, action, "Content-Length: 0", hub.Cookie(task), "Sec-Fetch-Site: same-origin");

        Assert.Contains("demo is stopped", page);
        Assert.Contains("Stopped by ann.", page);
        Assert.DoesNotContain("http-equiv=\"refresh\"", page);
        Assert.StartsWith("HTTP/1.1 303 ", started);
        Assert.Contains("\r\nLocation: /lab/tree?a=b\r\n", started);
        await hub.Runner.WantedAsync(task.Id, attempt: 2);
        Assert.Equal(2, (await hub.ShowAsync(task.Id)).Attempt);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site: cross-site", "HTTP/1.1 403 ")]
    [InlineData("Sec-Fetch-Site: same-site", "HTTP/1.1 403 ")]
    [InlineData("Origin: https://evil.example", "HTTP/1.1 403 ")]
    public async Task Nobody_elses_page_starts_a_task_again(string from, string answer)
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("demo");
        await hub.PostAsync(task.Id + "/stop");
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped);

        var started = await hub.SendAsync("POST", task, "/_adit/waiting/start", "Content-Length: 0", hub.Cookie(task), from);

        Assert.StartsWith(answer, started);
        Assert.Equal(1, (await hub.ShowAsync(task.Id)).Attempt);
    }

    [Fact]
    public async Task The_events_tell_each_change_and_the_end()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.LaunchAsync("demo");
        await hub.Runner.WantedAsync(task.Id);
        await using var events = await hub.OpenAsync("GET", task, "/_adit/waiting/events", hub.Cookie(task), "Sec-Fetch-Site: same-origin", "Accept: text/event-stream");
        Assert.StartsWith("HTTP/1.1 200 ", await events.ReadHeadAsync());
        Assert.Contains("\"state\":\"scheduled\"", await events.ReadUntilAsync("event: state\ndata: {\"state\":\"scheduled\""));

        await hub.Runner.LogAsync(task.Id, 1, "one", "two");
        await events.ReadUntilAsync("id: 2\nevent: log\ndata: [\"one\",\"two\"]");
        await hub.Runner.ReportAsync(task.Id, TaskState.Starting);
        await events.ReadUntilAsync("\"state\":\"starting\"");
        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
        await events.ReadUntilAsync("event: ready");
    }

    [Fact]
    public async Task Who_comes_back_to_the_events_gets_the_lines_that_are_missing()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.LaunchAsync("demo");
        await hub.Runner.WantedAsync(task.Id);
        await hub.Runner.LogAsync(task.Id, 1, "one", "two", "three");
        await using var events = await hub.OpenAsync("GET", task, "/_adit/waiting/events", hub.Cookie(task), "Sec-Fetch-Site: same-origin", "Last-Event-ID: 2");

        await events.ReadHeadAsync();

        Assert.EndsWith("id: 3\nevent: log\ndata: [\"three\"]", await events.ReadUntilAsync("data: [\"three\"]"));
    }

    [Fact]
    public async Task The_estimate_comes_from_the_starts_of_the_template_before()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        var first = await hub.LaunchAsync("one");
        await hub.Runner.WantedAsync(first.Id);
        time.Advance(TimeSpan.FromSeconds(20));
        await hub.Runner.ReportAsync(first.Id, TaskState.Ready);
        var second = await hub.LaunchAsync("two");
        await hub.Runner.WantedAsync(second.Id);
        time.Advance(TimeSpan.FromSeconds(5));

        var page = await hub.BrowseAsync(second);

        Assert.Contains("About 15 s more; it usually takes 20 s.", page);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Contains("It takes longer than it usually does", await hub.BrowseAsync(second));
    }

    [Fact]
    public async Task What_waits_for_room_says_its_place_and_why()
    {
        await using var hub = await TaskHub.StartAsync(cpus: 0.1);
        await hub.ReadyAsync("one");
        var task = await hub.LaunchAsync("two");

        var page = await hub.BrowseAsync(task);

        Assert.Contains("two waits for a machine", page);
        Assert.Contains("Number 1 in the queue.", page);
    }

    [Fact]
    public async Task In_path_mode_everything_is_below_the_path()
    {
        await using var hub = await TaskHub.StartAsync(change: static o => o with { PathHost = "apps.test" });
        var task = await hub.LaunchAsync("demo");
        var place = $"/w/ann/{task.Ports[0].Tunnel}";
        await using var peer = await RawPeer.ConnectAsync(hub.Port);
        await peer.SendAsync($"GET {place}/ HTTP/1.1\r\nHost: apps.test\r\nAuthorization: Bearer {hub.Ann.Secret}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");

        // With a token it is a program's request; the page is for cookies.
        var tickets = new DoorTickets(DoorTickets.KeyIn(hub.Service<HubOptions>().DataDirectory), hub.Hub.Time);
        var cookie = tickets.Issue("apps.test" + place, TicketKind.Token, new DoorKey("ann", hub.Ann.Id), DoorTickets.Life);
        await using var browser = await RawPeer.ConnectAsync(hub.Port);
        await browser.SendAsync($"GET {place}/x HTTP/1.1\r\nHost: apps.test\r\nCookie: {DoorCookies.PlainTicket}={cookie}\r\n{TaskHub.Navigate}\r\nConnection: close\r\n\r\n");
        var page = await browser.ReadToEndAsync();

        Assert.Contains($"data-events=\"{place}/_adit/waiting/events\"", page);
        Assert.Contains($"<script src=\"{place}/_adit/waiting/page.js\">", page);
    }

    [GeneratedRegex("<script")]
    private static partial Regex Scripts();

    [GeneratedRegex("action=\"([^\"]+)\"")]
    private static partial Regex Action();
}
