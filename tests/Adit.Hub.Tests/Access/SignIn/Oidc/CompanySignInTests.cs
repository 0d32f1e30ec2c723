using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.SignIn.Oidc;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access.SignIn.Oidc;

/// <summary>Signing in with a real provider.</summary>
public sealed class CompanySignInTests : IAsyncLifetime
{
    private readonly int _port = Ports.Free();
    private readonly CookieContainer _cookies = new();
    private CompanyProvider _company = null!;

    public async ValueTask InitializeAsync() => _company = await CompanyProvider.StartAsync($"http://127.0.0.1:{_port}");

    public ValueTask DisposeAsync() => _company.DisposeAsync();

    [Fact(Timeout = 120_000)]
    public async Task The_first_sign_in_makes_the_account_with_what_the_provider_says()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        var (status, to) = await SignInAsync(browser, "/tunnels?q=1");
        Assert.Equal((HttpStatusCode.SeeOther, "/tunnels?q=1"), (status, to));
        var session = await browser.GetAsync<CurrentSession>("/api/v1/session");
        Assert.Equal(("alice", "Alice of the company", "alice@company.test", "company"), (session.Account, session.DisplayName, session.Email, session.Source));
        Assert.Equal(["data-science", "everyone"], session.Groups);
        Assert.Equal("alice", hub.Services.GetRequiredService<AccountDirectory>().FindBySubject("company", "alice")!.Name);
    }

    [Fact(Timeout = 120_000)]
    public async Task New_keys_of_the_provider_are_found_without_a_restart()
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var hub = await HubAsync(time: time);
        using var browser = new TestBrowser(hub);
        Assert.Equal(HttpStatusCode.SeeOther, (await SignInAsync(browser)).Status);
        await _company.RotateAsync();
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.SeeOther, (await SignInAsync(browser)).Status);
    }

    [Fact(Timeout = 120_000)]
    public async Task Signing_out_at_the_provider_ends_the_sessions_here()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        await SignInAsync(browser);
        Assert.Equal(HttpStatusCode.OK, await browser.StatusAsync());
        var other = new CookieContainer();
        using var elsewhere = new TestBrowser(hub);
        await SignInAsync(elsewhere, cookies: other);
        await _company.SignOutAsync(_cookies);
        await Eventually.HoldsAsync(
            async () => await browser.StatusAsync() == HttpStatusCode.Unauthorized, "the session has ended: " + _company.Output, TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.OK, await elsewhere.StatusAsync());
    }

    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Signing_out_here_leads_on_to_the_provider_and_back(bool follows)
    {
        await using var hub = await HubAsync(o => o with { LogsOutAtProvider = follows });
        using var browser = new TestBrowser(hub);
        await SignInAsync(browser);
        using var elsewhere = new TestBrowser(hub); // The same person in another tab of the same browser: the provider ends that too.
        await SignInAsync(elsewhere);
        var way = (await SignOutAsync(browser))!;
        Assert.Equal(("The company", follows), (way.ProviderTitle, way.Follow));
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
        Assert.Equal(HttpStatusCode.OK, await elsewhere.StatusAsync());

        var address = new Uri(way.ProviderUrl);
        Assert.Equal(_company.Issuer.Authority, address.Authority);
        Assert.Contains("id_token_hint=ey", address.Query, StringComparison.Ordinal);
        Assert.Equal($"http://127.0.0.1:{_port}/sign-in", (await _company.SignOutAsync(_cookies, address))!.GetLeftPart(UriPartial.Path));
        await Eventually.HoldsAsync(
            async () => await elsewhere.StatusAsync() == HttpStatusCode.Unauthorized, "the provider's session has ended: " + _company.Output, TimeSpan.FromSeconds(10));
    }

    [Fact(Timeout = 120_000)]
    public async Task After_a_restart_the_provider_is_told_which_client_it_is_and_still_leads_back()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        await SignInAsync(browser);
        await hub.RestartAsync();
        var way = (await SignOutAsync(browser))!;
        Assert.DoesNotContain("id_token_hint", way.ProviderUrl, StringComparison.Ordinal);
        Assert.Equal($"http://127.0.0.1:{_port}/sign-in", (await _company.SignOutAsync(_cookies, new Uri(way.ProviderUrl)))!.GetLeftPart(UriPartial.Path));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_code_is_good_once_and_only_in_the_browser_that_began()
    {
        await using var hub = await HubAsync();
        using var browser = new TestBrowser(hub);
        var back = await _company.PassAsync(await BeginAsync(browser, "/"), _cookies);
        using var other = new TestBrowser(hub);
        await BeginAsync(other, "/");
        using var stolen = await other.SendAsync(HttpMethod.Get, back);
        Assert.Equal(HttpStatusCode.BadRequest, stolen.StatusCode);
        using var first = await browser.SendAsync(HttpMethod.Get, back);
        Assert.Equal(HttpStatusCode.SeeOther, first.StatusCode);
        using var replayed = await browser.SendAsync(HttpMethod.Get, back);
        Assert.Equal(HttpStatusCode.BadRequest, replayed.StatusCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_name_that_another_source_has_here_is_refused_and_never_merged()
    {
        await using var hub = await HubAsync();
        await _company.BecomeAsync("admin");
        using var browser = new TestBrowser(hub);
        Assert.Equal(HttpStatusCode.Conflict, (await SignInAsync(browser)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.StatusAsync());
        Assert.Equal("local", hub.Services.GetRequiredService<AccountDirectory>().Find("admin")!.Source);
    }

    [Fact(Timeout = 120_000)]
    public async Task Who_may_not_come_in_reads_why_on_a_page()
    {
        await using var hub = await HubAsync(static o => o with { AllowedGroups = ["somebody-else"] });
        using var browser = new TestBrowser(hub);
        var back = await _company.PassAsync(await BeginAsync(browser, "/"), _cookies);
        using var answer = await browser.SendAsync(HttpMethod.Get, back);
        Assert.Equal((HttpStatusCode.Forbidden, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains("none of the groups", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private Task<TestHub> HubAsync(Func<OidcOptions, OidcOptions>? change = null, TimeProvider? time = null)
    {
        var options = _company.Options();
        return TestHub.StartAsync(time, o => o with { Listen = [$"127.0.0.1:{_port}"], SignIn = [change?.Invoke(options) ?? options] });
    }

    private static async Task<SignedOut?> SignOutAsync(TestBrowser browser)
    {
        var csrf = (await browser.GetAsync<CurrentSession>("/api/v1/session")).Csrf!;
        using var answer = await browser.SendAsync(HttpMethod.Delete, "/api/v1/session", change: r => r.Headers.Add("X-Adit-Csrf", csrf));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return answer.StatusCode == HttpStatusCode.NoContent ? null : await answer.Content.ReadFromJsonAsync(SessionsJson.Default.SignedOut);
    }

    private static async Task<Uri> BeginAsync(TestBrowser browser, string to)
    {
        using var answer = await browser.SendAsync(HttpMethod.Get, "/api/v1/sign-in/oidc/company?to=" + Uri.EscapeDataString(to));
        Assert.True(answer.StatusCode == HttpStatusCode.Found, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!;
    }

    private async Task<(HttpStatusCode Status, string? To)> SignInAsync(TestBrowser browser, string to = "/", CookieContainer? cookies = null)
    {
        var back = await _company.PassAsync(await BeginAsync(browser, to), cookies ?? _cookies);
        using var answer = await browser.SendAsync(HttpMethod.Get, back);
        return (answer.StatusCode, answer.Headers.Location?.OriginalString);
    }
}
