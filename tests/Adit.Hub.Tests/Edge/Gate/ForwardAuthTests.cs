using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Tunnels;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>The hub's answers to other proxies that ask who may pass.</summary>
public sealed class ForwardAuthTests
{
    private const string Wiki = "wiki.example.test";

    [Fact]
    public async Task Traefik_and_caddy_are_told_who_comes_and_where_to_send_the_rest()
    {
        await using var doors = await StartAsync();
        var away = await AskAsync(doors, "/page?x=1", DoorHub.Navigate);
        Assert.StartsWith("HTTP/1.1 302 ", away);
        Assert.StartsWith($"http://{doors.HubHost}/apps/authorize?app_host={Wiki}", DoorHub.LocationOf(away));
        var callback = await doors.AuthorizeAsync(DoorHub.LocationOf(away), await doors.SignInAsync("anna"));
        Assert.StartsWith("http://wiki.example.test:8081/_adit/callback?", callback);
        var url = new Uri(callback);
        var done = await doors.SendAsync("GET", "wiki.example.test:8081", url.PathAndQuery, DoorHub.Navigate, $"Cookie: {DoorHub.CookieOf(away, "adit_state_")}");
        Assert.Contains("\r\nLocation: /page?x=1\r\n", done);
        var ticket = DoorHub.CookieOf(done, "adit_ticket");
        var allowed = await AskAsync(doors, "/page", $"Cookie: {ticket}");
        Assert.StartsWith("HTTP/1.1 200 ", allowed);
        Assert.Contains("\r\nX-Forwarded-User: anna\r\n", allowed);
        Assert.Contains("\r\nX-Adit-Assertion: ", allowed);
        Assert.StartsWith("HTTP/1.1 404 ", await AskAsync(doors, "/secret/x", $"Cookie: {ticket}"));
        Assert.StartsWith("HTTP/1.1 401 ", await AskAsync(doors, "/page", "Accept: application/json"));
    }

    [Fact]
    public async Task Nginx_is_told_yes_401_or_403()
    {
        await using var doors = await StartAsync();
        string[] ask = ["X-Original-URL: http://wiki.example.test:8081/page?x=1", "X-Original-Method: GET"];
        Assert.StartsWith("HTTP/1.1 401 ", await doors.SendAsync("GET", doors.HubHost, "/authz/auth-request", [.. ask, DoorHub.Navigate]));
        var token = await doors.Hub.TokenAsync("carl");
        Assert.StartsWith("HTTP/1.1 200 ", await doors.SendAsync("GET", doors.HubHost, "/authz/auth-request", [.. ask, $"Authorization: Bearer {token.Secret}"]));
        Assert.StartsWith("HTTP/1.1 403 ", await doors.SendAsync(
            "GET", doors.HubHost, "/authz/auth-request", "X-Original-URL: http://wiki.example.test:8081/%73ecret/", "X-Original-Method: GET", DoorHub.Navigate));
        Assert.StartsWith("HTTP/1.1 403 ", await doors.SendAsync(
            "GET", doors.HubHost, "/authz/auth-request", "X-Original-URL: http://unknown.example.test/", "X-Original-Method: GET"));
    }

    [Fact]
    public async Task Only_trusted_proxies_are_answered()
    {
        await using var doors = await DoorHub.StartAsync();
        Assert.StartsWith("HTTP/1.1 403 ", await AskAsync(doors, "/page"));
        await using var trusting = await StartAsync();
        Assert.StartsWith("HTTP/1.1 400 ", await trusting.SendAsync("GET", trusting.HubHost, "/authz/forward-auth"));
    }

    [Fact]
    public async Task A_host_is_a_tunnels_or_an_external_routes_and_the_hub_forwards_nothing_for_the_latter()
    {
        await using var doors = await StartAsync();
        Assert.StartsWith("HTTP/1.1 404 ", await doors.SendAsync("GET", "wiki.example.test:8081", "/page"));
        using var api = doors.Hub.Api();
        using var custom = await doors.Hub.PostAsync(new CreateTunnelRequest
        {
            Name = "thief", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = (await doors.Hub.LinkAsync()).Link, Hosts = ["wiki.example.test"],
        });
        Assert.Equal("host-taken", await TestHub.CodeAsync(custom));
        await doors.Hub.CreateAsync(new CreateTunnelRequest
        {
            Name = "shop", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = (await doors.Hub.LinkAsync()).Link, Hosts = ["shop.example.test"], Keep = true,
        });
        foreach (var (origin, status) in new[]
        {
            ("http://shop.example.test", HttpStatusCode.Conflict), ("http://demo.adit.test", HttpStatusCode.BadRequest), ("http://free.adit.test", HttpStatusCode.BadRequest),
            ("http://adit.test", HttpStatusCode.BadRequest), ("http://localhost", HttpStatusCode.BadRequest),
        })
        {
            using var refused = await api.PutAsJsonAsync("/api/v1/external-routes/mine", new ExternalRoute { Origins = [origin] }, AccessJson.Default.ExternalRoute);
            Assert.Equal(status, refused.StatusCode);
        }

        using var unknown = await api.PutAsJsonAsync(
            "/api/v1/external-routes/mine", new ExternalRoute { Origins = ["http://x.example.test"], Access = "project", Project = "nobodys" }, AccessJson.Default.ExternalRoute);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        await doors.Hub.RestartAsync();
        Assert.Single((await doors.Hub.Api().GetFromJsonAsync("/api/v1/external-routes", AccessJson.Default.ExternalRouteList))!.Items);
    }

    [Theory]
    [InlineData("""{"origins":["https://t2.example.com"]}""", HttpStatusCode.OK, "signed-in")]
    [InlineData("""{"origins":["https://t2.example.com"],"access":"owner"}""", HttpStatusCode.OK, "owner")]
    [InlineData("""{"origins":["https://t2.example.com"],"access":null}""", HttpStatusCode.BadRequest, null)]
    [InlineData("""{"origins":null}""", HttpStatusCode.BadRequest, null)]
    [InlineData("""{"origins":[null]}""", HttpStatusCode.BadRequest, null)]
    [InlineData("{}", HttpStatusCode.BadRequest, null)]
    public async Task An_external_route_that_says_little_is_for_who_is_signed_in(string body, HttpStatusCode status, string? access)
    {
        await using var doors = await StartAsync();
        using var api = doors.Hub.Api();
        using var answer = await api.PutAsync("/api/v1/external-routes/t2", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(status, answer.IsSuccessStatusCode ? HttpStatusCode.OK : answer.StatusCode);
        if (access is not null)
            Assert.Equal(access, (await answer.Content.ReadFromJsonAsync(AccessJson.Default.ExternalRoute))!.Access);
    }

    private static async Task<DoorHub> StartAsync()
    {
        var doors = await DoorHub.StartAsync(change: static o => o with { TrustedProxies = ["127.0.0.1"] });
        using var api = doors.Hub.Api();
        var route = new ExternalRoute
        {
            Origins = ["http://wiki.example.test:8081"], Access = "signed-in", HubUrl = $"http://{doors.HubHost}",
            Rules = [new AccessRule { Allow = false, Who = ["public"], Paths = ["/secret/*"] }],
        };
        using var answer = await api.PutAsJsonAsync("/api/v1/external-routes/wiki", route, AccessJson.Default.ExternalRoute);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return doors;
    }

    private static Task<string> AskAsync(DoorHub doors, string target, params string[] fields) => doors.SendAsync(
        "GET", doors.HubHost, "/authz/forward-auth",
        ["X-Forwarded-Method: GET", "X-Forwarded-Proto: http", $"X-Forwarded-Host: {Wiki}:8081", $"X-Forwarded-Uri: {target}", .. fields]);
}
