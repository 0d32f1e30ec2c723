using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Projects;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Projects;

/// <summary>Accounts for programs that work for a project: who makes, sees, disables and removes them, and what their tokens are worth then.</summary>
public sealed class ServiceAccountTests
{
    private const string Path = "projects/churn/service-accounts";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly ManualTimeProvider _time = new();

    [Fact(Timeout = 60_000)]
    public async Task Maintainers_make_service_accounts_of_their_project_and_tokens_for_them()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = await ProjectAsync(hub, ProjectRole.Member);
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(bob, HttpMethod.Post, Path, New("churn-ci")));
        using (var made = await hub.SendAsync(ann, HttpMethod.Post, Path, New("churn-ci")))
        {
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
            var account = (await made.Content.ReadFromJsonAsync(ServiceAccountsJson.Default.ServiceAccount, Ct))!;
            Assert.Equal(("churn-ci", "churn", ProjectRole.Member, "active"), (account.Name, account.Project, account.Role, account.State));
        }

        using (var taken = await hub.SendAsync(ann, HttpMethod.Post, Path, New("bob")))
            Assert.Equal("name-taken", await TestHub.CodeAsync(taken));
        Assert.Equal(HttpStatusCode.Forbidden, (await TokenAsync(hub, bob)).Status);
        var token = (await TokenAsync(hub, ann)).Token!;
        await hub.CreateAsync(new() { Name = "demo", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = (await hub.LinkAsync(token)).Link, Project = "churn" }, token);
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(ann, HttpMethod.Delete, Path + "/churn-ci"));
        Assert.Equal(HttpStatusCode.Unauthorized, await hub.StatusAsync(token, HttpMethod.Get, "tunnels"));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_members_of_a_project_see_its_service_accounts_and_strangers_do_not()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = await ProjectAsync(hub, ProjectRole.Viewer);
        var (cleo, auditor) = (await hub.PersonAsync("cleo"), await hub.PersonAsync("otto", PlatformRole.Auditor));
        (await hub.SendAsync(ann, HttpMethod.Post, Path, New("churn-ci"))).Dispose();
        (await hub.SendAsync(ann, HttpMethod.Post, Path, New("churn-bot", ProjectRole.Viewer))).Dispose();
        var (_, token) = await TokenAsync(hub, ann);
        var (_, brief) = await TokenAsync(hub, ann, expiresInSeconds: 60);
        Assert.NotNull(brief);
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(token, HttpMethod.Get, "tunnels"));

        foreach (var caller in new[] { ann, bob, auditor, hub.AdminToken })
            Assert.Equal([("churn-bot", ProjectRole.Viewer, 0), ("churn-ci", ProjectRole.Member, 2)], (await ListAsync(hub, caller)).Select(static a => (a.Name, a.Role!.Value, a.Tokens!.Value)));
        Assert.NotNull((await ListAsync(hub, bob))[1].LastUsed);
        _time.ShiftWallClock(TimeSpan.FromMinutes(2));
        Assert.Equal(1, (await ListAsync(hub, ann))[1].Tokens);

        // A token for the members alone does not tell of tokens.
        Assert.All(await ListAsync(hub, await hub.ScopedAsync("ann", "projects:read")), static a => Assert.Equal((null, null), (a.Tokens, a.LastUsed)));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(cleo, HttpMethod.Get, Path));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(cleo, HttpMethod.Delete, Path + "/churn-ci"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(cleo, HttpMethod.Patch, Path + "/churn-ci", State("disabled")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_disabled_service_account_is_out_at_once_and_comes_back_with_its_tokens()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = await ProjectAsync(hub, ProjectRole.Member);
        (await hub.SendAsync(ann, HttpMethod.Post, Path, New("churn-ci"))).Dispose();
        var token = (await TokenAsync(hub, ann)).Token!;
        var client = await hub.LinkAsync(token);
        await hub.CreateAsync(new() { Name = "demo", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link, Project = "churn" }, token);

        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(bob, HttpMethod.Patch, Path + "/churn-ci", State("disabled")));
        Assert.Equal(HttpStatusCode.BadRequest, await hub.StatusAsync(ann, HttpMethod.Patch, Path + "/churn-ci", State("asleep")));
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(ann, HttpMethod.Patch, Path + "/churn-ci", State("disabled")));
        Assert.Equal(HttpStatusCode.Unauthorized, await hub.StatusAsync(token, HttpMethod.Get, "tunnels"));
        Assert.Equal("disabled", Assert.Single(await ListAsync(hub, ann)).State);
        using (var refused = await hub.SendAsync(ann, HttpMethod.Post, "tokens", TokenFor("churn-ci")))
            Assert.Equal("account-inactive", await TestHub.CodeAsync(refused));

        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(ann, HttpMethod.Patch, Path + "/churn-ci", State("active")));
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(token, HttpMethod.Get, "tunnels"));
        Assert.Equal(["account.enable", "account.disable", "account.create"], (await hub.AuditAsync("target=account:churn-ci")).Select(static e => e.Action));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_removed_service_account_is_gone_for_good_with_its_tokens_groups_and_membership()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, _) = await ProjectAsync(hub, ProjectRole.Member);
        (await hub.SendAsync(ann, HttpMethod.Post, Path, New("churn-ci"))).Dispose();
        var token = (await TokenAsync(hub, ann)).Token!;
        var accounts = hub.Services.GetRequiredService<AccountDirectory>();
        await accounts.SetGroupsAsync("churn-ci", Account.LocalSource, ["bots"]);

        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(ann, HttpMethod.Delete, Path + "/churn-ci"));
        Assert.Equal(HttpStatusCode.Unauthorized, await hub.StatusAsync(token, HttpMethod.Get, "tunnels"));
        Assert.Empty(await ListAsync(hub, ann));
        Assert.DoesNotContain(hub.Services.GetRequiredService<ProjectDirectory>().Find("churn")!.Members, static m => m.Name == "churn-ci");
        Assert.Empty(accounts.FindGroup("bots")!.Members);
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Delete, Path + "/churn-ci"));
        using var again = await hub.SendAsync(ann, HttpMethod.Post, Path, New("churn-ci"));
        Assert.Equal("name-taken", await TestHub.CodeAsync(again));
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_disables_or_removes_by_a_project_what_is_not_a_service_account_of_it()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, _) = await ProjectAsync(hub, ProjectRole.Member);
        (await hub.CreateProjectAsync(ann, "other")).Dispose();
        (await hub.SendAsync(ann, HttpMethod.Post, "projects/other/service-accounts", New("other-ci"))).Dispose();
        foreach (var name in new[] { "bob", "admin", "ann", "other-ci", "nobody" })
        {
            Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Patch, $"{Path}/{name}", State("disabled")));
            Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Delete, $"{Path}/{name}"));
        }

        Assert.All(hub.Services.GetRequiredService<AccountDirectory>().All, static a => Assert.True(a.IsActive));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_maintainer_changes_no_service_account_that_is_a_maintainer()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = await ProjectAsync(hub, ProjectRole.Maintainer);
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(bob, HttpMethod.Post, Path, New("churn-root", ProjectRole.Maintainer)));
        Assert.Equal(HttpStatusCode.BadRequest, await hub.StatusAsync(ann, HttpMethod.Post, Path, New("churn-root", ProjectRole.Owner)));
        Assert.Equal(HttpStatusCode.Created, await hub.StatusAsync(ann, HttpMethod.Post, Path, New("churn-root", ProjectRole.Maintainer)));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(bob, HttpMethod.Patch, Path + "/churn-root", State("disabled")));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(bob, HttpMethod.Delete, Path + "/churn-root"));
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(ann, HttpMethod.Delete, Path + "/churn-root"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Accounts_are_listed_by_kind_and_say_which_project_they_work_for()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, _) = await ProjectAsync(hub, ProjectRole.Member);
        (await hub.SendAsync(ann, HttpMethod.Post, Path, New("churn-ci"))).Dispose();
        using var services = await hub.SendAsync(null, HttpMethod.Get, "accounts?kind=service");
        var listed = (await services.Content.ReadFromJsonAsync(AccountsJson.Default.AccountList, Ct))!.Items;
        Assert.Contains(listed, static a => a is { Name: "churn-ci", Project: "churn" });
        Assert.All(listed, static a => Assert.Equal("service", a.Kind));
        using var people = await hub.SendAsync(null, HttpMethod.Get, "accounts?kind=person");
        Assert.DoesNotContain((await people.Content.ReadFromJsonAsync(AccountsJson.Default.AccountList, Ct))!.Items, static a => a.Name == "churn-ci");
        Assert.Equal(HttpStatusCode.BadRequest, await hub.StatusAsync(null, HttpMethod.Get, "accounts?kind=robot"));
    }

    /// <summary>The body that makes one.</summary>
    internal static JsonContent New(string name, ProjectRole? role = null) =>
        JsonContent.Create(new CreateServiceAccountRequest { Name = name, Role = role }, ServiceAccountsJson.Default.CreateServiceAccountRequest);

    private static async Task<(string Ann, string Bob)> ProjectAsync(TestHub hub, ProjectRole ofBob)
    {
        var (ann, bob) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"));
        (await hub.CreateProjectAsync(ann, "churn")).Dispose();
        (await hub.SetMemberAsync(ann, "churn", "bob", ofBob)).Dispose();
        return (ann, bob);
    }

    private static async Task<IReadOnlyList<ServiceAccount>> ListAsync(TestHub hub, string token)
    {
        using var answer = await hub.SendAsync(token, HttpMethod.Get, Path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(ServiceAccountsJson.Default.ServiceAccountList, Ct))!.Items;
    }

    private static async Task<(HttpStatusCode Status, string? Token)> TokenAsync(TestHub hub, string maker, long? expiresInSeconds = null)
    {
        using var answer = await hub.SendAsync(maker, HttpMethod.Post, "tokens", TokenFor("churn-ci", expiresInSeconds));
        return (answer.StatusCode, answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Ct))!.Secret : null);
    }

    private static JsonContent TokenFor(string account, long? expiresInSeconds = null) => JsonContent.Create(
        new CreateTokenRequest { Name = "ci", Account = account, Scopes = ["tunnels:write!project=churn"], ExpiresInSeconds = expiresInSeconds }, TokensJson.Default.CreateTokenRequest);

    private static JsonContent State(string state) => JsonContent.Create(new ChangeServiceAccountRequest { State = state }, ServiceAccountsJson.Default.ChangeServiceAccountRequest);
}
