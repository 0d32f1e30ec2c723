using System.Net;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Tests.Access.SignIn;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access.Accounts;

public sealed class GroupTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_groups_role_is_its_members_at_once_and_for_as_long_as_they_are()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", "a good password");
        using var admin = await TestBrowser.SignedInAsync(hub);
        using var anna = new TestBrowser(hub);
        using (await anna.SignInAsync("anna", "a good password")) { }
        using var made = await admin.SendAsync(HttpMethod.Put, "/api/v1/groups/ds", new SetGroupRequest { Role = PlatformRole.Auditor });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        using var added = await admin.SendAsync(HttpMethod.Put, "/api/v1/groups/ds/members/anna");
        Assert.Equal(HttpStatusCode.NoContent, added.StatusCode);
        var session = await anna.GetAsync<CurrentSession>("/api/v1/session");
        Assert.Equal(PlatformRole.Auditor, session.Role);
        Assert.Equal(["ds"], session.Groups);
        Assert.Equal(["anna"], (await admin.GetAsync<AccountGroup>("/api/v1/groups/ds")).Members!.Select(static m => m.Account));
        using var removed = await admin.SendAsync(HttpMethod.Delete, "/api/v1/groups/ds/members/anna");
        Assert.Equal(PlatformRole.User, (await anna.GetAsync<CurrentSession>("/api/v1/session")).Role);
        using var gone = await admin.SendAsync(HttpMethod.Delete, "/api/v1/groups/ds");
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, await admin.StatusAsync("/api/v1/groups/ds"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Groups_outlive_the_hubs_process_and_a_deleted_account_is_in_none()
    {
        var port = Ports.Free();
        await using var hub = await TestHub.StartAsync(change: o => o with { Listen = [$"127.0.0.1:{port}"] });
        await Local.AddAsync(hub, "anna", "a good password");
        await Local.AddAsync(hub, "bob", "a good password");
        var accounts = hub.Services.GetRequiredService<AccountDirectory>();
        await accounts.SetGroupAsync("ds", PlatformRole.Auditor);
        await accounts.SetMemberAsync("ds", "anna", true);
        await accounts.SetMemberAsync("ds", "bob", true);
        await accounts.SetGroupsAsync("bob", "corp", ["ds", "ops"]);
        await accounts.DeleteAsync("anna");
        var version = accounts.FindGroup("ds")!.Version;
        await hub.RestartAsync();
        accounts = hub.Services.GetRequiredService<AccountDirectory>();
        Assert.Equal(["ds", "ops"], accounts.Find("bob")!.Groups.Order());
        Assert.Equal(PlatformRole.Auditor, accounts.Find("bob")!.EffectiveRole);
        Assert.Empty(accounts.Find("anna")!.Groups);
        Assert.Equal(version, accounts.FindGroup("ds")!.Version);
        Assert.Equal([new GroupMember("bob", "corp"), new GroupMember("bob", "local")], accounts.FindGroup("ds")!.Members.OrderBy(static m => m.Source));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_directory_says_is_changed_there()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", "a good password");
        await hub.Services.GetRequiredService<AccountDirectory>().SetGroupsAsync("anna", "corp", ["ds"]);
        using var admin = await TestBrowser.SignedInAsync(hub);
        using var answer = await admin.SendAsync(HttpMethod.Delete, "/api/v1/groups/ds/members/anna");
        Assert.Equal((HttpStatusCode.Conflict, "not-here"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_is_admin_by_a_group_alone_keeps_it_until_there_is_another()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", "a good password");
        var accounts = hub.Services.GetRequiredService<AccountDirectory>();
        await accounts.SetGroupAsync("admins", PlatformRole.Admin);
        await accounts.SetMemberAsync("admins", "anna", true);
        await accounts.ChangeAsync("admin", static a => a with { Role = PlatformRole.User });
        Func<Task>[] ways =
        [
            () => accounts.SetGroupAsync("admins", null),
            () => accounts.RemoveGroupAsync("admins"),
            () => accounts.SetMemberAsync("admins", "anna", false),
            () => accounts.DeleteAsync("anna"),
        ];
        foreach (var way in ways)
            Assert.Equal(AccountRefusalCode.LastAdmin, (await Assert.ThrowsAsync<AccountRefusal>(way)).Code);
        Assert.Equal(PlatformRole.Admin, accounts.Find("anna")!.EffectiveRole);
    }

    [Fact(Timeout = 60_000)]
    public async Task Users_see_the_groups_that_they_are_in()
    {
        await using var hub = await TestHub.StartAsync();
        await Local.AddAsync(hub, "anna", "a good password");
        var accounts = hub.Services.GetRequiredService<AccountDirectory>();
        await accounts.SetGroupsAsync("anna", "corp", ["ds"]);
        await accounts.SetGroupAsync("secret", null);
        using var anna = new TestBrowser(hub);
        using (await anna.SignInAsync("anna", "a good password")) { }
        Assert.Equal(["ds"], (await anna.GetAsync<GroupList>("/api/v1/groups")).Items.Select(static g => g.Name));
        using var changed = await anna.SendAsync(HttpMethod.Put, "/api/v1/groups/ds", new SetGroupRequest { Role = PlatformRole.Admin });
        using var hidden = await anna.SendAsync(HttpMethod.Delete, "/api/v1/groups/secret");
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.NotFound), (changed.StatusCode, hidden.StatusCode));
    }
}
