using System.Net;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.SignIn;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Adit.Hub.Tests.Access.SignIn;

/// <summary>The hub's own accounts: signing in, guessing, and being held up.</summary>
public sealed class PasswordSignInTests
{
    private const string Good = "a good password";

    [Fact(Timeout = 60_000)]
    public async Task A_name_and_its_password_sign_in_in_any_case_of_the_name()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", Good);
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SignInAsync(" Anna ", Good);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(("anna", "local"), (browser.Session!.Account, browser.Session.Source));
        Assert.Null(browser.Session.MustSetPassword);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("anna", "wrong password")]
    [InlineData("nobody", Good)]
    [InlineData("service", Good)]
    [InlineData("invited", Good)]
    public async Task Whatever_is_wrong_the_answer_is_the_same(string name, string password)
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", Good);
        var accounts = hub.Services.GetRequiredService<AccountDirectory>();
        await accounts.AddAsync(new Account { Name = "service", Kind = AccountKind.Service, Role = PlatformRole.User, Created = hub.Time.GetUtcNow() });
        await accounts.AddAsync(new Account { Name = "invited", Kind = AccountKind.Person, Role = PlatformRole.User, Created = hub.Time.GetUtcNow() });
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SignInAsync(name, password);
        Assert.Equal((HttpStatusCode.Unauthorized, "wrong-credentials"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_sites_page_signs_nobody_in()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", Good);
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/v1/sign-in", new SignInRequest { Name = "anna", Password = Good }, static request =>
        {
            request.Headers.Remove("Sec-Fetch-Site");
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
        });
        Assert.Equal((HttpStatusCode.Forbidden, "csrf"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_weak_hash_is_made_anew_when_its_password_is_shown()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", Good);
        var weak = new PasswordHasher<Account>(Options.Create(new PasswordHasherOptions { IterationCount = 1000 })).HashPassword(null!, Good);
        var accounts = hub.Services.GetRequiredService<AccountDirectory>();
        await accounts.ChangeAsync("anna", a => a with { PasswordHash = weak });
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SignInAsync("anna", Good);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.NotEqual(weak, accounts.Find("anna")!.PasswordHash);
        using var again = await browser.SignInAsync("anna", Good);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stranger_who_guesses_is_slowed_down_and_locks_nobody_out_at_home()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time, static o => o with { TrustedProxies = ["127.0.0.1"] });
        await Local.AddAsync(hub, "anna", Good);
        using var home = new TestBrowser(hub);
        using (await SignInFromAsync(home, "198.51.100.1", Good)) { }
        using var stranger = new TestBrowser(hub);
        var wrong = 0;
        HttpStatusCode status;
        do
        {
            // A new address each time: only the account knows that it is one stranger.
            using var guess = await SignInFromAsync(stranger, $"203.0.113.{++wrong}", "wrong password");
            status = guess.StatusCode;
        }
        while (status == HttpStatusCode.Unauthorized && wrong < 50);
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.InRange(wrong, 5, 20);

        // The right password from elsewhere waits too; from a browser, or an address, that is at home it does not.
        using var elsewhere = new TestBrowser(hub);
        using var held = await SignInFromAsync(elsewhere, "203.0.113.99", Good);
        Assert.Equal((HttpStatusCode.TooManyRequests, true), (held.StatusCode, held.Headers.Contains("Retry-After")));
        using var known = await SignInFromAsync(home, "203.0.113.200", Good);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        using var sameAddress = new TestBrowser(hub);
        using var near = await SignInFromAsync(sameAddress, "198.51.100.1", Good);
        Assert.Equal(HttpStatusCode.OK, near.StatusCode);

        // Not for ever.
        time.Advance(TimeSpan.FromMinutes(2));
        using var later = await SignInFromAsync(elsewhere, "203.0.113.99", Good);
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_address_that_tries_many_names_is_slowed_down()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        using var browser = new TestBrowser(hub);
        var tries = 0;
        HttpStatusCode status;
        do
        {
            using var guess = await browser.SignInAsync($"name{++tries}", "wrong password");
            status = guess.StatusCode;
        }
        while (status == HttpStatusCode.Unauthorized && tries < 50);
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.InRange(tries, 5, 20);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_known_device_that_guesses_is_slowed_down_too()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        await Local.AddAsync(hub, "anna", Good);
        using var browser = new TestBrowser(hub);
        using (await browser.SignInAsync("anna", Good)) { }
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 10; i++)
        {
            using var guess = await browser.SignInAsync("anna", "wrong password");
            statuses.Add(guess.StatusCode);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_source_that_there_is_not_is_told_so_and_leaves_nothing_behind()
    {
        await using var hub = await TestHub.StartAsync();
        using var browser = new TestBrowser(hub);
        for (var i = 0; i < 5; i++)
        {
            using var unknown = await browser.SignInAsync("anna", Good, $"made-up-{i}");
            Assert.Equal((HttpStatusCode.NotFound, "not-found"), (unknown.StatusCode, await TestHub.CodeAsync(unknown)));
        }

        using var tooLong = await browser.SignInAsync("anna", Good, new string('x', 100_000));
        Assert.Equal(HttpStatusCode.BadRequest, tooLong.StatusCode);
        using (await browser.SignInAsync("anna", Good)) { } // One that is noted, to wait for.
        await Eventually.HoldsAsync(async () => (await hub.AuditAsync("action=sign-in")).Count > 0, "the wrong password is in the log");
        Assert.DoesNotContain(await hub.AuditAsync("action=sign-in"), static e => e.Detail!["source"] != "local");
        using var metrics = await hub.SendAsync(null, HttpMethod.Get, "../../metrics");
        Assert.DoesNotContain("made-up", await metrics.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_fails_again_and_again_is_one_entry_of_the_log_in_a_minute()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        await Local.AddAsync(hub, "anna", Good);
        using var browser = new TestBrowser(hub);
        for (var i = 0; i < 6; i++)
            using (await browser.SignInAsync("anna", "wrong password")) { }
        await Eventually.HoldsAsync(async () => (await hub.AuditAsync("action=sign-in")).Count == 1, "the first is in the log");
        time.Advance(TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(async () => (await hub.AuditAsync("action=sign-in")).Count == 2, "the rest are one more");
        Assert.Equal(("account:anna", "5"), ((await hub.AuditAsync("action=sign-in"))[0].Target, (await hub.AuditAsync("action=sign-in"))[0].Detail!["times"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_directory_that_is_down_hides_no_guess_at_another()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        var known = new TestSource("known", SignInRefusalCode.Wrong);
        var down = new TestSource("down", SignInRefusalCode.Unreachable);
        var local = hub.Services.GetServices<IPasswordSource>().Single();
        var both = ActivatorUtilities.CreateInstance<PasswordSignIn>(hub.Services, (IEnumerable<IPasswordSource>)[local, known, down]);
        var one = ActivatorUtilities.CreateInstance<PasswordSignIn>(hub.Services, (IEnumerable<IPasswordSource>)[local, down]);

        // Nobody called the password wrong: no guess, however often.
        for (var i = 0; i < 30; i++)
            Assert.Equal(SignInRefusalCode.Unreachable, await CodeAsync(one, "dora", i));
        var codes = new List<SignInRefusalCode>();
        for (var i = 0; i < 30; i++)
            codes.Add(await CodeAsync(both, "emil", i));
        Assert.Equal(SignInRefusalCode.Unreachable, codes[0]);
        Assert.Equal(SignInRefusalCode.Throttled, codes[^1]);

        // Each from another address: only the account tells that it is one who guesses.
        static async Task<SignInRefusalCode> CodeAsync(PasswordSignIn signIn, string name, int from)
        {
            var context = new DefaultHttpContext();
            context.Connection.RemoteIpAddress = IPAddress.Parse($"203.0.113.{from}");
            return (await Assert.ThrowsAsync<SignInRefusal>(() => signIn.CheckAsync(new SignInRequest { Name = name, Password = "a guess" }, context))).Code;
        }
    }

    private sealed class TestSource(string name, SignInRefusalCode refusal) : IPasswordSource
    {
        public string Name => name;

        public string Kind => "ldap";

        public string Title => name;

        public Task<Account> CheckAsync(string name, string password, CancellationToken cancellationToken) => throw new SignInRefusal(refusal, "No.");
    }

    private static Task<HttpResponseMessage> SignInFromAsync(TestBrowser browser, string address, string password) => browser.SendAsync(
        HttpMethod.Post, "/api/v1/sign-in", new SignInRequest { Name = "anna", Password = password }, request => request.Headers.Add("X-Forwarded-For", address));
}
