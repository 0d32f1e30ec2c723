using System.Net;
using System.Security.Cryptography;
using System.Text;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Access.SignIn.Oidc;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;

namespace Adit.Hub.Tests.Access.SignIn.Oidc;

/// <summary>Providers that lie, are slow or are away: a clear answer, nobody is let in, and a local admin is.</summary>
public sealed class LyingProviderTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(DateTimeOffset.Parse("2031-05-05T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture));
    private LyingProvider _provider = null!;

    public static TheoryData<string, Action<LyingProvider>> Lies => new()
    {
        { "another issuer", static p => p.Claims["iss"] = "https://elsewhere.test" },
        { "another audience", static p => p.Claims["aud"] = "somebody-else" },
        { "no audience", static p => p.Claims["aud"] = null },
        { "several audiences without azp", static p => p.Claims["aud"] = new[] { "adit", "other" } },
        { "another azp", static p => (p.Claims["aud"], p.Claims["azp"]) = (new[] { "adit", "other" }, "other") },
        { "nobody", static p => p.Claims["sub"] = null },
        { "no end", static p => p.Claims["exp"] = null },
        { "an end six minutes ago", static p => p.Claims["exp"] = (long)p.Claims["iat"]! - 360 },
        { "a begin in six minutes", static p => p.Claims["nbf"] = (long)p.Claims["iat"]! + 360 },
        { "no signature", static p => p.Token = static q => Unsigned(q.Sign()) },
        { "another's signature", static p => p.Token = static q => q.Sign(credentials: Stranger("one")) },
        { "a key that nobody knows", static p => p.Token = static q => q.Sign(credentials: Stranger("two")) },
        { "the public key as a shared secret", static p => p.Token = static q => q.Sign(credentials: new(new SymmetricSecurityKey(q.PublicKey) { KeyId = "one" }, SecurityAlgorithms.HmacSha256)) },
        { "a changed payload", static p => p.Token = static q => Changed(q.Sign()) },
        { "no token", static p => p.Token = static _ => "" },
        { "rubbish", static p => p.Token = static _ => "a.b.c" },
        { "a megabyte", static p => p.Token = static _ => new string('a', 200_000) },
        { "a refusal", static p => p.Instead["/token"] = static c => AnswerAsync(c, 400, """{"error":"invalid_grant"}""") },
        { "no JSON", static p => p.Instead["/token"] = static c => AnswerAsync(c, 200, "<html>") },
        { "a list", static p => p.Instead["/token"] = static c => AnswerAsync(c, 200, "[]") },
        { "a redirect", static p => p.Instead["/token"] = static c => { c.Response.Redirect("http://127.0.0.1:9/"); return Task.CompletedTask; } },
        { "no keys", static p => p.Instead["/keys"] = static c => AnswerAsync(c, 200, "{}") },
        { "two megabytes of answer", static p => p.Instead["/token"] = static c => AnswerAsync(c, 200, new string('a', 2_000_000)) },
        { "another's discovery", static p => p.Instead["/.well-known/openid-configuration"] = static c => AnswerAsync(c, 200, """{"issuer":"https://elsewhere.test"}""") },
        { "silence", static p => (p.Patience, p.Instead["/token"]) = (TimeSpan.FromSeconds(2), static c => Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System, c.RequestAborted)) },
    };

    public async ValueTask InitializeAsync() => _provider = await LyingProvider.StartAsync(_time);

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Lies), DisableDiscoveryEnumeration = true)]
    public async Task Nobody_comes_in_by_a_lie(string what, Action<LyingProvider> lie)
    {
        lie(_provider);
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        using var start = await browser.SendAsync(HttpMethod.Get, "/api/v1/sign-in/oidc/company");
        if (start.StatusCode == HttpStatusCode.Found)
        {
            using var answer = await browser.SendAsync(HttpMethod.Get, _provider.CallbackFor(start.Headers.Location!));
            Assert.True(answer.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable, $"{what}: {answer.StatusCode}");
        }
        else
        {
            Assert.True(start.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable, $"{what}: {start.StatusCode}");
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
        using var admin = await browser.SendAsync(HttpMethod.Post, "/api/v1/sign-in/token", new TokenSignInRequest { Token = hub.AdminToken });
        Assert.Equal(HttpStatusCode.OK, admin.StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(-290)]
    [InlineData(290)]
    public async Task A_clock_that_is_five_minutes_off_is_forgiven(int seconds)
    {
        await using var hub = await HubAsync();
        var now = _time.GetUtcNow().AddSeconds(seconds);
        _provider.Claims["iat"] = _provider.Claims["nbf"] = now.ToUnixTimeSeconds();
        _provider.Claims["exp"] = now.AddSeconds(seconds < 0 ? 1 : 60).ToUnixTimeSeconds();
        using var browser = new TestBrowser(hub);
        Assert.Equal(HttpStatusCode.SeeOther, await SignInAsync(browser));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_for_another_sign_in_is_refused()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        using var start = await browser.SendAsync(HttpMethod.Get, "/api/v1/sign-in/oidc/company");
        _provider.Claims["nonce"] = "of another";
        using var answer = await browser.SendAsync(HttpMethod.Get, _provider.CallbackFor(start.Headers.Location!, keepNonce: true));
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("?error=access_denied&state=", HttpStatusCode.Forbidden)]
    [InlineData("?error=server_error%3Cscript%3E&state=", HttpStatusCode.BadGateway)]
    [InlineData("?state=", HttpStatusCode.BadRequest)]
    public async Task What_comes_back_without_a_code_is_a_page_that_says_so(string query, HttpStatusCode status)
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        using var start = await browser.SendAsync(HttpMethod.Get, "/api/v1/sign-in/oidc/company");
        var state = System.Web.HttpUtility.ParseQueryString(start.Headers.Location!.Query)["state"];
        using var answer = await browser.SendAsync(HttpMethod.Get, "/api/v1/sign-in/oidc/company/callback" + query + state);
        Assert.Equal(status, answer.StatusCode);
        Assert.DoesNotContain("<script", await answer.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_state_that_is_missing_changed_or_old_is_refused()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        using var start = await browser.SendAsync(HttpMethod.Get, "/api/v1/sign-in/oidc/company");
        var back = _provider.CallbackFor(start.Headers.Location!);
        var cookie = browser.Cookies["adit_oidc"];
        foreach (var wrong in new[] { null, "", "x", cookie[..^2] + "xx", new string('A', 8000) })
        {
            browser.Cookies.Remove("adit_oidc");
            if (wrong is not null)
                browser.Cookies["adit_oidc"] = wrong;
            using var answer = await browser.SendAsync(HttpMethod.Get, back);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        _time.Advance(OidcStateCookie.Life);
        browser.Cookies["adit_oidc"] = cookie;
        using var late = await browser.SendAsync(HttpMethod.Get, back);
        Assert.Equal(HttpStatusCode.BadRequest, late.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_log_out_token_ends_what_it_names_once_and_a_wrong_one_nothing()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        await SignInAsync(browser);
        var good = LogoutClaims();
        (string Change, object? Value)[] lies = [("iss", "https://elsewhere.test"), ("aud", "other"), ("events", null), ("nonce", "n"), ("jti", null), ("iat", null), ("iat", _time.GetUtcNow().AddHours(-1).ToUnixTimeSeconds())];
        foreach (var (change, value) in lies)
        {
            using var refused = await LogOutAsync(hub, _provider.Sign(new Dictionary<string, object?>(good) { [change] = value }));
            Assert.True(refused.StatusCode == HttpStatusCode.BadRequest, change);
        }

        using var neither = await LogOutAsync(hub, _provider.Sign(new Dictionary<string, object?>(good) { ["sid"] = null, ["sub"] = null }));
        Assert.Equal(HttpStatusCode.BadRequest, neither.StatusCode);
        using var stranger = await LogOutAsync(hub, _provider.Sign(good, Stranger("one")));
        Assert.Equal(HttpStatusCode.BadRequest, stranger.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync());

        var token = _provider.Sign(good);
        using var first = await LogOutAsync(hub, token);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
        using var second = await LogOutAsync(hub, token);
        Assert.Equal(HttpStatusCode.BadRequest, second.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_log_out_of_a_person_ends_all_of_its_sessions()
    {
        await using var hub = await HubAsync();
        using var one = new TestBrowser(hub);
        using var two = new TestBrowser(hub);
        await SignInAsync(one);
        _provider.Claims["sid"] = "another";
        await SignInAsync(two);
        using var answer = await LogOutAsync(hub, _provider.Sign(new Dictionary<string, object?>(LogoutClaims()) { ["sid"] = null }));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (await one.StatusAsync(), await two.StatusAsync()));
        Assert.Contains(await hub.AuditAsync("action=sign-out"), static e => e is { Target: "account:carol", Via: "source:company", Detail: { } d } && d["sessions"] == "2");
    }

    [Fact(Timeout = 60_000)]
    public async Task Tokens_with_keys_that_nobody_knows_do_not_make_the_hub_ask_for_keys_each_time()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        await SignInAsync(browser);
        _time.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 5; i++)
            using (await LogOutAsync(hub, _provider.Sign(LogoutClaims(), Stranger("two")))) { }
        Assert.Equal(2, _provider.Asked["/keys"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_provider_that_was_there_a_while_ago_still_begins_when_its_discovery_does_not_answer()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        await SignInAsync(browser);
        _provider.Instead["/.well-known/openid-configuration"] = static c => AnswerAsync(c, 500, "");
        _time.Advance(TimeSpan.FromHours(2));
        using var start = await browser.SendAsync(HttpMethod.Get, "/api/v1/sign-in/oidc/company");
        Assert.Equal(HttpStatusCode.Found, start.StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(null)]
    [InlineData("javascript:alert(1)")]
    [InlineData("http://elsewhere.test/end")]
    [InlineData("/session/end")]
    [InlineData("not an address")]
    public async Task Nobody_is_led_to_a_log_out_that_is_no_address_of_the_web(string? address)
    {
        var root = _provider.Issuer.AbsoluteUri.TrimEnd('/');
        var said = address is null ? "" : $",\"end_session_endpoint\":\"{address}\"";
        _provider.Instead["/.well-known/openid-configuration"] = c => AnswerAsync(
            c, 200, $$"""{"issuer":"{{root}}","authorization_endpoint":"{{root}}/authorize","token_endpoint":"{{root}}/token","jwks_uri":"{{root}}/keys"{{said}}}""");
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        await SignInAsync(browser); // It has no log-out that could be gone to, and signs in all the same.
        Assert.Equal(HttpStatusCode.NoContent, await SignOutAsync(browser));
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_signs_out_while_the_provider_is_away_is_out()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        await SignInAsync(browser);
        await hub.RestartAsync(); // What the provider says of itself is not known any more.
        _provider.Instead["/.well-known/openid-configuration"] = static c => AnswerAsync(c, 500, "");
        using var again = new TestBrowser(hub); // The same, where the hub is now.
        foreach (var (name, value) in browser.Cookies)
            again.Cookies[name] = value;
        Assert.Equal(HttpStatusCode.NoContent, await SignOutAsync(again));
        Assert.Equal(HttpStatusCode.Unauthorized, await again.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_remembered_of_a_providers_token_is_forgotten_with_the_session_and_bounded()
    {
        await using var hub = await HubAsync();
        var sessions = hub.Services.GetRequiredService<SessionRegistry>();
        await hub.PersonAsync("dora");
        using var hints = new OidcHints(sessions);
        var (first, _) = await sessions.StartAsync(new SessionStart("dora", "company"));
        var (second, _) = await sessions.StartAsync(new SessionStart("dora", "company"));
        hints.Remember(first.Id, "token");
        hints.Remember(second.Id, new string('a', OidcHints.Longest + 1));
        Assert.Null(hints.Take(second.Id));
        hints.Remember(second.Id, "other");
        await sessions.EndAsync(second.Id);
        Assert.Equal(1, hints.Count);
        hints.Remember(second.Id, "late");
        Assert.Null(hints.Take(second.Id));
        Assert.Equal(("token", (string?)null), (hints.Take(first.Id), hints.Take(first.Id)));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData("false")]
    public async Task An_email_address_that_the_provider_has_not_verified_is_nobodys(object isVerified)
    {
        _provider.Claims["email"] = "boss@company.test";
        _provider.Claims["email_verified"] = isVerified;
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        await SignInAsync(browser);
        var carol = await browser.GetAsync<CurrentSession>("/api/v1/session");
        Assert.Equal(("carol", null), (carol.Account, carol.Email));

        // Nor is a name made of it.
        (_provider.Claims["sub"], _provider.Claims["preferred_username"]) = ("subject-2", null);
        using var other = new TestBrowser(hub);
        using var start = await other.SendAsync(HttpMethod.Get, "/api/v1/sign-in/oidc/company");
        using var refused = await other.SendAsync(HttpMethod.Get, _provider.CallbackFor(start.Headers.Location!));
        Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);
        Assert.Null(hub.Services.GetRequiredService<AccountDirectory>().Find("boss"));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_email_address_that_another_account_has_is_left_out_and_keeps_nobody_out()
    {
        await using var hub = await HubAsync();
        await hub.Services.GetRequiredService<AccountDirectory>().ChangeAsync("admin", static a => a with { Email = "Carol@company.test" });
        using var browser = new TestBrowser(hub);
        await SignInAsync(browser);
        Assert.Null((await browser.GetAsync<CurrentSession>("/api/v1/session")).Email);
        await SignInAsync(browser);
        await hub.Services.GetRequiredService<AccountDirectory>().ChangeAsync("admin", static a => a with { Email = null });
        await SignInAsync(browser);
        Assert.Equal("carol@company.test", (await browser.GetAsync<CurrentSession>("/api/v1/session")).Email);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_comes_back_without_having_begun_is_one_entry_of_the_log_in_a_minute()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        for (var i = 0; i < 20; i++)
            Assert.Equal(HttpStatusCode.BadRequest, await browser.StatusAsync($"/api/v1/sign-in/oidc/company/callback?code=x&state={i}"));
        await Eventually.HoldsAsync(async () => (await hub.AuditAsync("action=sign-in&outcome=failed")).Count == 1, "the first is in the log");
        _time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(async () => (await hub.AuditAsync("action=sign-in&outcome=failed")).Count == 2, "the rest are one more");
        Assert.Equal("19", (await hub.AuditAsync("action=sign-in&outcome=failed"))[0].Detail!["times"]);
    }

    private Dictionary<string, object?> LogoutClaims() => new()
    {
        ["iss"] = _provider.Claims["iss"],
        ["aud"] = "adit",
        ["sub"] = "subject-1",
        ["sid"] = "provider-session",
        ["jti"] = Convert.ToHexString(RandomNumberGenerator.GetBytes(8)),
        ["iat"] = _time.GetUtcNow().ToUnixTimeSeconds(),
        ["events"] = new Dictionary<string, object> { ["http://schemas.openid.net/event/backchannel-logout"] = new Dictionary<string, string>() },
    };

    private Task<TestHub> HubAsync() => TestHub.StartAsync(_time, o => o with { SignIn = [_provider.Options()] });

    private async Task<HttpStatusCode> SignInAsync(TestBrowser browser)
    {
        using var start = await browser.SendAsync(HttpMethod.Get, "/api/v1/sign-in/oidc/company");
        using var answer = await browser.SendAsync(HttpMethod.Get, _provider.CallbackFor(start.Headers.Location!));
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
        return answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> LogOutAsync(TestHub hub, string token)
    {
        using var http = LoopbackHttp.Create();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["logout_token"] = token });
        return await http.PostAsync(new Uri(hub.Address, "/api/v1/sign-in/oidc/company/logout"), form);
    }

    private static SigningCredentials Stranger(string id) => new(new RsaSecurityKey(RSA.Create(2048)) { KeyId = id }, SecurityAlgorithms.RsaSha256);

    private static string Unsigned(string token) =>
        Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""") + "." + token.Split('.')[1] + ".";

    private static string Changed(string token)
    {
        var parts = token.Split('.');
        var payload = Encoding.UTF8.GetString(Base64UrlEncoder.DecodeBytes(parts[1])).Replace("carol", "admin", StringComparison.Ordinal);
        return $"{parts[0]}.{Base64UrlEncoder.Encode(payload)}.{parts[2]}";
    }

    private static Task AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body);
    }

    private static async Task<HttpStatusCode> SignOutAsync(TestBrowser browser)
    {
        var csrf = (await browser.GetAsync<CurrentSession>("/api/v1/session")).Csrf!;
        using var answer = await browser.SendAsync(HttpMethod.Delete, "/api/v1/session", change: r => r.Headers.Add("X-Adit-Csrf", csrf));
        return answer.StatusCode;
    }
}
