using System.Net;
using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>Tunnels in frames of other sites' pages.</summary>
public sealed class EmbedTests
{
    [Fact]
    public async Task A_grant_shows_a_tunnel_in_the_frames_it_names_and_in_no_others()
    {
        await using var app = Edge.Forwarding.RawServer.Answering(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Frame-Options: DENY\r\nContent-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\nConnection: close\r\n\r\nok");
        await using var doors = await DoorHub.StartAsync("owner", app: app);
        var grant = await GrantAsync(doors);
        var target = new Uri(grant.Url!).PathAndQuery;
        var entered = await doors.GetAsync(target + "?to=/dash", "Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate");
        Assert.StartsWith("HTTP/1.1 303 ", entered);
        Assert.Contains("\r\nLocation: /dash\r\n", entered);
        Assert.Matches("Set-Cookie: adit_embed=[^;]+; Path=/; Max-Age=[0-9]+; HttpOnly; SameSite=None; Secure; Partitioned\r\n", entered);
        var cookie = DoorHub.CookieOf(entered, "adit_embed");
        var page = await doors.GetAsync("/dash", $"Cookie: {cookie}", "Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate");
        Assert.StartsWith("HTTP/1.1 200 ", page);
        Assert.Contains("\r\nContent-Security-Policy: default-src 'self'\r\n", page);
        Assert.Contains("\r\nContent-Security-Policy: frame-ancestors https://blog.example\r\n", page);
        Assert.DoesNotContain("X-Frame-Options", page);
        Assert.DoesNotContain("'none'", page);
        Assert.StartsWith("HTTP/1.1 401 ", await doors.GetAsync("/dash"));
    }

    [Fact]
    public async Task A_grants_address_is_for_frames_and_for_its_own_tunnel()
    {
        await using var doors = await DoorHub.StartAsync("owner");
        await doors.TunnelAsync("other", "owner");
        var target = new Uri((await GrantAsync(doors)).Url!).PathAndQuery;
        Assert.StartsWith("HTTP/1.1 403 ", await doors.GetAsync(target, DoorHub.Navigate));
        Assert.StartsWith("HTTP/1.1 404 ", await doors.SendAsync("GET", doors.DemoHost.Replace("demo", "other", StringComparison.Ordinal), target, "Sec-Fetch-Dest: iframe"));
        Assert.StartsWith("HTTP/1.1 404 ", await doors.GetAsync(target + "x", "Sec-Fetch-Dest: iframe"));
    }

    [Fact]
    public async Task A_grant_that_is_taken_back_ends_what_it_opened()
    {
        await using var doors = await DoorHub.StartAsync("owner");
        var grant = await GrantAsync(doors);
        var cookie = DoorHub.CookieOf(await doors.GetAsync(new Uri(grant.Url!).PathAndQuery, "Sec-Fetch-Dest: iframe"), "adit_embed");
        Assert.StartsWith("HTTP/1.1 200 ", await doors.GetAsync("/x", $"Cookie: {cookie}"));
        using var api = doors.Hub.Api();
        Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync($"/api/v1/tunnels/demo/embeds/{grant.Id}")).StatusCode);
        Assert.StartsWith("HTTP/1.1 401 ", await doors.GetAsync("/x", $"Cookie: {cookie}"));
        await doors.Hub.RestartAsync();
        Assert.Empty((await doors.Hub.Api().GetFromJsonAsync("/api/v1/tunnels/demo/embeds", AccessJson.Default.EmbedGrantList))!.Items);
    }

    [Fact]
    public async Task Users_grant_frames_only_where_an_admin_allows_it()
    {
        await using var doors = await DoorHub.StartAsync("owner");
        var carl = await doors.Hub.TokenAsync("carl");
        var client = await doors.Hub.LinkAsync(carl.Secret);
        await doors.Hub.CreateAsync(new CreateTunnelRequest { Name = "carls", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link }, carl.Secret);
        using var api = doors.Hub.Api(carl.Secret);
        using var answer = await api.PostAsJsonAsync(
            "/api/v1/tunnels/carls/embeds", new CreateEmbedRequest { Ancestors = ["https://blog.example"] }, AccessJson.Default.CreateEmbedRequest);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Theory]
    [InlineData("blog.example")]
    [InlineData("https://blog.example/path")]
    [InlineData("https://blog.example; script-src *")]
    [InlineData("https://blog.example, https://evil.example")]
    [InlineData("*")]
    [InlineData("'self'")]
    [InlineData("javascript://x")]
    public async Task What_is_no_origin_is_no_ancestor(string ancestor)
    {
        await using var doors = await DoorHub.StartAsync("owner");
        using var api = doors.Hub.Api();
        using var answer = await api.PostAsJsonAsync(
            "/api/v1/tunnels/demo/embeds", new CreateEmbedRequest { Ancestors = [ancestor] }, AccessJson.Default.CreateEmbedRequest);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private static async Task<EmbedGrantView> GrantAsync(DoorHub doors)
    {
        using var api = doors.Hub.Api();
        using var answer = await api.PostAsJsonAsync(
            "/api/v1/tunnels/demo/embeds", new CreateEmbedRequest { Ancestors = ["https://blog.example"], ExpiresInSeconds = 3600 }, AccessJson.Default.CreateEmbedRequest);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(AccessJson.Default.EmbedGrantView))!;
    }
}
