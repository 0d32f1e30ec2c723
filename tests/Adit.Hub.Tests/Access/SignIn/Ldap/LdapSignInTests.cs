using System.Globalization;
using System.Net;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.SignIn.Ldap;
using Adit.Hub.Tests.Tunnels;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access.SignIn.Ldap;

/// <summary>Signing in with a real OpenLDAP.</summary>
public sealed class LdapSignInTests : IAsyncLifetime
{
    private SlapdServer _slapd = null!;

    public async ValueTask InitializeAsync() => _slapd = await SlapdServer.StartAsync();

    public ValueTask DisposeAsync() => _slapd.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task The_first_sign_in_makes_the_account_with_what_the_directory_knows()
    {
        await using var hub = await HubAsync(_slapd.Options());
        using var browser = await InAsync(hub, "Alice", "alice's password");
        var session = browser.Session!;
        Assert.Equal(("alice", "Alice Anders", "alice@test.local", "corp"), (session.Account, session.DisplayName, session.Email, session.Source));
        Assert.Equal(["data-science", "ops"], session.Groups);
        var account = Accounts(hub).Find("alice")!;
        Assert.Equal((PlatformRole.User, "corp"), (account.Role, account.Source));
        Assert.NotNull(account.Subject);
        Assert.NotNull(account.LastSignIn);
        // The same one again.
        using var again = await InAsync(hub, "alice", "alice's password", source: "corp");
        Assert.Equal("alice", again.Session!.Account);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_name_that_is_too_long_for_the_filter_is_nobodys()
    {
        await using var hub = await HubAsync(_slapd.Options() with { UserFilter = "(|(uid={name})(mail={name})(cn={name}))" });
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SignInAsync(new string('\u00e9', 250), "alice's password", "corp");
        Assert.Equal((HttpStatusCode.Unauthorized, "wrong-credentials"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_entry_that_makes_a_filter_too_long_is_the_directorys_trouble_and_no_failure_of_the_hub()
    {
        var much = string.Concat(Enumerable.Repeat("(member={dn})", 120));
        await using var hub = await HubAsync(_slapd.Options() with { GroupFilter = $"(|{much})" });
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SignInAsync("alice", "alice's password", "corp");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "source-unreachable"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("alice", "wrong")]
    [InlineData("nobody", "alice's password")]
    [InlineData("*", "alice's password")]
    [InlineData("alice)(uid=*", "alice's password")]
    [InlineData("ali*", "alice's password")]
    [InlineData("alice\0", "alice's password")]
    [InlineData("bob", "alice's password")]
    public async Task A_wrong_name_or_password_is_refused_without_saying_which(string name, string password)
    {
        await using var hub = await HubAsync(_slapd.Options());
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SignInAsync(name, password, "corp");
        Assert.Equal((HttpStatusCode.Unauthorized, "wrong-credentials"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
        Assert.Null(Accounts(hub).Find("alice"));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_empty_password_is_none()
    {
        await using var hub = await HubAsync(_slapd.Options());
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SignInAsync("alice", "", "corp");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("ldaps", false)]
    [InlineData("ldap", true)]
    public async Task Over_tls_the_servers_certificate_has_to_be_right(string scheme, bool startTls)
    {
        var port = scheme == "ldaps" ? _slapd.TlsPort : _slapd.Port;
        LdapOptions Options(string host) => _slapd.Options(string.Create(CultureInfo.InvariantCulture, $"{scheme}://{host}:{port}")) with { StartTls = startTls, CaFile = _slapd.CaFile };

        await using (var hub = await HubAsync(Options("localhost")))
        {
            using var browser = await InAsync(hub, "alice", "alice's password");
        }

        foreach (var wrong in new[] { Options("127.0.0.1"), Options("localhost") with { CaFile = null } })
        {
            await using var hub = await HubAsync(wrong);
            using var browser = new TestBrowser(hub);
            using var answer = await browser.SignInAsync("alice", "alice's password");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "source-unreachable"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_group_map_takes_over_what_it_names_and_no_more()
    {
        var map = new Dictionary<string, string> { ["DATA SCIENCE"] = "ds", ["cn=ops,ou=groups,dc=test,dc=local"] = "operators" };
        await using var hub = await HubAsync(_slapd.Options() with { GroupMap = map });
        using var alice = await InAsync(hub, "alice", "alice's password");
        Assert.Equal(["ds", "operators"], alice.Session!.Groups);
        await Accounts(hub).SetGroupAsync("ds", PlatformRole.Auditor);
        Assert.Equal(PlatformRole.Auditor, (await alice.GetAsync<CurrentSession>("/api/v1/session")).Role);
    }

    [Fact(Timeout = 60_000)]
    public async Task Groups_may_stand_in_the_persons_own_entry()
    {
        await using var hub = await HubAsync(_slapd.Options() with { GroupBase = null, GroupsAttribute = "seeAlso" });
        using var alice = await InAsync(hub, "alice", "alice's password");
        Assert.Equal(["from-entry"], alice.Session!.Groups);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_next_sign_in_takes_groups_away_that_the_directory_no_longer_names_and_leaves_an_admins_word_alone()
    {
        await using var hub = await HubAsync(_slapd.Options());
        using var alice = await InAsync(hub, "alice", "alice's password");
        await Accounts(hub).SetGroupAsync("local-one", null);
        await Accounts(hub).SetMemberAsync("local-one", "alice", true);
        await Accounts(hub).SetGroupsAsync("alice", "corp", ["long-gone", "ops"]);
        using var again = await InAsync(hub, "alice", "alice's password");
        Assert.Equal(["data-science", "local-one", "ops"], again.Session!.Groups);
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_members_of_allowed_groups_come_in()
    {
        await using var hub = await HubAsync(_slapd.Options() with { AllowedGroups = ["data-science"] });
        using var alice = await InAsync(hub, "alice", "alice's password");
        using var bob = new TestBrowser(hub);
        using var answer = await bob.SignInAsync("bob", "bob's password");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Null(Accounts(hub).Find("bob"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_name_that_another_source_has_here_is_refused_and_never_merged()
    {
        await using var hub = await HubAsync(_slapd.Options());
        using var browser = new TestBrowser(hub);
        using var answer = await browser.SignInAsync("admin", "a stranger's password", "corp");
        Assert.Equal((HttpStatusCode.Conflict, "name-taken"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
        Assert.Equal("local", Accounts(hub).Find("admin")!.Source);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_directory_that_is_down_says_so_and_keeps_nobody_else_out()
    {
        await using var hub = await HubAsync(_slapd.Options());
        await Local.SetPasswordAsync(hub, "admin", "the local admin's");
        await _slapd.StopAsync();
        using var alice = new TestBrowser(hub);
        using var refused = await alice.SignInAsync("alice", "alice's password");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "source-unreachable"), (refused.StatusCode, await TestHub.CodeAsync(refused)));
        using var admin = await InAsync(hub, "admin", "the local admin's");
        await _slapd.ResumeAsync();
        using var back = await InAsync(hub, "alice", "alice's password");
    }

    [Fact(Timeout = 60_000)]
    public async Task The_second_server_is_asked_when_the_first_does_not_answer()
    {
        var urls = new[] { new Uri($"ldap://127.0.0.1:{Adit.Testing.Ports.Free()}"), new Uri($"ldap://127.0.0.1:{_slapd.Port}") };
        await using var hub = await HubAsync(_slapd.Options() with { Urls = urls });
        using var alice = await InAsync(hub, "alice", "alice's password");
    }

    [Fact(Timeout = 60_000)]
    public async Task Somebody_disabled_here_stays_out_with_the_right_password_there()
    {
        await using var hub = await HubAsync(_slapd.Options());
        using var alice = await InAsync(hub, "alice", "alice's password");
        await Accounts(hub).ChangeAsync("alice", static a => a with { State = AccountState.Disabled });
        using var answer = await alice.SignInAsync("alice", "alice's password");
        Assert.Equal((HttpStatusCode.Forbidden, "disabled"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_leaves_the_directory_is_out_here_without_signing_in_again()
    {
        await using var hub = await HubAsync(_slapd.Options() with { SyncEvery = TimeSpan.Zero });
        using var alice = await InAsync(hub, "alice", "alice's password");
        using var bob = await InAsync(hub, "bob", "bob's password");
        await Accounts(hub).SetGroupsAsync("alice", "corp", ["long-gone"]);
        // One whom the directory never knew stands for one whom it no longer knows.
        await Accounts(hub).ChangeAsync("bob", static a => a with { Subject = "00000000-0000-0000-0000-000000000000" });
        var sync = hub.Services.GetRequiredService<LdapSync>();
        Assert.Equal(["bob"], await sync.RunOnceAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await bob.StatusAsync());
        Assert.Equal(["data-science", "ops"], (await alice.GetAsync<CurrentSession>("/api/v1/session")).Groups);

        // A directory that has lost many at once is taken to be wrong.
        for (var i = 0; i < 5; i++)
            await Accounts(hub).AddAsync(new Account { Name = $"lost{i}", Kind = AccountKind.Person, Role = PlatformRole.User, Source = "corp", Subject = $"lost{i}", Created = hub.Time.GetUtcNow() });
        Assert.Empty(await sync.RunOnceAsync(TestContext.Current.CancellationToken));
        Assert.True(Accounts(hub).Find("lost0")!.IsActive);
    }

    private static Task<TestHub> HubAsync(LdapOptions options) => TestHub.StartAsync(change: o => o with { SignIn = [options] });

    private static AccountDirectory Accounts(TestHub hub) => hub.Services.GetRequiredService<AccountDirectory>();

    private static async Task<TestBrowser> InAsync(TestHub hub, string name, string password, string? source = null)
    {
        var browser = new TestBrowser(hub);
        using var answer = await browser.SignInAsync(name, password, source);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return browser;
    }
}
