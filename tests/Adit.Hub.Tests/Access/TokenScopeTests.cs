using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access;

/// <summary>Tokens: what they may do, for how long, and who makes them for whom.</summary>
public sealed class TokenScopeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_token_makes_none_that_may_do_more_than_itself()
    {
        await using var hub = await TestHub.StartAsync();
        var maker = await hub.ScopedAsync("ann", "tokens:write", "tunnels:read");
        Assert.Equal(HttpStatusCode.Forbidden, (await CreateAsync(hub, maker, new() { Name = "x", Scopes = ["tunnels:write"] })).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await CreateAsync(hub, maker, new() { Name = "x", Scopes = ["audit:read"] })).Status);
        Assert.Equal(HttpStatusCode.Created, (await CreateAsync(hub, maker, new() { Name = "x", Scopes = ["tunnels:read"] })).Status);

        // Without scopes of its own it has those of its maker, and not all of the account's.
        var (_, child) = await CreateAsync(hub, maker, new() { Name = "x" });
        Assert.Equal(["tokens:write", "tunnels:read"], child!.Scopes);
        Assert.Equal(HttpStatusCode.Forbidden, (await CreateAsync(hub, maker, new() { Name = "x", IsAdmin = true })).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_does_not_outlive_its_maker()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        var (_, maker) = await CreateAsync(hub, null, new() { Name = "short", Account = "ann", ExpiresInSeconds = 3600 });
        var (_, child) = await CreateAsync(hub, maker!.Secret, new() { Name = "long", ExpiresInSeconds = 90 * 86_400 });
        Assert.Equal(maker.Expires, child!.Expires);
    }

    [Theory]
    [InlineData("tunnels:write", "tunnels:read", true)]
    [InlineData("tunnels:write", "tunnels:write!project=churn", true)]
    [InlineData("tunnels:write!project=churn", "tunnels:read!project=churn", true)]
    [InlineData("tunnels:read", "tunnels:write", false)]
    [InlineData("tunnels:write!project=churn", "tunnels:write", false)]
    [InlineData("tunnels:write!project=churn", "tunnels:write!project=other", false)]
    [InlineData("tunnels:write", "tokens:read", false)]
    [InlineData("tunnels:read!project=a tunnels:read!project=b", "tunnels:read!project=b", true)]
    public void A_set_of_scopes_includes_another_when_it_covers_all_of_it(string one, string other, bool includes) =>
        Assert.Equal(includes, ScopeSet.Read(one).Includes(ScopeSet.Read(other)));

    [Theory(Timeout = 60_000)]
    [InlineData("everything")]
    [InlineData("tunnels:write!project=")]
    [InlineData("tunnels:write!project=a b")]
    [InlineData("tunnels:write!user=ann")]
    [InlineData("accounts:read!project=churn")]
    [InlineData("TUNNELS:WRITE")]
    public async Task A_scope_that_is_none_is_refused_with_the_list_of_those_there_are(string scope)
    {
        await using var hub = await TestHub.StartAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await CreateAsync(hub, null, new() { Name = "x", Scopes = [scope] })).Status);
        using var answer = await hub.SendAsync(null, HttpMethod.Get, "permissions");
        var list = (await answer.Content.ReadFromJsonAsync(TokensJson.Default.PermissionList, Ct))!;
        Assert.Contains(list.Items, static p => p is { Scope: "tunnels:write", TakesProject: true });
        Assert.All(list.Items, static p => Assert.NotEmpty(p.Description));
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_makes_sees_or_revokes_tokens_of_others_but_admins()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.PersonAsync("ann");
        var bob = await hub.TokenAsync("bob");
        Assert.Equal(HttpStatusCode.Forbidden, (await CreateAsync(hub, ann, new() { Name = "x", Account = "bob" })).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await CreateAsync(hub, ann, new() { Name = "x", Account = "new-one" })).Status);
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Delete, "tokens/" + bob.Id));
        using (var list = await hub.SendAsync(ann, HttpMethod.Get, "tokens"))
            Assert.All((await list.Content.ReadFromJsonAsync(TokensJson.Default.TokenList, Ct))!.Items, static t => Assert.Equal("ann", t.Account));
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(null, HttpMethod.Delete, "tokens/" + bob.Id));
        Assert.Equal(HttpStatusCode.Unauthorized, await hub.StatusAsync(bob.Secret, HttpMethod.Get, "tunnels"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Whether_an_account_is_disabled_is_not_told_to_who_may_not_make_its_tokens()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.PersonAsync("ann");
        await hub.PersonAsync("bob");
        await hub.Services.GetRequiredService<AccountDirectory>().ChangeAsync("bob", static a => a with { State = AccountState.Disabled });
        Assert.Equal(HttpStatusCode.Forbidden, (await CreateAsync(hub, ann, new() { Name = "x", Account = "bob" })).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await CreateAsync(hub, null, new() { Name = "x", Account = "bob" })).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_may_end_itself_whatever_else_it_may()
    {
        await using var hub = await TestHub.StartAsync();
        var token = await hub.ScopedAsync("ann", "tunnels:read");
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(token, HttpMethod.Delete, $"tokens/{token[5..17]}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await hub.StatusAsync(token, HttpMethod.Get, "tunnels"));
    }

    [Fact]
    public void A_scope_that_an_older_hub_stored_is_still_read()
    {
        var scopes = ScopeSet.Read("accounts:read!project=churn tunnels:read");
        Assert.True(scopes.Touches(Permission.TunnelsRead));
        Assert.False(scopes.Covers(Permission.AccountsRead, null));
    }

    [Fact(Timeout = 60_000)]
    public async Task Tokens_that_have_expired_do_not_keep_from_making_others()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        await hub.PersonAsync("ann");
        var registry = hub.Services.GetRequiredService<TokenRegistry>();
        for (var i = 1; i < TokenRegistry.MostPerAccount; i++)
            await registry.CreateAsync(new CreateTokenRequest { Name = "job", ExpiresInSeconds = 60 }, "ann", isAdmin: false);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await CreateAsync(hub, null, new() { Name = "more", Account = "ann" })).Status);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(HttpStatusCode.Created, (await CreateAsync(hub, null, new() { Name = "more", Account = "ann" })).Status);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("-x")]
    public async Task No_way_makes_an_account_whose_name_cannot_be_one(string name)
    {
        await using var hub = await TestHub.StartAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await CreateAsync(hub, null, new() { Name = "x", Account = name })).Status);
        using (await hub.CreateProjectAsync(hub.AdminToken, "churn")) { }
        Assert.Equal(HttpStatusCode.BadRequest, await hub.StatusAsync(
            null, HttpMethod.Post, "projects/churn/service-accounts",
            JsonContent.Create(new CreateServiceAccountRequest { Name = name }, ServiceAccountsJson.Default.CreateServiceAccountRequest)));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_list_of_tokens_comes_in_pages()
    {
        await using var hub = await TestHub.StartAsync();
        for (var i = 0; i < 5; i++)
            await hub.TokenAsync("ann");
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            using var answer = await hub.SendAsync(null, HttpMethod.Get, $"tokens?limit=2{(cursor is null ? "" : "&cursor=" + cursor)}");
            var page = (await answer.Content.ReadFromJsonAsync(TokensJson.Default.TokenList, Ct))!;
            Assert.InRange(page.Items.Count, 1, 2);
            seen.AddRange(page.Items.Select(static t => t.Id));
            cursor = page.Next;
        }
        while (cursor is not null);
        Assert.Equal(6, seen.Distinct().Count());
    }

    private static async Task<(HttpStatusCode Status, ApiToken? Token)> CreateAsync(TestHub hub, string? by, CreateTokenRequest request)
    {
        using var answer = await hub.SendAsync(by, HttpMethod.Post, "tokens", JsonContent.Create(request, TokensJson.Default.CreateTokenRequest));
        return (answer.StatusCode, answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Ct) : null);
    }
}
