using System.Text.RegularExpressions;
using Adit.Hub.Edge.Gate;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>Signing in to a route by the hub's session, step by step as a browser does it.</summary>
public sealed class DanceTests
{
    [Fact]
    public async Task A_browser_with_a_session_comes_in_where_it_wanted_to_go()
    {
        await using var doors = await DoorHub.StartAsync();
        var session = await doors.SignInAsync("anna");
        var (location, state) = await doors.BeginAsync(doors.DemoHost, "/x?y=1");
        Assert.StartsWith($"http://{doors.HubHost}/apps/authorize?app_host={DoorHub.Host}&challenge=", location);
        Assert.DoesNotContain("y%3D1", location);
        var callback = await doors.AuthorizeAsync(location, session);
        Assert.StartsWith($"http://{doors.DemoHost}/_adit/callback?code=", callback);
        var done = await doors.ReturnAsync(callback, state);
        Assert.Contains("\r\nLocation: /x?y=1\r\n", done);
        Assert.Matches("Set-Cookie: adit_ticket=[^;]+; Path=/; HttpOnly; SameSite=Lax\r\n", done);
        Assert.Matches("Set-Cookie: adit_state_[^=]+=; Path=/; Max-Age=0;", done);
        Assert.Contains("Cache-Control: no-store", done);
        var answer = await doors.GetAsync("/x?y=1", "Cookie: a=b; " + DoorHub.CookieOf(done, "adit_ticket"));
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.Contains("\r\nCookie: a=b\r\n", answer);
        Assert.Contains("\r\nX-Forwarded-User: anna\r\n", answer);
    }

    [Fact]
    public async Task Who_has_no_session_is_sent_to_sign_in_and_then_back_to_the_dance()
    {
        await using var doors = await DoorHub.StartAsync();
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        var url = new Uri(location);
        var answer = await doors.SendAsync("GET", url.Authority, url.PathAndQuery, DoorHub.Navigate);
        Assert.StartsWith("HTTP/1.1 302 ", answer);
        Assert.StartsWith("/sign-in?to=" + Uri.EscapeDataString("/apps/authorize?app_host="), DoorHub.LocationOf(answer));
        Assert.Contains("Referrer-Policy: no-referrer", answer);
    }

    [Fact]
    public async Task A_code_is_good_once()
    {
        await using var doors = await DoorHub.StartAsync();
        var session = await doors.SignInAsync("anna");
        var (location, state) = await doors.BeginAsync(doors.DemoHost);
        var callback = await doors.AuthorizeAsync(location, session);
        Assert.StartsWith("HTTP/1.1 303 ", await doors.ReturnAsync(callback, state));
        var again = await doors.ReturnAsync(callback, state);
        Assert.StartsWith("HTTP/1.1 400 ", again);
        Assert.DoesNotContain("adit_ticket", again);
    }

    [Fact]
    public async Task A_code_for_one_host_is_worth_nothing_on_another()
    {
        await using var doors = await DoorHub.StartAsync();
        await doors.TunnelAsync("other", "signed-in");
        var session = await doors.SignInAsync("anna");
        var other = doors.DemoHost.Replace("demo.", "other.", StringComparison.Ordinal);
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        var (_, stateOfOther) = await doors.BeginAsync(other);
        var callback = await doors.AuthorizeAsync(location, session);
        Assert.StartsWith("HTTP/1.1 400 ", await doors.ReturnAsync(callback.Replace("demo.", "other.", StringComparison.Ordinal), stateOfOther));

        // The same code with the other's state, as an attacker would put it together.
        var codes = doors.Hub.Services.GetRequiredService<DanceCodes>();
        var code = codes.Issue(DoorHub.Host, DanceCodes.ChallengeOf(new byte[32]), new DoorKey("anna", "session:x"))!;
        Assert.False(codes.TryRedeem(code, "other.adit.test", new byte[32], out _));
    }

    [Fact]
    public async Task Without_the_state_or_in_another_browser_nobody_comes_in()
    {
        await using var doors = await DoorHub.StartAsync();
        var session = await doors.SignInAsync("anna");
        var (location, state) = await doors.BeginAsync(doors.DemoHost);
        var (_, stateOfElsewhere) = await doors.BeginAsync(doors.DemoHost);
        string[] wrong = ["", stateOfElsewhere, state.Split('=')[0] + "=" + stateOfElsewhere.Split('=')[1], state[..^4] + "AAAA"];
        foreach (var cookie in wrong)
        {
            var answer = await doors.ReturnAsync(await doors.AuthorizeAsync(location, session), cookie);
            Assert.StartsWith("HTTP/1.1 400 ", answer);
            Assert.DoesNotContain("adit_ticket=", answer);
        }
    }

    [Fact]
    public async Task A_code_needs_the_proof_of_who_began()
    {
        var codes = new DanceCodes(new ManualTimeProvider());
        var verifier = new byte[32];
        var code = codes.Issue("a.test", DanceCodes.ChallengeOf(verifier), new DoorKey("anna", "session:1"))!;
        Assert.False(codes.TryRedeem(code, "a.test", [.. new byte[31], 1], out _));
        Assert.False(codes.TryRedeem(code, "a.test", verifier, out _)); // Used up by the guess.
        await Task.CompletedTask;
    }

    [Fact]
    public void A_code_lives_for_half_a_minute()
    {
        var time = new ManualTimeProvider();
        var codes = new DanceCodes(time);
        var early = codes.Issue("a.test", DanceCodes.ChallengeOf(new byte[32]), new DoorKey("anna", "session:1"))!;
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.True(codes.TryRedeem(early, "a.test", new byte[32], out var holder));
        Assert.Equal("anna", holder.Account);
        var late = codes.Issue("a.test", DanceCodes.ChallengeOf(new byte[32]), new DoorKey("anna", "session:1"))!;
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.False(codes.TryRedeem(late, "a.test", new byte[32], out _));
    }

    [Fact]
    public async Task Where_the_code_goes_cannot_be_chosen_by_the_address()
    {
        await using var doors = await DoorHub.StartAsync();
        var session = await doors.SignInAsync("anna");
        var challenge = DanceCodes.ChallengeOf(new byte[32]);
        foreach (var host in new[] { "evil.example", "demo.adit.test@evil.example", "demo.adit.test.evil.example", "adit.test", "demo.adit.test%00.evil.example", "//evil.example" })
        {
            var answer = await doors.SendAsync(
                "GET", doors.HubHost, $"/apps/authorize?app_host={Uri.EscapeDataString(host)}&challenge={challenge}&state=AAAAAAAAAAAAAAAAAAAAAA", DoorHub.Navigate,
                $"Cookie: {session}");
            Assert.StartsWith("HTTP/1.1 404 ", answer);
            Assert.DoesNotContain("\r\nLocation:", answer);
        }

        // Whoever listens on another port of the host gets nothing either: the port is the hub's own.
        await doors.ConsentAsync("anna");
        var other = await doors.SendAsync(
            "GET", doors.HubHost, $"/apps/authorize?app_host=demo.adit.test:9999&challenge={challenge}&state=AAAAAAAAAAAAAAAAAAAAAA", DoorHub.Navigate, $"Cookie: {session}");
        Assert.StartsWith($"http://{doors.DemoHost}/_adit/callback?", DoorHub.LocationOf(other));
    }

    [Fact]
    public async Task Who_may_not_open_a_route_learns_nothing_of_it()
    {
        await using var doors = await DoorHub.StartAsync(access: "user:anna");
        var bob = await doors.SignInAsync("bob");
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        var url = new Uri(location);
        var denied = await doors.SendAsync("GET", url.Authority, url.PathAndQuery, DoorHub.Navigate, $"Cookie: {bob}");
        var unknown = await doors.SendAsync(
            "GET", url.Authority, url.PathAndQuery.Replace("demo.", "none.", StringComparison.Ordinal), DoorHub.Navigate, $"Cookie: {bob}");
        Assert.StartsWith("HTTP/1.1 404 ", denied);
        Assert.Equal(Body(denied).Replace("demo.", "none.", StringComparison.Ordinal), Body(unknown));
    }

    [Fact]
    public async Task What_is_no_navigation_is_told_401_and_never_sent_elsewhere()
    {
        await using var doors = await DoorHub.StartAsync();
        string[] requests =
        [
            "Accept: application/json\r\nSec-Fetch-Mode: cors", "Accept: text/html\r\nSec-Fetch-Mode: cors", "Accept: */*", "Accept: text/html",
            "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe",
        ];
        foreach (var fields in requests)
        {
            var answer = await doors.GetAsync("/x", fields);
            Assert.StartsWith("HTTP/1.1 401 ", answer);
            Assert.DoesNotContain("\r\nLocation:", answer);
        }

        var json = await doors.GetAsync("/x", "Accept: application/json");
        Assert.Contains("\r\nWWW-Authenticate: Bearer", json);
        Assert.Contains("application/problem+json", json);
    }

    [Fact]
    public async Task A_post_after_the_ticket_ended_is_told_401_and_not_302()
    {
        await using var doors = await DoorHub.StartAsync();
        var ticket = await doors.AgedTicketAsync("anna", -(DoorTickets.Grace + TimeSpan.FromSeconds(1)));
        var answer = await doors.SendAsync("POST", doors.DemoHost, "/x", DoorHub.Navigate, $"Cookie: {ticket}", "Content-Length: 0", $"Origin: http://{doors.DemoHost}");
        Assert.StartsWith("HTTP/1.1 401 ", answer);
        Assert.DoesNotContain("\r\nLocation:", answer);
    }

    [Fact]
    public async Task A_ticket_is_renewed_in_passing_while_the_session_lasts()
    {
        await using var doors = await DoorHub.StartAsync();
        var fresh = await doors.TicketAsync("anna");
        Assert.DoesNotContain("Set-Cookie", await doors.GetAsync("/x", $"Cookie: {fresh}"));
        foreach (var left in new[] { TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(-14) })
        {
            var ticket = await doors.AgedTicketAsync("anna", left);
            var answer = await doors.GetAsync("/x", $"Cookie: {ticket}");
            Assert.StartsWith("HTTP/1.1 200 ", answer);
            var next = DoorHub.CookieOf(answer, "adit_ticket");
            Assert.NotEmpty(next);
            Assert.NotEqual(ticket, next);
            Assert.DoesNotContain("Set-Cookie", await doors.GetAsync("/x", $"Cookie: {next}"));
        }

        var over = await doors.AgedTicketAsync("anna", TimeSpan.FromMinutes(-14));
        await doors.Sessions.EndAsync([.. doors.Sessions.List("anna").Select(static s => s.Session.Id)]);
        Assert.StartsWith("HTTP/1.1 401 ", await doors.GetAsync("/x", $"Cookie: {over}"));
    }

    [Fact]
    public async Task Tickets_are_renewed_while_the_database_is_out_of_order()
    {
        await using var doors = await DoorHub.StartAsync();
        var ticket = await doors.AgedTicketAsync("anna", TimeSpan.FromMinutes(-10));
        await doors.Hub.Services.GetRequiredService<Adit.Hub.Storage.Database>().DisposeAsync();
        var answer = await doors.GetAsync("/x", $"Cookie: {ticket}");
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.NotEmpty(DoorHub.CookieOf(answer, "adit_ticket"));
    }

    [Fact]
    public async Task A_browser_that_begins_again_and_again_does_not_drown_in_cookies()
    {
        await using var doors = await DoorHub.StartAsync();
        var cookies = string.Join("; ", Enumerable.Range(0, 8).Select(static i => $"adit_state_abcdef{i:00}=x"));
        var answer = await doors.GetAsync("/x", DoorHub.Navigate, $"Cookie: {cookies}");
        Assert.Equal(8, Regex.Count(answer, "Set-Cookie: adit_state_abcdef[0-9]+=; Path=/; Max-Age=0"));
    }

    [Fact]
    public async Task A_long_target_still_fits_into_the_cookie()
    {
        await using var doors = await DoorHub.StartAsync();
        foreach (var length in new[] { 2000, 8000 })
        {
            var answer = await doors.GetAsync("/" + new string('x', length), DoorHub.Navigate);
            Assert.StartsWith("HTTP/1.1 302 ", answer);
            Assert.True(DoorHub.CookieOf(answer, "adit_state_").Length < 4000);
        }
    }

    [Fact]
    public async Task Behind_tls_the_cookies_are_bound_to_the_host_by_the_browser()
    {
        await using var doors = await DoorHub.StartAsync(change: static o => o with { TrustedProxies = ["127.0.0.1"] });
        var answer = await doors.SendAsync("GET", DoorHub.Host, "/x", DoorHub.Navigate, "X-Forwarded-Proto: https");
        Assert.Matches("Set-Cookie: __Host-adit_s_[^=]+=[^;]+; Path=/; Max-Age=300; HttpOnly; SameSite=Lax; Secure", answer);
        Assert.StartsWith("https://adit.test/apps/authorize?", DoorHub.LocationOf(answer));
    }

    [Fact]
    public async Task There_is_no_path_mode_that_somebody_else_could_use()
    {
        await using var doors = await DoorHub.StartAsync(access: "owner");
        var session = await doors.SignInAsync("anna");
        foreach (var path in new[] { "/w/admin/demo/", "/demo/", "/apps/demo/" })
            Assert.DoesNotContain("Host: ", await doors.SendAsync("GET", doors.HubHost, path, DoorHub.Navigate, $"Cookie: {session}"));
    }

    private static string Body(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
}
