using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Adit.Api;
using Adit.Hub.Tests.Edge.Forwarding;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>What passes a door in the fields of requests and answers, and what does not.</summary>
public sealed class DoorHeaderTests
{
    [Fact]
    public async Task Whoever_a_visitor_says_it_is_never_reaches_the_application()
    {
        await using var doors = await DoorHub.StartAsync("public");
        string[] forged =
        [
            "X-Forwarded-User", "x-forwarded-email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username", "Remote-User", "Remote-Groups", "Remote-Name",
            "X-Auth-Request-User", "X-Auth-Request-Email", "X-Adit-Assertion", "X-Adit-Anything", "X-SP-UserId", "Cf-Access-Jwt-Assertion", "X-WebAuth-User",
            "Remote_User", "REMOTE_USER", "X_Forwarded_User", "X-Forwarded_User", "X_Adit_Assertion", "X.Forwarded.User", "X_Auth_Request_User_That_Is_Longer_Than_Thirty_Two",
            "X-Original-URL", "X-Rewrite-Url", "X_Forwarded_For",
        ];
        var answer = await doors.GetAsync("/x", [.. forged.Select(static name => name + ": forged"), "X-Own: kept", "X_Own: kept"]);
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.DoesNotContain("forged", answer);
        Assert.Contains("\r\nX-Own: kept\r\n", answer);
        Assert.Contains("\r\nX_Own: kept\r\n", answer);
    }

    [Fact]
    public async Task Trailers_bring_nothing_in_that_headers_may_not()
    {
        await using var app = new RawServer(static async peer =>
        {
            var head = await peer.ReadHeadAsync();
            var body = await peer.ReadUntilAsync("0\r\n");
            var rest = await peer.ReadUntilAsync("\r\n"); // The end of the body, or the first of its trailers.
            var seen = head + body + rest;
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {seen.Length}\r\nConnection: close\r\n\r\n{seen}");
        });
        await using var doors = await DoorHub.StartAsync("public", app: app);
        await using var peer = await RawPeer.ConnectAsync(doors.Port);
        await peer.SendAsync(
            $"POST /x HTTP/1.1\r\nHost: {doors.DemoHost}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Forwarded-User\r\n\r\n"
            + "2\r\nhi\r\n0\r\nX-Forwarded-User: forged\r\nRemote_User: forged\r\nX-Adit-Assertion: forged\r\n\r\n");
        Assert.DoesNotContain("forged", await peer.ReadToEndAsync());
    }

    [Fact]
    public async Task A_forged_X_Forwarded_Host_of_a_stranger_changes_nothing()
    {
        await using var doors = await DoorHub.StartAsync("public");
        await doors.TunnelAsync("other", "owner");
        var answer = await doors.GetAsync(
            "/x", "X-Forwarded-Host: other.adit.test", "X-Forwarded-Proto: https", "X-Forwarded-For: 10.0.0.1", "Forwarded: host=other.adit.test");
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.Contains($"\r\nX-Forwarded-Host: {doors.DemoHost}\r\n", answer);
        Assert.DoesNotContain("10.0.0.1", answer);
        var other = await doors.SendAsync("GET", doors.DemoHost.Replace("demo", "other", StringComparison.Ordinal), "/x", $"X-Forwarded-Host: {doors.DemoHost}");
        Assert.StartsWith("HTTP/1.1 401 ", other);
    }

    [Fact]
    public async Task The_applications_own_basic_password_passes_a_door_that_a_ticket_opened()
    {
        await using var doors = await DoorHub.StartAsync();
        var ticket = await doors.TicketAsync("anna");
        var answer = await doors.GetAsync("/x", $"Cookie: {ticket}", "Authorization: Basic dTpw");
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.Contains("\r\nAuthorization: Basic dTpw\r\n", answer);
    }

    [Fact]
    public async Task A_token_of_the_hub_never_reaches_an_application()
    {
        await using var doors = await DoorHub.StartAsync();
        var token = await doors.Hub.TokenAsync("carl");
        var ticket = await doors.TicketAsync("anna");
        Assert.DoesNotContain("adit_", await doors.GetAsync("/x", $"Authorization: Bearer {token.Secret}"));
        Assert.DoesNotContain(token.Secret!, await doors.GetAsync("/x", $"Cookie: {ticket}", $"Authorization: Bearer {token.Secret}"));
        Assert.DoesNotContain(token.Secret!, await doors.GetAsync("/x", $"Cookie: {ticket}", $"Authorization: token {token.Secret}"));
    }

    [Fact]
    public async Task Cookies_of_the_hub_are_taken_out_wherever_they_are()
    {
        await using var doors = await DoorHub.StartAsync();
        var session = await doors.SignInAsync("anna");
        var ticket = await doors.DanceAsync(session);
        var answer = await doors.GetAsync(
            "/x", $"Cookie: a=1; {session}", $"Cookie: {ticket}", "Cookie: __Host-adit=s; ADIT_Ticket=x; b=2; __host-adit_t=z; adit_state_x=y", "Cookie: adit_embed");
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.Contains("\r\nCookie: a=1\r\n", answer);
        Assert.Contains("\r\nCookie: b=2\r\n", answer);
        Assert.DoesNotContain("adit_", answer[answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)..], StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(4_500)]
    [InlineData(8_500)]
    [InlineData(30_000)]
    public async Task Cookies_of_many_kilobytes_pass(int length)
    {
        await using var doors = await DoorHub.StartAsync();
        var ticket = await doors.TicketAsync("anna");
        var answer = await doors.GetAsync("/x", $"Cookie: big={new string('x', length)}; {ticket}");
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.Contains($"big={new string('x', length)}\r\n", answer);
    }

    [Fact]
    public async Task A_ticket_that_somebody_else_put_there_does_not_count()
    {
        await using var doors = await DoorHub.StartAsync();
        await doors.TunnelAsync("other", "signed-in");
        var other = doors.DemoHost.Replace("demo", "other", StringComparison.Ordinal);
        var ofOther = await doors.TicketAsync("eve", other);
        var own = await doors.TicketAsync("anna");
        Assert.StartsWith("HTTP/1.1 401 ", await doors.GetAsync("/x", $"Cookie: {ofOther}"));
        var both = await doors.GetAsync("/x", $"Cookie: {ofOther}", $"Cookie: adit_ticket=; adit_ticket=AAAA; {own}");
        Assert.Contains("\r\nX-Forwarded-User: anna\r\n", both);
        Assert.StartsWith("HTTP/1.1 401 ", await doors.GetAsync("/x", "Cookie: " + string.Join("; ", Enumerable.Repeat("adit_ticket=AAAA", 500)) + "; " + own));
    }

    [Fact]
    public async Task An_application_learns_who_comes_and_can_verify_it()
    {
        await using var doors = await DoorHub.StartAsync();
        await doors.Accounts.SetGroupsAsync((await doors.PersonAsync("anna", email: "anna@example.com")).Name, "local", ["ds", "größe, x"]);
        var answer = await doors.GetAsync("/x", $"Cookie: {await doors.TicketAsync("anna")}");
        Assert.Contains("\r\nX-Forwarded-User: anna\r\n", answer);
        Assert.Contains("\r\nX-Forwarded-Email: anna@example.com\r\n", answer);
        Assert.Contains("\r\nX-Forwarded-Groups: ds,gr%C3%B6%C3%9Fe%2C%20x\r\n", answer);
        var parts = Regex.Match(answer, "\r\nX-Adit-Assertion: ([^\r]+)\r\n").Groups[1].Value.Split('.');
        using var head = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
        using var body = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        using var jwks = JsonDocument.Parse(BodyOf(await doors.SendAsync("GET", doors.HubHost, "/.well-known/jwks.json")));
        var key = jwks.RootElement.GetProperty("keys").EnumerateArray().Single(k => k.GetProperty("kid").GetString() == head.RootElement.GetProperty("kid").GetString());
        using var verifier = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars(key.GetProperty("x").GetString()), Y = Base64Url.DecodeFromChars(key.GetProperty("y").GetString()) },
        });
        Assert.True(verifier.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        Assert.Equal("ES256", head.RootElement.GetProperty("alg").GetString());
        Assert.Equal(("anna", DoorHub.Host, "http://adit.test"), (Text(body, "sub"), Text(body, "aud"), Text(body, "iss")));
        Assert.Equal(60, body.RootElement.GetProperty("exp").GetInt64() - body.RootElement.GetProperty("iat").GetInt64());
        Assert.Equal(["ds", "größe, x"], body.RootElement.GetProperty("groups").EnumerateArray().Select(static g => g.GetString()));
    }

    [Fact]
    public async Task Visitors_without_an_account_have_no_identity()
    {
        await using var doors = await DoorHub.StartAsync("public", options: new TunnelOptions { VisitorToken = "a-visitor-token-of-24" });
        var answer = await doors.GetAsync("/x", "Authorization: Bearer a-visitor-token-of-24");
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.DoesNotContain("X-Forwarded-User", answer);
        Assert.DoesNotContain("X-Adit-Assertion", answer);
    }

    [Fact]
    public async Task An_answer_cannot_reach_beyond_its_own_host()
    {
        await using var app = RawServer.Answering(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: wide=1; Domain=adit.test; Path=/\r\nSet-Cookie: dotted=1; path=/; domain=.adit.test\r\n"
            + "Set-Cookie: own=1; Domain=demo.adit.test\r\nSet-Cookie: plain=1; Path=/\r\nSet-Cookie: adit_ticket=forged\r\nSet-Cookie: __Host-adit=forged; Secure; Path=/\r\n"
            + "Set-Cookie: __HOST-Adit_T=forged\r\nSet-Cookie: empty=1; Domain=\r\nClear-Site-Data: \"cookies\", \"cache\"\r\n"
            + "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\nConnection: close\r\n\r\nok");
        await using var doors = await DoorHub.StartAsync("public", app: app);
        var answer = await doors.GetAsync("/x");
        Assert.DoesNotContain("wide", answer);
        Assert.DoesNotContain("dotted", answer);
        Assert.DoesNotContain("forged", answer);
        Assert.Contains("\r\nSet-Cookie: own=1; Domain=demo.adit.test\r\n", answer);
        Assert.Contains("\r\nSet-Cookie: plain=1; Path=/\r\n", answer);
        Assert.Contains("\r\nSet-Cookie: empty=1; Domain=\r\n", answer);
        Assert.Contains("\r\nClear-Site-Data: \"cache\"\r\n", answer);
        Assert.Contains("\r\nStrict-Transport-Security: max-age=31536000\r\n", answer);
    }

    [Fact]
    public async Task A_private_page_is_framed_by_its_own_host_only()
    {
        await using var doors = await DoorHub.StartAsync();
        Assert.Contains("\r\nContent-Security-Policy: frame-ancestors 'self'\r\n", await doors.GetAsync("/x", $"Cookie: {await doors.TicketAsync("anna")}"));
    }

    private static string BodyOf(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    private static string? Text(JsonDocument document, string name) => document.RootElement.GetProperty(name).GetString();
}
