using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Tunnels;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>Policies by the API: the cap, rules, who explains them, and two who change one.</summary>
public sealed class AccessApiTests
{
    [Fact]
    public async Task Two_admins_who_edit_one_policy_do_not_overwrite_each_other()
    {
        await using var doors = await DoorHub.StartAsync();
        using var api = doors.Hub.Api();
        var read = (await api.GetAsync("/api/v1/tunnels/demo")).Headers.ETag!.Tag;
        using var first = await PatchAsync(api, new ChangeTunnelRequest { Rules = [new AccessRule { Who = ["group:ds"] }] }, read);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await PatchAsync(api, new ChangeTunnelRequest { Access = "public" }, read);
        Assert.Equal(HttpStatusCode.PreconditionFailed, second.StatusCode);
        Assert.Equal("changed", await TestHub.CodeAsync(second));
        var now = (await first.Content.ReadFromJsonAsync(TunnelsJson.Default.Tunnel))!;
        Assert.Equal("signed-in", now.Access);
        Assert.Equal(["group:ds"], now.Rules!.Single().Who);
    }

    [Fact]
    public async Task Two_admins_who_edit_the_settings_do_not_overwrite_each_other()
    {
        await using var doors = await DoorHub.StartAsync();
        using var api = doors.Hub.Api();
        var read = (await api.GetAsync("/api/v1/settings/access")).Headers.ETag!.Tag;
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(api, "public", read)).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await PutAsync(api, "owner", read)).StatusCode);
        await doors.Hub.RestartAsync();
        Assert.Equal("public", (await doors.Hub.Api().GetFromJsonAsync("/api/v1/settings/access", AccessJson.Default.AccessSettings))!.MaxAccess);
    }

    [Fact]
    public async Task Nobody_but_admins_shares_with_the_public_until_they_allow_it()
    {
        await using var doors = await DoorHub.StartAsync("public");
        var carl = await doors.Hub.TokenAsync("carl");
        var client = await doors.Hub.LinkAsync(carl.Secret);
        var request = new CreateTunnelRequest { Name = "carls", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link, Access = "public" };
        using (var refused = await doors.Hub.PostAsync(request, carl.Secret))
        {
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Equal("too-open", await TestHub.CodeAsync(refused));
        }

        using var own = doors.Hub.Api(carl.Secret);
        Assert.Equal(HttpStatusCode.Forbidden, (await PutAsync(own, "public", null)).StatusCode);
        using var api = doors.Hub.Api();
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(api, "public", null)).StatusCode);
        Assert.Equal("public", (await doors.Hub.CreateAsync(request, carl.Secret)).Access);
    }

    [Fact]
    public async Task A_password_makes_less_of_public()
    {
        await using var doors = await DoorHub.StartAsync();
        var carl = await doors.Hub.TokenAsync("carl");
        var client = await doors.Hub.LinkAsync(carl.Secret);
        var made = await doors.Hub.CreateAsync(
            new CreateTunnelRequest
            {
                Name = "carls", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link, Access = "public",
                Options = new TunnelOptions { VisitorToken = "a-visitor-token-of-24" },
            },
            carl.Secret);
        Assert.Equal("public", made.Access);
    }

    [Fact]
    public async Task A_client_that_comes_back_does_not_take_back_what_was_changed_since()
    {
        await using var doors = await DoorHub.StartAsync("public");
        await doors.ChangeAsync(new ChangeTunnelRequest { Access = "owner", Rules = [new AccessRule { Who = ["group:ds"] }] });
        var again = await doors.TunnelAsync("demo", "public");
        Assert.Equal(("owner", 1), (again.Access, again.Rules!.Count));
        Assert.Equal("signed-in", (await doors.TunnelAsync("demo", "signed-in")).Access);
    }

    [Fact]
    public async Task Rules_that_make_no_sense_are_refused_with_the_reason()
    {
        await using var doors = await DoorHub.StartAsync();
        using var api = doors.Hub.Api();
        using var answer = await PatchAsync(api, new ChangeTunnelRequest { Rules = [new AccessRule { Who = ["owner"], Networks = ["10.0.0.0/99"] }] }, null);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("10.0.0.0/99", await answer.Content.ReadAsStringAsync());
        using var nobody = await PatchAsync(api, new ChangeTunnelRequest { Access = "everybody" }, null);
        Assert.Equal(HttpStatusCode.BadRequest, nobody.StatusCode);
    }

    [Fact]
    public async Task The_explanation_says_what_the_door_does_and_which_rule_decides()
    {
        await using var doors = await DoorHub.StartAsync("group:ds", [new AccessRule { Allow = false, Who = ["public"], Paths = ["/admin/*"], Note = "not from here" }]);
        await doors.PersonAsync("anna");
        await doors.PersonAsync("bob");
        await doors.Accounts.SetGroupsAsync("anna", "local", ["ds"]);
        var anna = await ExplainAsync(doors, "host=demo.adit.test&who=anna");
        Assert.True(anna.Allowed);
        Assert.Equal("allow owner, group:ds", anna.Rule);
        Assert.Equal([false, true], anna.Steps.Select(static s => s.Decides));
        var admin = await ExplainAsync(doors, "host=demo&who=anna&path=/%2561dmin/x");
        Assert.False(admin.Allowed);
        Assert.Equal("deny public, paths /admin/* (not from here)", admin.Rule);
        Assert.False((await ExplainAsync(doors, "host=demo&who=bob")).Allowed);
        Assert.Contains("signing in may help", (await ExplainAsync(doors, "host=demo")).Reason);
        await doors.Accounts.ChangeAsync("anna", static a => a with { State = Adit.Hub.Access.Accounts.AccountState.Disabled });
        Assert.Contains("disabled", (await ExplainAsync(doors, "host=demo&who=anna")).Reason);
    }

    [Fact]
    public async Task Who_may_not_see_a_tunnel_gets_no_explanation_of_it()
    {
        await using var doors = await DoorHub.StartAsync();
        using var carl = doors.Hub.Api((await doors.Hub.TokenAsync("carl")).Secret);
        Assert.Equal(HttpStatusCode.NotFound, (await carl.GetAsync("/api/v1/access/explain?host=demo")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await carl.GetAsync("/api/v1/access/explain?host=none")).StatusCode);
    }

    [Fact]
    public async Task Who_owns_a_tunnel_does_not_learn_by_its_explanation_who_there_is()
    {
        await using var doors = await DoorHub.StartAsync();
        await doors.PersonAsync("anna");
        var token = (await doors.Hub.TokenAsync("carl")).Secret!;
        var client = await doors.Hub.LinkAsync(token);
        await doors.Hub.CreateAsync(
            new CreateTunnelRequest { Name = "carls", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link, Access = "group:ds" }, token);
        using var carl = doors.Hub.Api(token);
        async Task<(HttpStatusCode, string)> AskAsync(string who)
        {
            using var answer = await carl.GetAsync("/api/v1/access/explain?host=carls&who=" + who);
            using var said = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            return (answer.StatusCode, said.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString()!.Replace(who, "NAME", StringComparison.Ordinal) : "");
        }

        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync("nobody")).Item1);
        Assert.Equal(await AskAsync("nobody"), await AskAsync("anna"));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("carl")).Item1);
        Assert.Equal(HttpStatusCode.OK, (await carl.GetAsync("/api/v1/access/explain?host=carls")).StatusCode);
        await doors.PersonAsync("eve", PlatformRole.Auditor);
        using var eve = doors.Hub.Api((await doors.Hub.TokenAsync("eve")).Secret);
        Assert.Equal(HttpStatusCode.OK, (await eve.GetAsync("/api/v1/access/explain?host=carls&who=anna")).StatusCode);
    }

    [Fact]
    public async Task A_tunnel_of_bytes_is_explained_as_its_own_door_decides()
    {
        await using var doors = await DoorHub.StartAsync();
        await doors.PersonAsync("anna");
        await doors.PersonAsync("ada", PlatformRole.Admin);
        var token = (await doors.Hub.TokenAsync("carl")).Secret!;
        await doors.Hub.CreateAsync(
            new CreateTunnelRequest
            {
                Name = "db", Kind = TunnelKind.Tcp, Target = "127.0.0.1:1", Link = (await doors.Hub.LinkAsync(token)).Link, Access = "owner",
                Rules = [new AccessRule { Who = ["user:anna"], Methods = ["GET"] }],
            },
            token);
        Assert.False((await ExplainAsync(doors, "host=db&who=anna")).Allowed); // There is no GET on a connection of bytes.
        Assert.True((await ExplainAsync(doors, "host=db&who=carl")).Allowed);
        Assert.True((await ExplainAsync(doors, "host=db.adit.test&who=ada")).Allowed);
        using var api = doors.Hub.Api();
        Assert.Equal(HttpStatusCode.NotFound, (await api.GetAsync("/api/v1/access/explain?host=db.elsewhere.invalid")).StatusCode);
    }

    private static async Task<AccessExplanation> ExplainAsync(DoorHub doors, string query)
    {
        using var api = doors.Hub.Api();
        return (await api.GetFromJsonAsync("/api/v1/access/explain?" + query, AccessJson.Default.AccessExplanation))!;
    }

    private static Task<HttpResponseMessage> PatchAsync(HttpClient api, ChangeTunnelRequest change, string? etag) =>
        SendAsync(api, HttpMethod.Patch, "/api/v1/tunnels/demo", JsonContent.Create(change, TunnelsJson.Default.ChangeTunnelRequest), etag);

    private static Task<HttpResponseMessage> PutAsync(HttpClient api, string most, string? etag) =>
        SendAsync(api, HttpMethod.Put, "/api/v1/settings/access", JsonContent.Create(new AccessSettings { MaxAccess = most }, AccessJson.Default.AccessSettings), etag);

    private static async Task<HttpResponseMessage> SendAsync(HttpClient api, HttpMethod method, string path, HttpContent content, string? etag)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (etag is not null)
            request.Headers.TryAddWithoutValidation("If-Match", etag);
        return await api.SendAsync(request);
    }
}
