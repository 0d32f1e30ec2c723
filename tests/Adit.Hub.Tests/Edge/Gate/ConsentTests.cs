using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Access.Doors;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tunnels;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>That people are asked before the application of somebody else learns who they are.</summary>
public sealed class ConsentTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_first_visit_of_somebody_elses_application_asks_and_the_next_does_not()
    {
        await using var doors = await DoorHub.StartAsync();
        await doors.PersonAsync("anna", email: "anna@example.test");
        await doors.Accounts.SetGroupsAsync("anna", "local", ["ds", "ops"]);
        var session = await doors.SignInAsync("anna");
        var (location, state) = await doors.BeginAsync(doors.DemoHost, "/x?y=1");
        var page = await doors.AskAsync(location, session);
        Assert.StartsWith("HTTP/1.1 200 ", page);
        foreach (var said in new[] { "demo.adit.test", "<strong>admin</strong>", "<strong>anna</strong>", "<strong>anna@example.test</strong>", "<strong>ds, ops</strong>", "<button>Continue</button>", ">Back</a>" })
            Assert.Contains(said, page);
        var done = await doors.ReturnAsync(await doors.AuthorizeAsync(location, session), state);
        Assert.Contains("\r\nLocation: /x?y=1\r\n", done);
        Assert.Contains("\r\nX-Forwarded-User: anna\r\n", await doors.GetAsync("/x", "Cookie: " + DoorHub.CookieOf(done, "adit_ticket")));
        var entry = Assert.Single(await doors.Hub.AuditAsync("action=consent.give"));
        Assert.Equal(("anna", "route:demo", "admin"), (entry.Actor, entry.Target, entry.Detail!["owner"]));

        var (again, _) = await doors.BeginAsync(doors.DemoHost);
        Assert.StartsWith("HTTP/1.1 302 ", await doors.AskAsync(again, session));
        await doors.Hub.RestartAsync();
        Assert.Single(doors.Hub.Services.GetRequiredService<Consents>().List("anna"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Ones_own_and_what_is_in_ones_project_is_not_asked_about()
    {
        await using var doors = await DoorHub.StartAsync();
        var admin = await doors.SignInAsync("admin");
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        Assert.StartsWith("HTTP/1.1 302 ", await doors.AskAsync(location, admin));

        (await doors.Hub.CreateProjectAsync(doors.Hub.AdminToken, "churn")).Dispose();
        await doors.PersonAsync("anna");
        (await doors.Hub.SetMemberAsync(doors.Hub.AdminToken, "churn", "anna", ProjectRole.Viewer)).Dispose();
        await doors.ChangeAsync(new ChangeTunnelRequest { Project = "churn" });
        Assert.StartsWith("HTTP/1.1 302 ", await doors.AskAsync(location, await doors.SignInAsync("anna")));
        Assert.StartsWith("HTTP/1.1 200 ", await doors.AskAsync(location, await doors.SignInAsync("bob")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_new_owner_of_the_name_is_somebody_else_to_be_asked_about()
    {
        await using var doors = await DoorHub.StartAsync();
        var anna = await doors.SignInAsync("anna");
        var ticket = await doors.DanceAsync(anna);
        Assert.StartsWith("HTTP/1.1 200 ", await doors.GetAsync("/x", $"Cookie: {ticket}"));
        Assert.Equal(HttpStatusCode.NoContent, await doors.Hub.StatusAsync(null, HttpMethod.Delete, "tunnels/demo"));
        var carl = await doors.Hub.TokenAsync("carl");
        var client = await doors.Hub.LinkAsync(carl.Secret, "carls");
        await doors.Hub.CreateAsync(
            new CreateTunnelRequest { Name = "demo", Kind = TunnelKind.Http, Target = $"http://127.0.0.1:{doors.App.Port}", Link = client.Link, Access = "signed-in" }, carl.Secret);

        // The ticket is of the host and would be good for minutes: his application learns nothing by it.
        Assert.StartsWith("HTTP/1.1 401 ", await doors.GetAsync("/x", $"Cookie: {ticket}"));
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        Assert.Contains("<strong>carl</strong>", await doors.AskAsync(location, anna));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_consent_that_is_taken_back_closes_what_it_opened_and_the_next_visit_asks()
    {
        await using var doors = await DoorHub.StartAsync(app: DoorHub.Upgrading());
        var secret = await doors.Hub.PersonAsync("anna");
        var session = await doors.SignInAsync("anna");
        var ticket = await doors.DanceAsync(session);
        var (peer, head) = await doors.UpgradeAsync($"Cookie: {ticket}", $"Origin: http://{doors.DemoHost}");
        await using var _ = peer;
        Assert.StartsWith("HTTP/1.1 101 ", head);

        using (var answer = await doors.Hub.SendAsync(secret, HttpMethod.Get, "consents"))
        {
            var list = (await answer.Content.ReadFromJsonAsync(AccessJson.Default.ConsentList))!;
            Assert.Equal(("demo", "admin", DoorHub.Host), (list.Items.Single().Route, list.Items.Single().Owner, list.Items.Single().Host));
        }

        Assert.Equal(HttpStatusCode.NotFound, await doors.Hub.StatusAsync(null, HttpMethod.Delete, "consents/demo")); // The admin has none.
        Assert.Equal(HttpStatusCode.NoContent, await doors.Hub.StatusAsync(secret, HttpMethod.Delete, "consents/demo"));
        Assert.EndsWith("Not signed in any more.", await peer.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.StartsWith("HTTP/1.1 401 ", await doors.GetAsync("/x", $"Cookie: {ticket}"));
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        Assert.StartsWith("HTTP/1.1 200 ", await doors.AskAsync(location, session));
        Assert.Equal(HttpStatusCode.NotFound, await doors.Hub.StatusAsync(secret, HttpMethod.Delete, "consents/demo"));
        Assert.Single(await doors.Hub.AuditAsync("action=consent.remove"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_the_hubs_own_page_of_that_session_can_agree()
    {
        await using var doors = await DoorHub.StartAsync();
        var (anna, bob) = (await doors.SignInAsync("anna"), await doors.SignInAsync("bob"));
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        var page = await doors.AskAsync(location, anna);
        var own = $"Origin: http://{doors.HubHost}";
        (string Session, string Site, Func<string, string>? Change)[] wrong =
        [
            (anna, "Sec-Fetch-Site: same-site", null),
            (anna, "Sec-Fetch-Site: cross-site", null),
            (anna, "Sec-Fetch-Site: none", null),
            (anna, "", null),
            (anna, $"Origin: http://{doors.DemoHost}", null),
            (anna, "Origin: null", null),
            (anna, own, static form => form.Replace("csrf=", "csrf=x", StringComparison.Ordinal)),
            (anna, own, static form => form[..form.IndexOf("&csrf", StringComparison.Ordinal)]),
            (bob, own, null), // With what anna's page says.
            ("a=b", own, null),
            (anna, own, static form => form + "&x=" + new string('x', 9000)),
            (anna, own, static form => form + '&' + new string('x', 4000) + "=1"),
            (anna, own, static form => form.Replace("state=", "state=%00", StringComparison.Ordinal)),
        ];
        foreach (var (session, site, change) in wrong)
        {
            var answer = await doors.ContinueAsync(page, session, site, change);
            Assert.StartsWith("HTTP/1.1 403 ", answer);
            Assert.DoesNotContain("/_adit/callback", answer);
        }

        Assert.Empty(doors.Hub.Services.GetRequiredService<Consents>().List("anna"));
        var agreed = await doors.ContinueAsync(page, anna, own); // As a browser sends it that says no more than that.
        Assert.Contains("/_adit/callback", agreed);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_page_is_framed_by_nobody_runs_nothing_and_lets_its_form_go_nowhere_else()
    {
        await using var doors = await DoorHub.StartAsync();
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        var page = await doors.AskAsync(location, await doors.SignInAsync("anna"));
        Assert.Contains("Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'\r\n", page);
        foreach (var field in new[] { "X-Frame-Options: DENY", "Cross-Origin-Opener-Policy: same-origin", "Referrer-Policy: same-origin", "Cache-Control: no-store" })
            Assert.Contains($"\r\n{field}\r\n", page);
        Assert.DoesNotContain("<script", page);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_an_owner_calls_itself_is_text_on_the_page()
    {
        await using var doors = await DoorHub.StartAsync();
        await doors.Accounts.ChangeAsync("admin", static a => a with { DisplayName = "<b>\"x\"</b>" });
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        var page = await doors.AskAsync(location, await doors.SignInAsync("anna"));
        Assert.Contains("&lt;b&gt;&quot;x&quot;&lt;/b&gt; (admin)", page);
        Assert.DoesNotContain("<b>", page);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_may_not_open_it_is_not_asked_and_cannot_agree()
    {
        await using var doors = await DoorHub.StartAsync();
        var bob = await doors.SignInAsync("bob");
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        var page = await doors.AskAsync(location, bob);
        await doors.ChangeAsync(new ChangeTunnelRequest { Access = "user:anna" });
        Assert.StartsWith("HTTP/1.1 404 ", await doors.ContinueAsync(page, bob));
        Assert.StartsWith("HTTP/1.1 404 ", await doors.AskAsync(location, bob));
        Assert.Empty(doors.Hub.Services.GetRequiredService<Consents>().List("bob"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Programs_that_show_a_token_are_never_asked()
    {
        await using var doors = await DoorHub.StartAsync();
        var carl = await doors.Hub.TokenAsync("carl");
        Assert.Contains("\r\nX-Forwarded-User: carl\r\n", await doors.GetAsync("/x", $"Authorization: Bearer {carl.Secret}"));
        var typed = await doors.PostAsync(doors.DemoHost, "/_adit/sign-in", $"token={carl.Secret}&to=%2Fx", "Sec-Fetch-Site: same-origin");
        Assert.StartsWith("HTTP/1.1 303 ", typed);
        Assert.StartsWith("HTTP/1.1 200 ", await doors.GetAsync("/x", "Cookie: " + DoorHub.CookieOf(typed, "adit_ticket")));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_admin_says_that_nobody_is_asked()
    {
        await using var doors = await DoorHub.StartAsync();
        using var api = doors.Hub.Api();
        Assert.Equal("foreign", (await api.GetFromJsonAsync("/api/v1/settings/access", AccessJson.Default.AccessSettings))!.Consent);
        using (var wrong = await api.PutAsJsonAsync("/api/v1/settings/access", new { maxAccess = "signed-in", consent = "always" }))
            Assert.Equal("invalid", await TestHub.CodeAsync(wrong));
        using (var set = await api.PutAsJsonAsync("/api/v1/settings/access", new { maxAccess = "signed-in", consent = "never" }))
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        var session = await doors.SignInAsync("anna");
        var (location, _) = await doors.BeginAsync(doors.DemoHost);
        Assert.StartsWith("HTTP/1.1 302 ", await doors.AskAsync(location, session));
        await doors.Hub.RestartAsync();
        using var after = doors.Hub.Api();
        Assert.Equal("never", (await after.GetFromJsonAsync("/api/v1/settings/access", AccessJson.Default.AccessSettings))!.Consent);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_account_has_a_bounded_number_of_consents_and_a_deleted_one_has_none()
    {
        await using var doors = await DoorHub.StartAsync();
        await doors.PersonAsync("anna");
        var consents = doors.Hub.Services.GetRequiredService<Consents>();
        var route = doors.Hub.Routes.Find(DoorHub.Host)!;
        await GiveAsync(0);
        await Task.WhenAll(Enumerable.Range(1, Consents.MostPerAccount - 1).Select(GiveAsync));
        await GiveAsync(Consents.MostPerAccount);
        var names = consents.List("anna").Select(static c => c.Route).ToHashSet();
        Assert.Equal(Consents.MostPerAccount, names.Count);
        Assert.DoesNotContain("t0", names);
        await doors.Accounts.DeleteAsync("anna");
        Assert.Empty(consents.List("anna"));
        await doors.Hub.RestartAsync();
        Assert.Empty(doors.Hub.Services.GetRequiredService<Consents>().List("anna"));

        Task GiveAsync(int i) => consents.GiveAsync(
            "anna", new Adit.Hub.Edge.Route { Name = $"t{i}", Kind = route.Kind, Policy = route.Policy, Upstream = route.Upstream, Meter = route.Meter }, $"t{i}.adit.test", null);
    }
}
