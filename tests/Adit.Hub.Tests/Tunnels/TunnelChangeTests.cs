using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Hub.Tests.Tunnels;

public sealed class TunnelChangeTests
{
    [Fact]
    public async Task A_change_holds_with_its_answer_and_after_a_restart()
    {
        await using var hub = await TestHub.StartAsync();
        await CreateAsync(hub);
        Assert.False(hub.Routes.Find("demo.adit.test")!.Policy.IsPublic);
        using (var answer = await PatchAsync(hub, new ChangeTunnelRequest { Access = TunnelAccess.Public, Keep = true }))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(hub.Routes.Find("demo.adit.test")!.Policy.IsPublic);
        await hub.RestartAsync();
        Assert.True(hub.Routes.Find("demo.adit.test")!.Policy.IsPublic);
    }

    [Fact]
    public async Task A_client_that_comes_back_undoes_nothing_that_was_changed_meanwhile_and_may_ask_for_something_new()
    {
        await using var hub = await TestHub.StartAsync();
        var client = await hub.LinkAsync();
        var asked = new CreateTunnelRequest
        {
            Name = "demo", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link, Access = TunnelAccess.Public,
            Options = new TunnelOptions { Inspect = false },
        };
        await hub.CreateAsync(asked);
        using (var answer = await PatchAsync(hub, new ChangeTunnelRequest { Keep = true, Options = new TunnelOptions { BasicAuth = "ann:open sesame" } }))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        await hub.RestartAsync();
        client = await hub.LinkAsync();
        var back = await hub.CreateAsync(asked with { Link = client.Link });
        Assert.Equal((true, "ann:***"), (back.Keep, back.Options?.BasicAuth));
        Assert.NotNull(hub.Routes.Find("demo.adit.test")!.Policy.BasicAuthHash);

        var next = await hub.CreateAsync(asked with { Link = client.Link, Options = new TunnelOptions { Inspect = true } });
        Assert.Equal((true, null), (next.Keep, next.Options?.BasicAuth));
    }

    [Fact]
    public async Task Who_may_change_a_tunnel_of_an_admin_opens_it_no_further_than_its_own()
    {
        await using var hub = await TestHub.StartAsync();
        using var admin = hub.Api();
        Assert.True((await admin.PostAsync("/api/v1/projects", Json("""{"name":"churn"}"""))).IsSuccessStatusCode);
        using var mia = hub.Api((await hub.TokenAsync("mia")).Secret);
        Assert.True((await admin.PutAsync("/api/v1/projects/churn/members/account:mia", Json("""{"role":"maintainer"}"""))).IsSuccessStatusCode);
        await hub.CreateAsync(new CreateTunnelRequest
        {
            Name = "demo", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = (await hub.LinkAsync()).Link, Project = "churn", Access = "project",
            Options = new TunnelOptions { VisitorToken = "0123456789abcdef" },
        });
        using (var refused = await mia.PatchAsync("/api/v1/tunnels/demo", Json("""{"access":"public","options":{}}""")))
            Assert.Equal((HttpStatusCode.Forbidden, "too-open"), (refused.StatusCode, await TestHub.CodeAsync(refused)));
        Assert.True((await mia.PatchAsync("/api/v1/tunnels/demo", Json("""{"access":"signed-in"}"""))).IsSuccessStatusCode);

        Assert.True((await admin.PatchAsync("/api/v1/tunnels/demo", Json("""{"access":"public"}"""))).IsSuccessStatusCode);
        using (var refused = await mia.PatchAsync("/api/v1/tunnels/demo", Json("""{"options":{}}""")))
            Assert.Equal("too-open", await TestHub.CodeAsync(refused)); // Without its token it would be open to anybody.
    }

    [Theory]
    [InlineData("""{"access":"project"}""")]
    [InlineData("""{"rules":[{"allow":true,"who":["project"]}]}""")]
    public async Task A_tunnel_in_no_project_is_not_opened_to_its_members(string change)
    {
        await using var hub = await TestHub.StartAsync();
        await CreateAsync(hub);
        using var api = hub.Api();
        using var refused = await api.PatchAsync("/api/v1/tunnels/demo", Json(change));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("in no project", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_that_does_not_say_whether_it_lets_pass_does()
    {
        await using var hub = await TestHub.StartAsync();
        await CreateAsync(hub);
        using var api = hub.Api();
        using (var answer = await api.PatchAsync("/api/v1/tunnels/demo", Json("""{"rules":[{"who":["user:anna"]},{"allow":false,"who":["public"]}]}""")))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var tunnel = await api.GetFromJsonAsync("/api/v1/tunnels/demo", TunnelsJson.Default.Tunnel);
        Assert.Equal([true, false], tunnel!.Rules!.Select(static r => r.Allow));
    }

    [Theory]
    [InlineData("""{"rules":[{"allow":null,"who":["user:anna"]}]}""")]
    [InlineData("""{"rules":[{"who":null}]}""")]
    [InlineData("""{"rules":[null]}""")]
    public async Task Null_where_none_may_be_is_a_bad_request(string change)
    {
        await using var hub = await TestHub.StartAsync();
        await CreateAsync(hub);
        using var api = hub.Api();
        using var answer = await api.PatchAsync("/api/v1/tunnels/demo", Json(change));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (answer.StatusCode, await TestHub.CodeAsync(answer)));
    }

    [Fact]
    public async Task Of_two_who_change_at_once_the_second_is_told()
    {
        await using var hub = await TestHub.StartAsync();
        await CreateAsync(hub);
        using var api = hub.Api();
        var read = (await api.GetAsync("/api/v1/tunnels/demo")).Headers.ETag!;
        using (var one = await PatchAsync(hub, new ChangeTunnelRequest { Keep = true }, read))
        {
            Assert.Equal(HttpStatusCode.OK, one.StatusCode);
            Assert.NotEqual(read, one.Headers.ETag);
        }

        using var two = await PatchAsync(hub, new ChangeTunnelRequest { Access = TunnelAccess.Public }, read);
        Assert.Equal(HttpStatusCode.PreconditionFailed, two.StatusCode);
        Assert.Equal("changed", await TestHub.CodeAsync(two));
        Assert.False(hub.Routes.Find("demo.adit.test")!.Policy.IsPublic);
    }

    [Fact]
    public async Task Secrets_are_shown_to_nobody_and_stay_when_they_are_sent_back_as_shown()
    {
        await using var hub = await TestHub.StartAsync();
        await CreateAsync(hub, new TunnelOptions { BasicAuth = "ann:open sesame", VisitorToken = "0123456789abcdef" });
        using var api = hub.Api();
        var text = await api.GetStringAsync("/api/v1/tunnels/demo");
        Assert.DoesNotContain("sesame", text);
        Assert.DoesNotContain("0123456789abcdef", text);
        var shown = (await api.GetFromJsonAsync("/api/v1/tunnels/demo", TunnelsJson.Default.Tunnel))!.Options!;
        Assert.Equal(("ann:***", "***"), (shown.BasicAuth, shown.VisitorToken));
        var before = hub.Routes.Find("demo.adit.test")!.Policy;
        using var answer = await PatchAsync(hub, new ChangeTunnelRequest { Options = shown with { Inspect = false } });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var after = hub.Routes.Find("demo.adit.test")!.Policy;
        Assert.Equal(before.BasicAuthHash, after.BasicAuthHash);
        Assert.Equal(before.VisitorTokenHash, after.VisitorTokenHash);
    }

    [Theory]
    [InlineData("""{"options":{"requestHeaders":{"X-A":"b\r\nX-C: d"}}}""")]
    [InlineData("""{"options":{"requestHeaders":{"Transfer-Encoding":"chunked"}}}""")]
    [InlineData("""{"options":{"removeResponseHeaders":["Content-Length"]}}""")]
    [InlineData("""{"options":{"hostHeader":"a b"}}""")]
    [InlineData("""{"options":{"basicAuth":"nocolon"}}""")]
    [InlineData("""{"options":{"visitorToken":"short"}}""")]
    [InlineData("""{"options":{"maxRequestBytes":-1}}""")]
    [InlineData("""{"access":"everyone"}""")]
    [InlineData("not json")]
    public async Task What_makes_no_sense_is_refused_and_changes_nothing(string body)
    {
        await using var hub = await TestHub.StartAsync();
        await CreateAsync(hub);
        using var api = hub.Api();
        var before = (await api.GetAsync("/api/v1/tunnels/demo")).Headers.ETag;
        using var content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json"));
        using var answer = await api.PatchAsync("/api/v1/tunnels/demo", content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.NotNull(await TestHub.CodeAsync(answer));
        Assert.Equal(before, (await api.GetAsync("/api/v1/tunnels/demo")).Headers.ETag);
    }

    [Fact]
    public async Task A_long_list_comes_in_pages_without_gap_or_double()
    {
        await using var hub = await TestHub.StartAsync();
        var client = await hub.LinkAsync();
        for (var i = 0; i < 25; i++)
            await hub.CreateAsync(new CreateTunnelRequest { Name = $"t{i:00}", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link });
        using var api = hub.Api();
        var names = new List<string>();
        for (var path = "/api/v1/tunnels?limit=10"; ;)
        {
            var page = (await api.GetFromJsonAsync(path, TunnelsJson.Default.TunnelList))!;
            Assert.InRange(page.Items.Count, 1, 10);
            names.AddRange(page.Items.Select(static t => t.Name));
            if (page.Next is null)
                break;
            path = $"/api/v1/tunnels?limit=10&cursor={page.Next}";
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(static i => $"t{i:00}"), names);
    }

    private static StringContent Json(string text) => new(text, MediaTypeHeaderValue.Parse("application/json"));

    private static async Task CreateAsync(TestHub hub, TunnelOptions? options = null) =>
        await hub.CreateAsync(new CreateTunnelRequest { Name = "demo", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = (await hub.LinkAsync()).Link, Options = options });

    private static async Task<HttpResponseMessage> PatchAsync(TestHub hub, ChangeTunnelRequest change, EntityTagHeaderValue? ifMatch = null)
    {
        using var api = hub.Api();
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/api/v1/tunnels/demo") { Content = JsonContent.Create(change, TunnelsJson.Default.ChangeTunnelRequest) };
        if (ifMatch is not null)
            request.Headers.IfMatch.Add(ifMatch);
        return await api.SendAsync(request);
    }
}
