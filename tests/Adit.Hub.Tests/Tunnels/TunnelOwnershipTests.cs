using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Testing;

namespace Adit.Hub.Tests.Tunnels;

public sealed class TunnelOwnershipTests
{
    [Fact]
    public async Task Nobody_gets_sees_changes_or_removes_what_another_account_has()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = (await hub.TokenAsync("ann")).Secret!;
        var bob = (await hub.TokenAsync("bob")).Secret!;
        var annClient = await hub.LinkAsync(ann);
        var bobClient = await hub.LinkAsync(bob);
        await hub.CreateAsync(Http("demo", annClient), ann);

        using (var taken = await hub.PostAsync(Http("demo", bobClient), bob))
        {
            Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
            Assert.Equal("name-taken", await TestHub.CodeAsync(taken));
        }

        using var api = hub.Api(bob);
        Assert.Equal(HttpStatusCode.NotFound, (await api.GetAsync("/api/v1/tunnels/demo")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await api.DeleteAsync("/api/v1/tunnels/demo")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await api.DeleteAsync($"/api/v1/tunnels/demo/servers/{annClient.Link}")).StatusCode);
        using (var change = await api.PatchAsJsonAsync("/api/v1/tunnels/demo", new ChangeTunnelRequest { Access = TunnelAccess.Public }, TunnelsJson.Default.ChangeTunnelRequest))
            Assert.Equal(HttpStatusCode.NotFound, change.StatusCode);
        Assert.Empty((await api.GetFromJsonAsync("/api/v1/tunnels", TunnelsJson.Default.TunnelList))!.Items);
        Assert.Single(hub.Registry.All);
    }

    [Fact]
    public async Task Another_accounts_link_cannot_be_made_to_serve()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = (await hub.TokenAsync("ann")).Secret!;
        var bob = (await hub.TokenAsync("bob")).Secret!;
        var annClient = await hub.LinkAsync(ann);
        using var answer = await hub.PostAsync(Http("demo", annClient), bob);
        Assert.Equal("link-gone", await TestHub.CodeAsync(answer));
        Assert.Equal(0, annClient.Asked);
    }

    [Fact]
    public async Task Without_a_good_token_nothing_is_told()
    {
        await using var hub = await TestHub.StartAsync();
        foreach (var (method, path) in new[] { ("GET", "tunnels"), ("POST", "tunnels"), ("GET", "tunnels/x"), ("PATCH", "tunnels/x"), ("DELETE", "tunnels/x"), ("DELETE", "tunnels/x/servers/y"), ("GET", "tokens"), ("POST", "tokens"), ("DELETE", "tokens/x") })
        {
            using var nobody = LoopbackHttp.Create();
            using var asked = await nobody.SendAsync(new HttpRequestMessage(new HttpMethod(method), new Uri(hub.Address, "/api/v1/" + path)));
            Assert.Equal(HttpStatusCode.Unauthorized, asked.StatusCode);
            Assert.Equal("Bearer", asked.Headers.WwwAuthenticate.ToString());
            Assert.Equal("unauthorized", await TestHub.CodeAsync(asked));
        }
    }

    [Fact]
    public async Task Wrong_tokens_are_slowed_down_and_keep_no_right_one_out()
    {
        await using var hub = await TestHub.StartAsync();
        using var wrong = hub.Api("adit_000000000000_0000000000000000000000000000000000000000000");
        for (var i = 0; i < 19; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await wrong.GetAsync("/api/v1/tunnels")).StatusCode);
        using var answer = await wrong.GetAsync("/api/v1/tunnels");
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal("throttled", await TestHub.CodeAsync(answer));
        using var right = hub.Api();
        Assert.Equal(HttpStatusCode.OK, (await right.GetAsync("/api/v1/tunnels")).StatusCode);
    }

    [Fact]
    public async Task A_revoked_token_loses_its_links_and_its_tunnels_go_down()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.TokenAsync("ann");
        var client = await hub.LinkAsync(ann.Secret);
        await hub.CreateAsync(Http("demo", client) with { Keep = true }, ann.Secret);
        using var api = hub.Api();
        Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync($"/api/v1/tokens/{ann.Id}")).StatusCode);
        await Eventually.HoldsAsync(() => hub.Links.Count == 0, "no links");
        var tunnel = await api.GetFromJsonAsync("/api/v1/tunnels/demo", TunnelsJson.Default.Tunnel);
        Assert.Equal(TunnelState.Down, tunnel!.State);
        using var refused = hub.Api(ann.Secret);
        Assert.Equal(HttpStatusCode.Unauthorized, (await refused.GetAsync("/api/v1/tunnels")).StatusCode);
    }

    [Fact]
    public async Task A_name_given_up_is_held_for_its_account_for_thirty_days()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        var ann = (await hub.TokenAsync("ann")).Secret!;
        var bob = (await hub.TokenAsync("bob")).Secret!;
        var annClient = await hub.LinkAsync(ann);
        var bobClient = await hub.LinkAsync(bob);
        await hub.CreateAsync(Http("demo", annClient) with { Keep = true }, ann);
        using (var api = hub.Api(ann))
            Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync("/api/v1/tunnels/demo")).StatusCode);
        using (var answer = await hub.PostAsync(Http("demo", bobClient), bob))
            Assert.Equal("name-reserved", await TestHub.CodeAsync(answer));

        await hub.RestartAsync();
        bobClient = await hub.LinkAsync(bob);
        using (var answer = await hub.PostAsync(Http("demo", bobClient), bob))
            Assert.Equal("name-reserved", await TestHub.CodeAsync(answer));

        time.ShiftWallClock(TimeSpan.FromDays(30));
        await hub.CreateAsync(Http("demo", bobClient), bob);
    }

    [Fact]
    public async Task A_token_has_as_many_tunnels_as_it_may_and_not_one_more_even_after_a_restart()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = (await hub.TokenAsync("ann", maxTunnels: 2)).Secret!;
        var client = await hub.LinkAsync(ann);
        await hub.CreateAsync(Http("one", client) with { Keep = true }, ann);
        await hub.CreateAsync(Http("two", client) with { Keep = true }, ann);
        using (var third = await hub.PostAsync(Http("three", client), ann))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
            Assert.Equal("limit-reached", await TestHub.CodeAsync(third));
        }

        await hub.CreateAsync(Http("one", client) with { Keep = true }, ann); // One more time is not one more.
        await hub.RestartAsync();
        client = await hub.LinkAsync(ann);
        using (var third = await hub.PostAsync(Http("three", client), ann))
            Assert.Equal("limit-reached", await TestHub.CodeAsync(third));
        using (var api = hub.Api(ann))
            await api.DeleteAsync("/api/v1/tunnels/one");
        await hub.CreateAsync(Http("three", client), ann);
    }

    private static CreateTunnelRequest Http(string name, TestClient client) =>
        new() { Name = name, Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link };
}
