using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>Signing out at a tunnel's host.</summary>
public sealed class LogOutTests
{
    [Fact]
    public async Task Signing_out_at_one_tunnel_ends_the_session_everywhere()
    {
        await using var doors = await DoorHub.StartAsync();
        await doors.TunnelAsync("other", "signed-in");
        var other = doors.DemoHost.Replace("demo", "other", StringComparison.Ordinal);
        var session = await doors.SignInAsync("anna");
        var (here, there) = (await doors.DanceAsync(session), await doors.DanceAsync(session, other));
        Assert.StartsWith("HTTP/1.1 200 ", await doors.SendAsync("GET", other, "/x", $"Cookie: {there}"));
        var answer = await doors.SendAsync("POST", doors.DemoHost, "/_adit/logout", $"Cookie: {here}", $"Origin: http://{doors.DemoHost}", "Content-Length: 0");
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.Contains("Set-Cookie: adit_ticket=; Path=/; Max-Age=0", answer);
        Assert.StartsWith("HTTP/1.1 401 ", await doors.SendAsync("GET", other, "/x", $"Cookie: {there}"));
        Assert.StartsWith("HTTP/1.1 401 ", await doors.SendAsync("GET", doors.HubHost, "/api/v1/session", $"Cookie: {session}"));
        Assert.Empty(doors.Sessions.List("anna"));
        Assert.Contains(await doors.Hub.AuditAsync("action=sign-out"), static e => e is { Actor: "anna", Target: "account:anna", Address: "127.0.0.1" });
    }

    [Fact]
    public async Task A_token_that_is_used_at_a_door_or_to_sign_in_is_in_the_log()
    {
        await using var doors = await DoorHub.StartAsync();
        var anna = (await doors.Hub.TokenAsync("anna")).Secret!;
        var bob = (await doors.Hub.TokenAsync("bob")).Secret!;
        var carl = (await doors.Hub.TokenAsync("carl")).Secret!;
        Assert.StartsWith("HTTP/1.1 200 ", await doors.GetAsync("/x", $"Authorization: Bearer {anna}"));
        using (var browser = await TestBrowser.SignedInAsync(doors.Hub, bob)) { }
        await using (var peer = await RawPeer.ConnectAsync(doors.Port))
        {
            var form = $"token={carl}";
            await peer.SendAsync(
                $"POST /_adit/sign-in HTTP/1.1\r\nHost: {doors.DemoHost}\r\nConnection: close\r\nOrigin: http://{doors.DemoHost}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {form.Length}\r\n\r\n{form}");
            Assert.StartsWith("HTTP/1.1 303 ", await peer.ReadToEndAsync());
        }

        foreach (var who in new[] { "anna", "bob", "carl" })
            await Eventually.HoldsAsync(async () => (await doors.Hub.AuditAsync("action=token.use&actor=" + who)).Count == 1, $"the use of {who}'s token is in the log");
    }

    [Fact]
    public async Task Another_sites_page_cannot_sign_anybody_out()
    {
        await using var doors = await DoorHub.StartAsync();
        var ticket = await doors.TicketAsync("anna");
        foreach (var field in new[] { "Origin: http://evil.example", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: cross-site" })
            Assert.StartsWith("HTTP/1.1 403 ", await doors.SendAsync("POST", doors.DemoHost, "/_adit/logout", $"Cookie: {ticket}", field, "Content-Length: 0"));
        Assert.Contains("<form method=\"post\" action=\"/_adit/logout\">", await doors.GetAsync("/_adit/logout", $"Cookie: {ticket}"));
        Assert.NotEmpty(doors.Sessions.List("anna"));
    }
}
