using Adit.Api;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>Requests that the page of another host causes, with the visitor's ticket.</summary>
public sealed class CrossSiteTests
{
    [Theory]
    [InlineData("same-origin", true)]
    [InlineData("none", true)]
    [InlineData("same-site", false)]
    [InlineData("cross-site", false)]
    public async Task What_changes_something_comes_from_the_host_itself(string site, bool passes)
    {
        await using var doors = await DoorHub.StartAsync();
        var answer = await doors.SendAsync(
            "POST", doors.DemoHost, "/x", $"Cookie: {await doors.TicketAsync("anna")}", "Content-Length: 0", $"Sec-Fetch-Site: {site}", "Sec-Fetch-Mode: navigate");
        Assert.StartsWith(passes ? "HTTP/1.1 200 " : "HTTP/1.1 403 ", answer);
    }

    [Fact]
    public async Task Without_fetch_metadata_the_origin_or_referer_tells()
    {
        await using var doors = await DoorHub.StartAsync();
        var ticket = await doors.TicketAsync("anna");
        (string Field, bool Passes)[] cases =
        [
            ($"Origin: http://{doors.DemoHost}", true), ("Origin: http://other.adit.test", false), ("Origin: null", false), ("Origin: http://demo.adit.test:1", false),
            ($"Referer: http://{doors.DemoHost}/page", true), ("Referer: http://evil.example/", false), ("X-Nothing: at all", false),
        ];
        foreach (var (field, passes) in cases)
        {
            var answer = await doors.SendAsync("POST", doors.DemoHost, "/x", $"Cookie: {ticket}", "Content-Length: 0", field);
            Assert.True(answer.StartsWith(passes ? "HTTP/1.1 200 " : "HTTP/1.1 403 ", StringComparison.Ordinal), field + answer);
        }

        Assert.StartsWith("HTTP/1.1 200 ", await doors.GetAsync("/x", $"Cookie: {ticket}"));
    }

    [Fact]
    public async Task A_page_of_another_tunnel_cannot_read_either_but_a_link_leads_in()
    {
        await using var doors = await DoorHub.StartAsync();
        var ticket = await doors.TicketAsync("anna");
        Assert.StartsWith("HTTP/1.1 403 ", await doors.GetAsync("/x", $"Cookie: {ticket}", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors"));
        Assert.StartsWith("HTTP/1.1 403 ", await doors.GetAsync("/x", $"Cookie: {ticket}", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"));
        Assert.StartsWith("HTTP/1.1 200 ", await doors.GetAsync("/x", $"Cookie: {ticket}", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"));
    }

    [Fact]
    public async Task An_application_that_looks_itself_can_have_it_off()
    {
        await using var doors = await DoorHub.StartAsync(options: new TunnelOptions { CrossSite = true });
        var answer = await doors.SendAsync(
            "POST", doors.DemoHost, "/x", $"Cookie: {await doors.TicketAsync("anna")}", "Content-Length: 0", "Sec-Fetch-Site: cross-site");
        Assert.StartsWith("HTTP/1.1 200 ", answer);
    }

    [Theory]
    [InlineData("own", true)]
    [InlineData("http://evil.example", false)]
    [InlineData("http://other.adit.test", false)]
    [InlineData("null", false)]
    [InlineData("", false)]
    public async Task A_websocket_by_ticket_comes_from_a_page_of_the_host(string origin, bool passes)
    {
        await using var doors = await DoorHub.StartAsync(app: DoorHub.Upgrading());
        var ticket = await doors.TicketAsync("anna");
        var field = origin switch { "own" => $"Origin: http://{doors.DemoHost}", "" => "", _ => $"Origin: {origin}" };
        var (peer, head) = await doors.UpgradeAsync($"Cookie: {ticket}", field);
        await using var _ = peer;
        Assert.StartsWith(passes ? "HTTP/1.1 101 " : "HTTP/1.1 403 ", head);
        if (!passes)
            Assert.Contains("application/problem+json", head);
    }

    [Fact]
    public async Task A_websocket_by_token_needs_no_origin_and_one_without_anything_is_told_401()
    {
        await using var doors = await DoorHub.StartAsync(app: DoorHub.Upgrading());
        var token = await doors.Hub.TokenAsync("carl");
        var (peer, head) = await doors.UpgradeAsync($"Authorization: Bearer {token.Secret}");
        await using (peer)
            Assert.StartsWith("HTTP/1.1 101 ", head);
        var (stranger, refused) = await doors.UpgradeAsync($"Origin: http://{doors.DemoHost}");
        await using (stranger)
            Assert.StartsWith("HTTP/1.1 401 ", refused);
    }
}
