using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Doors;
using Adit.Hub.Projects;
using Adit.Hub.Tests.Access;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>What was shared with a group, account or project that was removed is not shared with another of that name.</summary>
public sealed class RemovedNameTests
{
    private static readonly AccessRule[] Rules =
    [
        new() { Allow = false, Who = ["group:ds"], Paths = ["/admin/*"] },
        new() { Who = ["group:ds", "user:cleo"], Methods = ["GET"] },
        new() { Who = ["group:ds"] },
    ];

    [Fact(Timeout = 60_000)]
    public async Task A_group_of_the_same_name_does_not_open_what_was_shared_with_the_removed_one()
    {
        await using var doors = await DoorHub.StartAsync("group:ds,user:bob", Rules);
        await doors.PersonAsync("anna");
        await doors.Accounts.SetGroupsAsync("anna", Account.LocalSource, ["ds"]);
        var anna = await doors.TicketAsync("anna");
        Assert.StartsWith("HTTP/1.1 200 ", await doors.GetAsync("/x", $"Cookie: {anna}"));

        await doors.Accounts.RemoveGroupAsync("ds");
        var record = doors.Hub.Registry.Find("demo")!.Record!;
        Assert.Equal("user:bob", record.Access);
        Assert.Equal(["user:cleo"], Assert.Single(record.Rules!).Who);
        await doors.Accounts.SetGroupsAsync("anna", Account.LocalSource, ["ds"]);
        Assert.StartsWith("HTTP/1.1 404 ", await doors.GetAsync("/x", $"Cookie: {anna}"));
        var entry = (await doors.Hub.AuditAsync("action=policy.change"))[0];
        Assert.Equal(("tunnel:demo", "group:ds was removed"), (entry.Target, entry.Detail!["why"]));
        Assert.Equal("group:ds,user:bob -> user:bob", entry.Detail["access"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_shared_with_a_removed_group_alone_is_its_owners_and_what_it_has_open_is_closed()
    {
        await using var doors = await DoorHub.StartAsync("group:ds", [new AccessRule { Allow = false, Who = ["group:ds"], Paths = ["/x"] }], DoorHub.Upgrading());
        await doors.PersonAsync("anna");
        await doors.Accounts.SetGroupsAsync("anna", Account.LocalSource, ["ds"]);
        var (peer, head) = await doors.UpgradeAsync($"Cookie: {await doors.TicketAsync("anna")}", $"Origin: http://{doors.DemoHost}");
        await using var _ = peer;
        Assert.StartsWith("HTTP/1.1 101 ", head);
        await doors.Accounts.RemoveGroupAsync("ds");
        Assert.EndsWith("Not allowed any more.", await peer.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10)));
        var record = doors.Hub.Registry.Find("demo")!.Record!;
        Assert.Equal(("owner", null), (record.Access, record.Rules));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_deleted_account_is_in_no_policy_and_no_project_any_more_and_its_name_stays_taken()
    {
        await using var doors = await DoorHub.StartAsync("user:anna");
        var (anna, bob) = (await doors.Hub.PersonAsync("anna"), await doors.Hub.PersonAsync("bob"));
        (await doors.Hub.CreateProjectAsync(bob, "churn")).Dispose();
        (await doors.Hub.SetMemberAsync(bob, "churn", "anna", ProjectRole.Member)).Dispose();
        Assert.Equal(HttpStatusCode.NoContent, await doors.Hub.StatusAsync(null, HttpMethod.Delete, "accounts/anna"));
        Assert.Equal("owner", doors.Hub.Registry.Find("demo")!.Record!.Access);
        var projects = doors.Hub.Services.GetRequiredService<ProjectDirectory>();
        Assert.Equal("bob", Assert.Single(projects.Find("churn")!.Members).Name);
        Assert.Contains(await doors.Hub.AuditAsync("target=project:churn"), static e => e.Detail?.GetValueOrDefault("why") == "the account was removed");
        Assert.Equal(AccountRefusalCode.NameTaken, (await Assert.ThrowsAsync<AccountRefusal>(() => doors.PersonAsync("anna"))).Code);
        await doors.Hub.RestartAsync();
        Assert.Equal("owner", doors.Hub.Registry.Find("demo")!.Record!.Access);
        Assert.Single(doors.Hub.Services.GetRequiredService<ProjectDirectory>().Find("churn")!.Members);
        Assert.Equal(HttpStatusCode.Unauthorized, await doors.Hub.StatusAsync(anna, HttpMethod.Get, "session"));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_external_route_forgets_groups_accounts_and_projects_too()
    {
        await using var doors = await DoorHub.StartAsync();
        using var api = doors.Hub.Api();
        using (var project = await api.PostAsync("/api/v1/projects", new StringContent("""{"name":"churn"}""", System.Net.Http.Headers.MediaTypeHeaderValue.Parse("application/json"))))
            Assert.True(project.IsSuccessStatusCode);
        var wiki = new ExternalRoute { Origins = ["https://wiki.example.test"], Access = "project,group:ds", Rules = Rules, Project = "churn" };
        using (var made = await api.PutAsJsonAsync("/api/v1/external-routes/wiki", wiki, AccessJson.Default.ExternalRoute))
            Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        await doors.Accounts.SetGroupAsync("ds", null);
        await doors.Accounts.RemoveGroupAsync("ds");
        await doors.PersonAsync("cleo");
        await doors.Accounts.DeleteAsync("cleo");
        await ((IProjectContent)doors.Hub.Services.GetRequiredService<ExternalRoutes>()).RemoveAsync("churn", CancellationToken.None);
        foreach (var restart in new[] { false, true })
        {
            if (restart)
                await doors.Hub.RestartAsync();
            var now = doors.Hub.Services.GetRequiredService<ExternalRoutes>().Find("wiki")!;
            Assert.Equal(("project", null, null), (now.Access, now.Rules, now.Project));
        }

        Assert.Equal(
            ["the project has ended", "user:cleo was removed", "group:ds was removed"],
            (await doors.Hub.AuditAsync("target=external:wiki")).Select(static e => e.Detail?.GetValueOrDefault("why")).OfType<string>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hub_that_ends_in_the_middle_of_a_removal_has_done_all_of_it_or_nothing()
    {
        await using var doors = await DoorHub.StartAsync("group:ds");
        await doors.Accounts.SetGroupAsync("ds", null);

        // Before the commit: nothing.
        doors.Accounts.Uses.Add(new Breaking(isBefore: true));
        await Assert.ThrowsAsync<IOException>(() => doors.Accounts.RemoveGroupAsync("ds"));
        Assert.Equal("group:ds", doors.Hub.Registry.Find("demo")!.Record!.Access);
        await doors.Hub.RestartAsync();
        Assert.NotNull(doors.Accounts.FindGroup("ds"));
        Assert.Equal("group:ds", doors.Hub.Registry.Find("demo")!.Record!.Access);

        // After it: all, also where nobody had been told yet.
        doors.Accounts.Uses.Add(new Breaking(isBefore: false));
        await Assert.ThrowsAsync<IOException>(() => doors.Accounts.RemoveGroupAsync("ds"));
        await doors.Hub.RestartAsync();
        Assert.Null(doors.Accounts.FindGroup("ds"));
        await doors.Accounts.SetGroupAsync("ds", null);
        Assert.Equal("owner", doors.Hub.Registry.Find("demo")!.Record!.Access);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tunnel_that_is_made_while_its_group_is_removed_does_not_keep_it()
    {
        await using var doors = await DoorHub.StartAsync();
        await doors.Accounts.SetGroupAsync("ds", null);
        doors.Accounts.Uses.Add(new Late(() => doors.TunnelAsync("late", "group:ds")));
        await doors.Accounts.RemoveGroupAsync("ds");
        Assert.Equal("owner", doors.Hub.Registry.Find("late")!.Record!.Access);
        await doors.Hub.RestartAsync();
        Assert.Equal("owner", doors.Hub.Registry.Find("late")!.Record!.Access);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_name_may_be_written_before_there_is_anybody_of_it()
    {
        await using var doors = await DoorHub.StartAsync("user:dora,group:new");
        Assert.StartsWith("HTTP/1.1 200 ", await doors.GetAsync("/x", $"Cookie: {await doors.TicketAsync("dora")}"));
        await doors.PersonAsync("emil");
        await doors.Accounts.SetGroupsAsync("emil", Account.LocalSource, ["new"]);
        Assert.StartsWith("HTTP/1.1 200 ", await doors.GetAsync("/x", $"Cookie: {await doors.TicketAsync("emil")}"));
    }

    // As a hub that ends before or after what it stores is on disk.
    private sealed class Breaking(bool isBefore) : INameUse, IHeldNames
    {
        public bool Any => false;

        public Task<IHeldNames> HoldAsync(string word) => Task.FromResult<IHeldNames>(this);

        public void Store(SqliteConnection connection)
        {
            if (isBefore)
                throw new IOException("The hub ends here.");
        }

        public void Apply()
        {
            if (!isBefore)
                throw new IOException("The hub ends here.");
        }

        public void Dispose()
        {
        }
    }

    // Does something when the slices have looked and nothing is stored yet.
    private sealed class Late(Func<Task> act) : INameUse, IHeldNames
    {
        private bool _isDone;

        public bool Any => false;

        public async Task<IHeldNames> HoldAsync(string word)
        {
            if (!_isDone)
            {
                _isDone = true;
                await act();
            }

            return this;
        }

        public void Store(SqliteConnection connection)
        {
        }

        public void Apply()
        {
        }

        public void Dispose()
        {
        }
    }
}
