using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Projects;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Adit.Hub.Tests.Projects;

/// <summary>Projects: who sees, changes and ends them, and what happens to what is in them.</summary>
public sealed class ProjectTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly ManualTimeProvider _time = new();

    [Fact(Timeout = 60_000)]
    public async Task Whoever_makes_a_project_owns_it_and_nobody_else_knows_of_it()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"));
        using (var made = await hub.CreateProjectAsync(ann, "churn"))
        {
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
            var project = (await made.Content.ReadFromJsonAsync(ProjectsJson.Default.ApiProject, Ct))!;
            Assert.Equal((ProjectRole.Owner, 1, "ann"), (project.Role, project.Members, project.CreatedBy));
        }

        foreach (var (method, path) in new[] { ("GET", ""), ("DELETE", ""), ("POST", "/restore"), ("GET", "/members"), ("DELETE", "/members/ann") })
        {
            using var hidden = await hub.SendAsync(bob, new HttpMethod(method), "projects/churn" + path);
            using var missing = await hub.SendAsync(bob, new HttpMethod(method), "projects/nope" + path);
            Assert.Equal((path, HttpStatusCode.NotFound, missing.StatusCode), (path, hidden.StatusCode, HttpStatusCode.NotFound));
        }

        using var list = await hub.SendAsync(bob, HttpMethod.Get, "projects");
        Assert.Empty((await list.Content.ReadFromJsonAsync(ProjectsJson.Default.ProjectList, Ct))!.Items);
        using var taken = await hub.CreateProjectAsync(bob, "churn");
        Assert.Equal("name-taken", await TestHub.CodeAsync(taken));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_internal_project_is_known_to_everybody_and_its_members_are_not()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"));
        (await hub.CreateProjectAsync(ann, "churn", ProjectVisibility.Internal)).Dispose();
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(bob, HttpMethod.Get, "projects/churn"));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(bob, HttpMethod.Get, "projects/churn/members"));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(bob, HttpMethod.Delete, "projects/churn"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(await hub.ScopedAsync("bob", "projects:read!project=other"), HttpMethod.Get, "projects/churn"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Roles_say_what_members_see_make_and_change()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob, cleo, dan) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"), await hub.PersonAsync("cleo"), await hub.PersonAsync("dan"));
        (await hub.CreateProjectAsync(ann, "churn")).Dispose();
        foreach (var (name, role) in new[] { ("bob", ProjectRole.Viewer), ("cleo", ProjectRole.Member), ("dan", ProjectRole.Maintainer) })
            Assert.Equal(HttpStatusCode.OK, (await hub.SetMemberAsync(ann, "churn", "account:" + name, role)).StatusCode);

        await hub.CreateAsync(Http("demo", await hub.LinkAsync(cleo)), cleo);
        using (var viewer = await hub.PostAsync(Http("mine", await hub.LinkAsync(bob)), bob))
            Assert.Equal(HttpStatusCode.Forbidden, viewer.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(bob, HttpMethod.Get, "tunnels/demo"));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(bob, HttpMethod.Delete, "tunnels/demo"));
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(dan, HttpMethod.Get, "tunnels/demo/requests"));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(bob, HttpMethod.Get, "tunnels/demo/requests/1?secrets=true"));
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(dan, HttpMethod.Delete, "tunnels/demo"));

        // Maintainers change who is below them; owners change everybody.
        Assert.Equal(HttpStatusCode.OK, (await hub.SetMemberAsync(dan, "churn", "bob", ProjectRole.Member)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await hub.SetMemberAsync(dan, "churn", "bob", ProjectRole.Maintainer)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await hub.SetMemberAsync(dan, "churn", "ann", ProjectRole.Viewer)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await hub.SetMemberAsync(cleo, "churn", "bob", ProjectRole.Viewer)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(dan, HttpMethod.Delete, "projects/churn"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_member_who_is_removed_loses_what_the_project_gave_at_once()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"));
        (await hub.CreateProjectAsync(ann, "churn")).Dispose();
        (await hub.SetMemberAsync(ann, "churn", "bob", ProjectRole.Viewer)).Dispose();
        await hub.CreateAsync(Http("demo", await hub.LinkAsync(ann)), ann);
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(bob, HttpMethod.Get, "tunnels/demo"));
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(ann, HttpMethod.Delete, "projects/churn/members/account:bob"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(bob, HttpMethod.Get, "tunnels/demo"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(bob, HttpMethod.Get, "projects/churn"));
        Assert.Equal(["project.member.remove", "project.member.set", "project.create"], (await hub.AuditAsync("target=project:churn")).Select(static e => e.Action));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_group_is_a_member_with_everybody_in_it_for_as_long_as_they_are()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"));
        var accounts = hub.Services.GetRequiredService<AccountDirectory>();
        await accounts.SetGroupsAsync("bob", Account.LocalSource, ["ds"]);
        (await hub.CreateProjectAsync(ann, "churn")).Dispose();
        Assert.Equal(HttpStatusCode.OK, (await hub.SetMemberAsync(ann, "churn", "group:ds", ProjectRole.Member)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(bob, HttpMethod.Get, "projects/churn"));
        await accounts.SetGroupsAsync("bob", Account.LocalSource, []);
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(bob, HttpMethod.Get, "projects/churn"));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.SetMemberAsync(ann, "churn", "group:nope", ProjectRole.Member)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.SetMemberAsync(ann, "churn", "account:nope", ProjectRole.Member)).StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_group_of_the_same_name_does_not_inherit_what_the_removed_one_had()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"));
        var accounts = hub.Services.GetRequiredService<AccountDirectory>();
        await accounts.SetGroupAsync("ds", null);
        (await hub.CreateProjectAsync(ann, "churn")).Dispose();
        (await hub.SetMemberAsync(ann, "churn", "group:ds", ProjectRole.Member)).Dispose();
        await accounts.RemoveGroupAsync("ds");
        await Eventually.HoldsAsync(() => hub.Services.GetRequiredService<ProjectDirectory>().Find("churn")!.Members.Count == 1, "the group is no member any more");
        await accounts.SetGroupsAsync("bob", Account.LocalSource, ["ds"]);
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(bob, HttpMethod.Get, "projects/churn"));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_last_owner_stays()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"));
        (await hub.CreateProjectAsync(ann, "churn")).Dispose();
        using (var leaves = await hub.SendAsync(ann, HttpMethod.Delete, "projects/churn/members/ann"))
            Assert.Equal("last-owner", await TestHub.CodeAsync(leaves));
        using (var steps = await hub.SetMemberAsync(ann, "churn", "ann", ProjectRole.Member))
            Assert.Equal("last-owner", await TestHub.CodeAsync(steps));
        using (var admin = await hub.SendAsync(null, HttpMethod.Delete, "projects/churn/members/ann"))
            Assert.Equal("last-owner", await TestHub.CodeAsync(admin));
        (await hub.SetMemberAsync(ann, "churn", "bob", ProjectRole.Owner)).Dispose();
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(ann, HttpMethod.Delete, "projects/churn/members/ann"));
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(bob, HttpMethod.Get, "projects/churn"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Two_who_change_a_project_at_once_do_not_undo_each_other()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var ann = await hub.PersonAsync("ann");
        (await hub.CreateProjectAsync(ann, "churn")).Dispose();
        using var read = await hub.SendAsync(ann, HttpMethod.Get, "projects/churn");
        var etag = read.Headers.ETag!.ToString();
        using var first = await hub.SendAsync(ann, HttpMethod.Patch, "projects/churn", Title("Churn"), etag);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await hub.SendAsync(ann, HttpMethod.Patch, "projects/churn", Title("Other"), etag);
        Assert.Equal(HttpStatusCode.PreconditionFailed, second.StatusCode);
        Assert.Equal("changed", await TestHub.CodeAsync(second));
        using var member = await hub.SetMemberAsync(ann, "churn", "ann", ProjectRole.Owner, etag);
        Assert.Equal(HttpStatusCode.PreconditionFailed, member.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_deleted_project_comes_back_within_its_grace_and_is_gone_after_it_with_what_was_in_it()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"));
        (await hub.CreateProjectAsync(ann, "churn")).Dispose();
        (await hub.SetMemberAsync(ann, "churn", "bob", ProjectRole.Member)).Dispose();
        var client = await hub.LinkAsync(ann);
        await hub.CreateAsync(Http("demo", client), ann);
        Assert.Equal(HttpStatusCode.Created, await hub.StatusAsync(ann, HttpMethod.Post, "projects/churn/service-accounts", ServiceAccountTests.New("churn-ci")));
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(ann, HttpMethod.Delete, "projects/churn"));

        // Nobody has a role in it meanwhile, and nothing is made in it.
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(bob, HttpMethod.Get, "projects/churn"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(bob, HttpMethod.Get, "tunnels/demo"));
        using (var late = await hub.PostAsync(Http("late", client), ann))
            Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
        using (var deleted = await hub.SendAsync(ann, HttpMethod.Get, "projects?deleted=true"))
            Assert.Equal(_time.GetUtcNow().AddDays(7), Assert.Single((await deleted.Content.ReadFromJsonAsync(ProjectsJson.Default.ProjectList, Ct))!.Items).Ends);

        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(ann, HttpMethod.Post, "projects/churn/restore"));
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(bob, HttpMethod.Get, "tunnels/demo"));

        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(ann, HttpMethod.Delete, "projects/churn"));
        var ends = hub.Services.GetServices<IHostedService>().OfType<ProjectEnds>().Single();
        _time.ShiftWallClock(TimeSpan.FromDays(6));
        await ends.EndAsync(Ct);
        Assert.NotNull(hub.Registry.Find("demo"));
        _time.ShiftWallClock(TimeSpan.FromDays(2));
        await ends.EndAsync(Ct);
        Assert.Null(hub.Registry.Find("demo"));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Post, "projects/churn/restore"));
        Assert.Equal(AccountState.Deleted, hub.Services.GetRequiredService<AccountDirectory>().Find("churn-ci")!.State);
        Assert.Equal("project.end", (await hub.AuditAsync("target=project:churn"))[0].Action);
        await hub.RestartAsync();
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Get, "projects/churn"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Projects_and_members_are_there_after_a_restart()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"));
        (await hub.CreateProjectAsync(ann, "churn")).Dispose();
        (await hub.SetMemberAsync(ann, "churn", "bob", ProjectRole.Viewer)).Dispose();
        await hub.CreateAsync(Http("demo", await hub.LinkAsync(ann)) with { Keep = true }, ann);
        await hub.RestartAsync();
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(bob, HttpMethod.Get, "tunnels/demo"));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(bob, HttpMethod.Delete, "tunnels/demo"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tunnel_moves_between_projects_by_its_owner_alone()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var (ann, bob) = (await hub.PersonAsync("ann"), await hub.PersonAsync("bob"));
        (await hub.CreateProjectAsync(ann, "churn")).Dispose();
        (await hub.SetMemberAsync(ann, "churn", "bob", ProjectRole.Maintainer)).Dispose();
        (await hub.CreateProjectAsync(bob, "bobs")).Dispose();
        await hub.CreateAsync(Http("demo", await hub.LinkAsync(ann)), ann);
        Assert.Equal(HttpStatusCode.Forbidden, await MoveAsync(bob, "bobs"));
        Assert.Equal(HttpStatusCode.NotFound, await MoveAsync(ann, "bobs"));
        Assert.Equal(HttpStatusCode.OK, await MoveAsync(ann, ""));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(bob, HttpMethod.Get, "tunnels/demo"));

        Task<HttpStatusCode> MoveAsync(string by, string project) => hub.StatusAsync(
            by, HttpMethod.Patch, "tunnels/demo", JsonContent.Create(new ChangeTunnelRequest { Project = project }, TunnelsJson.Default.ChangeTunnelRequest));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("Churn")]
    [InlineData("-churn")]
    [InlineData("a.b")]
    [InlineData("a/b")]
    public async Task A_name_that_cannot_be_one_is_refused(string name)
    {
        await using var hub = await TestHub.StartAsync(_time);
        using var answer = await hub.CreateProjectAsync(hub.AdminToken, name);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private static JsonContent Title(string text) => JsonContent.Create(new ChangeProjectRequest { Title = text }, ProjectsJson.Default.ChangeProjectRequest);

    private static CreateTunnelRequest Http(string name, TestClient client) =>
        new() { Name = name, Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link, Project = "churn" };
}
