using System.Net;
using System.Net.WebSockets;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Storage;
using Adit.Hub.Tests.Tunnels;
using Adit.Link;
using Adit.Testing;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access.Sessions;

public sealed class SessionTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_token_with_all_rights_signs_a_browser_in()
    {
        await using var hub = await TestHub.StartAsync();
        using var browser = await TestBrowser.SignedInAsync(hub);
        var session = await browser.GetAsync<CurrentSession>("/api/v1/session");
        Assert.Equal(("admin", PlatformRole.Admin), (session.Account, session.Role));
        Assert.Equal(browser.Session!.Csrf, session.Csrf);
        Assert.True(session.MustSetPassword);
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync("/api/v1/tunnels"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_that_may_do_less_than_its_account_signs_nobody_in()
    {
        await using var hub = await TestHub.StartAsync();
        var limited = await hub.TokenAsync("ann", maxTunnels: 1);
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/v1/sign-in/token", new TokenSignInRequest { Token = limited.Secret! });
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(browser.Cookies);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_service_accounts_token_signs_no_browser_in()
    {
        await using var hub = await TestHub.StartAsync();
        var robot = await hub.Services.GetRequiredService<TokenRegistry>().CreateAsync(new CreateTokenRequest { Name = "ci" }, "robot", isAdmin: false);
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/v1/sign-in/token", new TokenSignInRequest { Token = robot.Secret! });
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(browser.Cookies);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_cookie_is_for_the_hubs_own_host_and_out_of_reach_of_scripts()
    {
        await using var hub = await TestHub.StartAsync();
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/v1/sign-in/token", new TokenSignInRequest { Token = hub.AdminToken });
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(static c => c.StartsWith("adit_session=", StringComparison.Ordinal));
        Assert.Contains("; HttpOnly", cookie, StringComparison.Ordinal);
        Assert.Contains("; SameSite=Lax", cookie, StringComparison.Ordinal);
        Assert.Contains("; Path=/", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("Domain", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = 60_000)]
    public async Task Behind_a_trusted_proxy_with_tls_the_cookie_is_of_the_host_alone()
    {
        await using var hub = await TestHub.StartAsync(change: static o => o with { TrustedProxies = ["127.0.0.1"] });
        using var browser = new TestBrowser(hub);
        static void ByProxy(HttpRequestMessage request) => request.Headers.Add("X-Forwarded-Proto", "https");
        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/v1/sign-in/token", new TokenSignInRequest { Token = hub.AdminToken }, ByProxy);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(static c => c.StartsWith("__Host-adit=", StringComparison.Ordinal));
        Assert.Contains("; Secure", cookie, StringComparison.Ordinal);
        using var whole = await browser.SendAsync(HttpMethod.Get, "/api/v1/session", change: ByProxy);
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
        // Over TLS nothing else counts, whoever set it.
        browser.Cookies["adit_session"] = browser.Cookies["__Host-adit"];
        browser.Cookies.Remove("__Host-adit");
        using var tossed = await browser.SendAsync(HttpMethod.Get, "/api/v1/session", change: ByProxy);
        Assert.Equal(HttpStatusCode.Unauthorized, tossed.StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("same-origin", false)]
    [InlineData("cross-site", true)]
    [InlineData("same-site", true)]
    public async Task What_another_page_causes_changes_nothing(string site, bool withCsrf)
    {
        await using var hub = await TestHub.StartAsync();
        using var browser = await TestBrowser.SignedInAsync(hub);
        void Change(HttpRequestMessage request)
        {
            request.Headers.Remove("Sec-Fetch-Site");
            request.Headers.Add("Sec-Fetch-Site", site);
            if (!withCsrf)
                request.Headers.Remove("X-Adit-Csrf");
        }

        using var answer = await browser.SendAsync(HttpMethod.Delete, "/api/v1/sessions", change: Change);
        Assert.Equal((HttpStatusCode.Forbidden, "csrf"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_session_ends_when_it_is_not_used_and_when_its_life_is_over()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time, static o => o with { SessionIdle = TimeSpan.FromHours(2), SessionLife = TimeSpan.FromHours(5) });
        using var browser = await TestBrowser.SignedInAsync(hub);
        for (var i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromHours(1.5));
            Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync());
        }

        time.Advance(TimeSpan.FromHours(0.6));
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
        using var second = await TestBrowser.SignedInAsync(hub);
        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(HttpStatusCode.Unauthorized, await second.StatusAsync());
        // What was over once stays so when the clock is put back.
        time.ShiftWallClock(TimeSpan.FromHours(-3));
        Assert.Equal(HttpStatusCode.Unauthorized, await second.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Sessions_outlive_the_hubs_process()
    {
        var port = Ports.Free();
        await using var hub = await TestHub.StartAsync(change: o => o with { Listen = [$"127.0.0.1:{port}"] });
        using var browser = await TestBrowser.SignedInAsync(hub);
        await hub.RestartAsync();
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_session_is_listed_and_revoked_by_its_owner_and_nobody_else()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.TokenAsync("ann");
        using var first = await TestBrowser.SignedInAsync(hub, ann.Secret);
        using var second = await TestBrowser.SignedInAsync(hub, ann.Secret);
        var bob = await hub.TokenAsync("bob");
        using var stranger = await TestBrowser.SignedInAsync(hub, bob.Secret);

        var list = await first.GetAsync<SessionList>("/api/v1/sessions");
        Assert.Equal(2, list.Items.Count);
        Assert.Equal(first.Session!.Id, list.Items.Single(static s => s.Current).Id);
        using var refused = await stranger.SendAsync(HttpMethod.Delete, "/api/v1/sessions/" + second.Session!.Id);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, await stranger.StatusAsync("/api/v1/sessions?account=ann"));

        var ended = Ended(hub);
        using var answer = await first.SendAsync(HttpMethod.Delete, "/api/v1/sessions/" + second.Session!.Id);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal([second.Session!.Id!], ended);
        Assert.Equal(HttpStatusCode.Unauthorized, await second.StatusAsync());
        Assert.Equal(HttpStatusCode.OK, await first.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Signing_out_ends_the_session_and_takes_the_cookie()
    {
        await using var hub = await TestHub.StartAsync();
        using var browser = await TestBrowser.SignedInAsync(hub);
        var cookie = browser.Cookies["adit_session"];
        var ended = Ended(hub);
        using var answer = await browser.SendAsync(HttpMethod.Delete, "/api/v1/session");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.False(browser.Cookies.ContainsKey("adit_session"));
        Assert.Single(ended);
        browser.Cookies["adit_session"] = cookie;
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Revoking_the_token_that_a_session_was_begun_with_ends_it()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.TokenAsync("ann");
        using var browser = await TestBrowser.SignedInAsync(hub, ann.Secret);
        using var api = hub.Api();
        using var answer = await api.DeleteAsync("/api/v1/tokens/" + ann.Id);
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_session_does_not_come_back_with_the_hub_when_its_token_is_gone()
    {
        var port = Ports.Free();
        await using var hub = await TestHub.StartAsync(change: o => o with { Listen = [$"127.0.0.1:{port}"] });
        var ann = await hub.TokenAsync("ann");
        using var browser = await TestBrowser.SignedInAsync(hub, ann.Secret);
        // As when the hub was killed after the token's end was on disk and before the session's was.
        await hub.Services.GetRequiredService<Database>().WriteAsync(connection =>
            connection.Execute("UPDATE tokens SET revoked = created WHERE id = @Id", new { ann.Id }));
        await hub.RestartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
        Assert.Empty(hub.Services.GetRequiredService<SessionRegistry>().List("ann"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_that_is_revoked_while_it_signs_in_leaves_no_session()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.TokenAsync("ann");
        await hub.StatusAsync(null, HttpMethod.Delete, "tokens/" + ann.Id);
        var sessions = hub.Services.GetRequiredService<SessionRegistry>();
        var (session, _) = await sessions.StartAsync(new SessionStart("ann", SessionStart.TokenSource + ann.Id));
        Assert.Null(sessions.Find(session.Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_browsers_session_holds_no_link()
    {
        await using var hub = await TestHub.StartAsync();
        using var browser = await TestBrowser.SignedInAsync(hub);
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(LinkProtocol.SubProtocol);
        socket.Options.Proxy = null;
        socket.Options.SetRequestHeader("Cookie", "adit_session=" + browser.Cookies["adit_session"]);
        socket.Options.SetRequestHeader("Sec-Fetch-Site", "same-origin");
        socket.Options.CollectHttpResponseDetails = true;
        var address = new UriBuilder(new Uri(hub.Address, LinkProtocol.ControlPath)) { Scheme = "ws" }.Uri;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(address, TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.Forbidden, socket.HttpStatusCode);
        Assert.Equal(0, hub.Links.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Disabling_or_demoting_somebody_holds_at_once()
    {
        await using var hub = await TestHub.StartAsync();
        var accounts = hub.Services.GetRequiredService<AccountDirectory>();
        var ann = await hub.TokenAsync("ann");
        using var browser = await TestBrowser.SignedInAsync(hub, ann.Secret);
        await accounts.ChangeAsync("ann", static a => a with { Role = PlatformRole.Auditor });
        Assert.Equal(PlatformRole.Auditor, (await browser.GetAsync<CurrentSession>("/api/v1/session")).Role);
        await accounts.ChangeAsync("ann", static a => a with { Role = PlatformRole.User });
        Assert.Equal(PlatformRole.User, (await browser.GetAsync<CurrentSession>("/api/v1/session")).Role);

        var ended = Ended(hub);
        await accounts.ChangeAsync("ann", static a => a with { State = AccountState.Disabled });
        Assert.Single(ended);
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
        await accounts.ChangeAsync("ann", static a => a with { State = AccountState.Active });
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Somebody_who_is_deleted_while_signed_in_is_out_at_the_next_request()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.TokenAsync("ann");
        using var browser = await TestBrowser.SignedInAsync(hub, ann.Secret);
        using var admin = await TestBrowser.SignedInAsync(hub);
        using var answer = await admin.SendAsync(HttpMethod.Delete, "/api/v1/accounts/ann");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
        Assert.Equal(HttpStatusCode.NotFound, await admin.StatusAsync("/api/v1/accounts/ann"));
        using var again = await admin.SendAsync(HttpMethod.Post, "/api/v1/accounts", new CreateAccountRequest { Name = "ann" });
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cookies_of_eight_kilobytes_and_several_of_one_name_are_looked_through()
    {
        await using var hub = await TestHub.StartAsync();
        using var browser = await TestBrowser.SignedInAsync(hub);
        var good = browser.Cookies["adit_session"];
        void Toss(HttpRequestMessage request)
        {
            request.Headers.Remove("Cookie");
            request.Headers.Add("Cookie", $"a={new string('x', 8000)}; adit_session=tossed; adit_session={good}");
        }

        using var answer = await browser.SendAsync(HttpMethod.Get, "/api/v1/session", change: Toss);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        browser.Cookies["adit_session"] = new string('x', 8000);
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_account_has_a_bounded_number_of_sessions_and_the_one_used_longest_ago_goes_first()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        var sessions = hub.Services.GetRequiredService<SessionRegistry>();
        var (first, _) = await sessions.StartAsync(new SessionStart("admin", "local"));
        for (var i = 0; i < 50; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await sessions.StartAsync(new SessionStart("admin", "local"));
        }

        Assert.Equal(50, sessions.List("admin").Count);
        Assert.Null(sessions.Find(first.Id));
    }

    private static List<string> Ended(TestHub hub)
    {
        var ended = new List<string>();
        hub.Services.GetRequiredService<ISessions>().Ended += ended.Add;
        return ended;
    }
}
