using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts.Invitations;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Storage;
using Adit.Hub.Tests.Access.SignIn;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access.Accounts;

public sealed class AccountTests
{
    [Fact(Timeout = 60_000)]
    public async Task Somebody_invited_sets_a_password_once_and_is_signed_in()
    {
        await using var hub = await TestHub.StartAsync();
        using var admin = await TestBrowser.SignedInAsync(hub);
        var made = await CreateAsync(admin, new CreateAccountRequest { Name = "anna", Email = "anna@test.local", DisplayName = "Anna", Role = PlatformRole.Auditor });
        Assert.Equal(("anna", "person", PlatformRole.Auditor, "active"), (made.Account.Name, made.Account.Kind, made.Account.Role, made.Account.State));
        var code = Code(made.Invitation!);
        Assert.Contains("/invitation#", made.Invitation!.Url, StringComparison.Ordinal);

        using var anna = new TestBrowser(hub);
        var invited = await anna.GetAsync<InvitedAccount>("/api/v1/invitations/" + code.Split('.')[0]);
        Assert.Equal(("anna", "Anna"), (invited.Account, invited.DisplayName));
        using var weak = await RedeemAsync(anna, code, "short");
        Assert.Equal((HttpStatusCode.BadRequest, "weak-password"), (weak.StatusCode, await TestHub.CodeAsync(weak)));
        using var answer = await RedeemAsync(anna, code, "a good password");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(("anna", PlatformRole.Auditor), (anna.Session!.Account, anna.Session.Role));

        using var again = await RedeemAsync(new TestBrowser(hub), code, "another password");
        Assert.Equal((HttpStatusCode.NotFound, "invitation-over"), (again.StatusCode, await TestHub.CodeAsync(again)));
        using var later = new TestBrowser(hub);
        using var signedIn = await later.SignInAsync("anna", "a good password");
        Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_hub_says_how_long_a_password_has_to_be_and_holds_to_it()
    {
        const string Letters = "abcdefghijklmnopqrstuvwxyz";
        await using var hub = await TestHub.StartAsync();
        using var admin = await TestBrowser.SignedInAsync(hub);
        var code = Code((await CreateAsync(admin, new CreateAccountRequest { Name = "anna" })).Invitation!);
        using var anna = new TestBrowser(hub);
        var rule = (await anna.GetAsync<SignInSources>("/api/v1/sign-in")).Password;
        Assert.True(rule.MinLength < rule.MaxLength);
        using var brief = await RedeemAsync(anna, code, Letters[..(rule.MinLength - 1)]);
        Assert.Equal("weak-password", await TestHub.CodeAsync(brief));
        using var wordy = await RedeemAsync(anna, code, string.Concat(Enumerable.Repeat(Letters, 40))[..(rule.MaxLength + 1)]);
        Assert.Equal("weak-password", await TestHub.CodeAsync(wordy));
        using var enough = await RedeemAsync(anna, code, Letters[..rule.MinLength]);
        Assert.Equal(HttpStatusCode.OK, enough.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_invitation_ends_after_a_week_and_when_there_is_a_newer_one()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        using var admin = hub.Api();
        using var made = await admin.PostAsJsonAsync("/api/v1/accounts", new CreateAccountRequest { Name = "anna" }, JsonSerializerOptions.Web);
        var first = Code((await made.Content.ReadFromJsonAsync(AccountsJson.Default.CreatedAccount))!.Invitation!);
        using var second = await admin.PostAsync(new Uri("/api/v1/accounts/anna/invitation", UriKind.Relative), null);
        var code = Code((await second.Content.ReadFromJsonAsync(AccountsJson.Default.Invitation))!);
        using var anna = new TestBrowser(hub);
        using var old = await RedeemAsync(anna, first, "a good password");
        Assert.Equal(HttpStatusCode.NotFound, old.StatusCode);
        time.Advance(InvitationBook.Life);
        using var late = await RedeemAsync(anna, code, "a good password");
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_password_that_an_admin_has_reset_ends_what_was_signed_in_with_the_old_one()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", "the old password");
        using var anna = new TestBrowser(hub);
        using (await anna.SignInAsync("anna", "the old password")) { }
        using var admin = await TestBrowser.SignedInAsync(hub);
        using var reset = await admin.SendAsync(HttpMethod.Post, "/api/v1/accounts/anna/invitation");
        var code = Code((await reset.Content.ReadFromJsonAsync(AccountsJson.Default.Invitation))!);
        using var elsewhere = new TestBrowser(hub);
        using (await RedeemAsync(elsewhere, code, "the new password")) { }
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await anna.StatusAsync(), await elsewhere.StatusAsync()));
        using var old = await new TestBrowser(hub).SignInAsync("anna", "the old password");
        Assert.Equal(HttpStatusCode.Unauthorized, old.StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("the old password", "the new password", HttpStatusCode.NoContent)]
    [InlineData("a wrong password", "the new password", HttpStatusCode.Forbidden)]
    [InlineData(null, "the new password", HttpStatusCode.Forbidden)]
    [InlineData("the old password", "short", HttpStatusCode.BadRequest)]
    [InlineData("the old password", "annabella-the-1st", HttpStatusCode.BadRequest)]
    [InlineData("the old password", "aaaaaaaaaaaaaaaa", HttpStatusCode.BadRequest)]
    public async Task A_password_is_changed_by_whoever_knows_the_one_until_now(string? current, string next, HttpStatusCode status)
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "annabella-the-1st", "the old password");
        using var anna = new TestBrowser(hub);
        using (await anna.SignInAsync("annabella-the-1st", "the old password")) { }
        using var other = new TestBrowser(hub);
        using (await other.SignInAsync("annabella-the-1st", "the old password")) { }
        using var answer = await anna.SendAsync(HttpMethod.Put, "/api/v1/accounts/annabella-the-1st/password", new SetPasswordRequest { Current = current, Password = next });
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await anna.StatusAsync());
        Assert.Equal(status == HttpStatusCode.NoContent ? HttpStatusCode.Unauthorized : HttpStatusCode.OK, await other.StatusAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Of_two_admins_who_edit_one_account_the_second_is_told_so()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", "a good password");
        using var one = await TestBrowser.SignedInAsync(hub);
        using var two = await TestBrowser.SignedInAsync(hub);
        using var seen = await one.SendAsync(HttpMethod.Get, "/api/v1/accounts/anna");
        var etag = seen.Headers.ETag!;
        using (await new TestBrowser(hub).SignInAsync("anna", "a good password")) { } // Signing in is no edit.
        using var first = await one.SendAsync(HttpMethod.Patch, "/api/v1/accounts/anna", new ChangeAccountRequest { DisplayName = "Anna" }, r => r.Headers.IfMatch.Add(etag));
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await two.SendAsync(HttpMethod.Patch, "/api/v1/accounts/anna", new ChangeAccountRequest { DisplayName = "Ann" }, r => r.Headers.IfMatch.Add(etag));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "changed"), (second.StatusCode, await TestHub.CodeAsync(second)));
        Assert.Equal("Anna", (await one.GetAsync<UserAccount>("/api/v1/accounts/anna")).DisplayName);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_last_admin_stays_one()
    {
        await using var hub = await TestHub.StartAsync();
        using var admin = await TestBrowser.SignedInAsync(hub);
        using var demoted = await admin.SendAsync(HttpMethod.Patch, "/api/v1/accounts/admin", new ChangeAccountRequest { Role = PlatformRole.User });
        using var disabled = await admin.SendAsync(HttpMethod.Patch, "/api/v1/accounts/admin", new ChangeAccountRequest { State = "disabled" });
        using var deleted = await admin.SendAsync(HttpMethod.Delete, "/api/v1/accounts/admin");
        foreach (var answer in new[] { demoted, disabled, deleted })
            Assert.Equal((HttpStatusCode.Conflict, "last-admin"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
        Assert.Equal(HttpStatusCode.OK, await admin.StatusAsync("/api/v1/accounts/admin"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Users_see_and_change_themselves_and_nobody_else()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", "a good password");
        await Local.AddAsync(hub, "bob", "a good password");
        using var anna = new TestBrowser(hub);
        using (await anna.SignInAsync("anna", "a good password")) { }
        Assert.Equal(["anna"], (await anna.GetAsync<AccountList>("/api/v1/accounts")).Items.Select(static a => a.Name));
        Assert.Equal(HttpStatusCode.NotFound, await anna.StatusAsync("/api/v1/accounts/bob"));
        Assert.Equal(HttpStatusCode.NotFound, await anna.StatusAsync("/api/v1/accounts/nobody"));
        using var self = await anna.SendAsync(HttpMethod.Patch, "/api/v1/accounts/anna", new ChangeAccountRequest { DisplayName = "Anna" });
        Assert.Equal(HttpStatusCode.OK, self.StatusCode);
        using var role = await anna.SendAsync(HttpMethod.Patch, "/api/v1/accounts/anna", new ChangeAccountRequest { Role = PlatformRole.Admin });
        using var more = await anna.SendAsync(HttpMethod.Post, "/api/v1/accounts", new CreateAccountRequest { Name = "carl" });
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (role.StatusCode, more.StatusCode));
        using var other = await anna.SendAsync(HttpMethod.Patch, "/api/v1/accounts/bob", new ChangeAccountRequest { DisplayName = "x" });
        using var invitation = await anna.SendAsync(HttpMethod.Post, "/api/v1/accounts/bob/invitation");
        using var deletion = await anna.SendAsync(HttpMethod.Delete, "/api/v1/accounts/bob");
        Assert.All([other, invitation, deletion], static answer => Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("Anna")]
    [InlineData("-anna")]
    [InlineData("an na")]
    [InlineData("anna/..")]
    [InlineData("аnna")]
    public async Task A_name_that_cannot_be_one_is_refused(string name)
    {
        await using var hub = await TestHub.StartAsync();
        using var admin = await TestBrowser.SignedInAsync(hub);
        using var answer = await admin.SendAsync(HttpMethod.Post, "/api/v1/accounts", new CreateAccountRequest { Name = name });
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_invitation_is_used_up_with_the_password_that_is_set_or_not_at_all()
    {
        await using var hub = await TestHub.StartAsync();
        using var admin = await TestBrowser.SignedInAsync(hub);
        var code = Code((await CreateAsync(admin, new CreateAccountRequest { Name = "anna" })).Invitation!);
        var database = hub.Services.GetRequiredService<Database>();
        await database.WriteAsync(static connection => connection.Execute("CREATE TRIGGER broken BEFORE UPDATE ON accounts BEGIN SELECT RAISE(ABORT, 'broken'); END"));
        using var anna = new TestBrowser(hub);
        using (var failed = await RedeemAsync(anna, code, "a good password"))
            Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        await database.WriteAsync(static connection => connection.Execute("DROP TRIGGER broken"));
        using var answer = await RedeemAsync(anna, code, "a good password");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_invitation_of_what_has_become_a_service_is_over()
    {
        await using var hub = await TestHub.StartAsync();
        using var admin = await TestBrowser.SignedInAsync(hub);
        var code = Code((await CreateAsync(admin, new CreateAccountRequest { Name = "anna" })).Invitation!);
        using (await admin.SendAsync(HttpMethod.Patch, "/api/v1/accounts/anna", new ChangeAccountRequest { Kind = "service" })) { }
        using var anna = new TestBrowser(hub);
        using var answer = await RedeemAsync(anna, code, "a good password");
        Assert.Equal((HttpStatusCode.NotFound, "invitation-over"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false, null)]
    [InlineData(true, "accounts:write")]
    public async Task A_token_that_may_do_less_than_its_account_sets_no_first_password(bool isAdmin, string? scope)
    {
        await using var hub = await TestHub.StartAsync();
        var tokens = hub.Services.GetRequiredService<TokenRegistry>();
        var less = await tokens.CreateAsync(new CreateTokenRequest { Name = "less" }, "admin", isAdmin, scopes: ScopeSet.Read(scope));
        async Task<HttpStatusCode> SetAsync(string? token, string? current, string next) => await hub.StatusAsync(
            token, HttpMethod.Put, "accounts/admin/password", JsonContent.Create(new SetPasswordRequest { Current = current, Password = next }, AccountsJson.Default.SetPasswordRequest));

        Assert.Equal(HttpStatusCode.Forbidden, await SetAsync(less.Secret, null, "a good password"));
        using var thief = new TestBrowser(hub);
        using (var answer = await thief.SignInAsync("admin", "a good password"))
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);

        // With all of its rights it does; and who shows the password until now has more than the token anyway.
        Assert.Equal(HttpStatusCode.NoContent, await SetAsync(null, null, "a good password"));
        Assert.Equal(HttpStatusCode.Forbidden, await SetAsync(less.Secret, null, "another password"));
        Assert.Equal(HttpStatusCode.NoContent, await SetAsync(less.Secret, "a good password", "another password"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_but_an_admin_says_what_an_accounts_email_address_is_and_no_two_have_one()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", "a good password");
        await Local.AddAsync(hub, "bob", "a good password");
        using var admin = await TestBrowser.SignedInAsync(hub);
        using (var given = await admin.SendAsync(HttpMethod.Patch, "/api/v1/accounts/anna", new ChangeAccountRequest { Email = "anna@test.local" }))
            Assert.Equal(HttpStatusCode.OK, given.StatusCode);
        using var bob = new TestBrowser(hub);
        using (await bob.SignInAsync("bob", "a good password")) { }
        foreach (var email in new[] { "anna@test.local", "boss@test.local" })
        {
            using var own = await bob.SendAsync(HttpMethod.Patch, "/api/v1/accounts/bob", new ChangeAccountRequest { Email = email });
            Assert.Equal(HttpStatusCode.Forbidden, own.StatusCode);
        }

        using (var same = await bob.SendAsync(HttpMethod.Patch, "/api/v1/accounts/bob", new ChangeAccountRequest { Email = "", DisplayName = "Bob" }))
            Assert.Equal(HttpStatusCode.OK, same.StatusCode); // What changes nothing is no change.
        using var taken = await admin.SendAsync(HttpMethod.Patch, "/api/v1/accounts/bob", new ChangeAccountRequest { Email = "ANNA@test.local" });
        Assert.Equal((HttpStatusCode.Conflict, "email-taken"), (taken.StatusCode, await TestHub.CodeAsync(taken)));
        using var made = await admin.SendAsync(HttpMethod.Post, "/api/v1/accounts", new CreateAccountRequest { Name = "carl", Email = "anna@test.local" });
        Assert.Equal((HttpStatusCode.Conflict, "email-taken"), (made.StatusCode, await TestHub.CodeAsync(made)));
    }

    private static async Task<CreatedAccount> CreateAsync(TestBrowser admin, CreateAccountRequest request)
    {
        using var answer = await admin.SendAsync(HttpMethod.Post, "/api/v1/accounts", request);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(AccountsJson.Default.CreatedAccount))!;
    }

    private static Task<HttpResponseMessage> RedeemAsync(TestBrowser browser, string code, string password) =>
        browser.SendAsync(HttpMethod.Post, "/api/v1/invitations/redeem", new RedeemInvitationRequest { Code = code, Password = password });

    private static string Code(Invitation invitation) => invitation.Url.Split('#')[1];
}
