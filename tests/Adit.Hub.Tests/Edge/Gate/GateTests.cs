using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Edge.Gate;

public sealed class GateTests
{
    private const string Head = "GET /x HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\n";

    [Fact]
    public async Task Only_who_shows_what_the_route_asks_for_passes_and_it_goes_no_further()
    {
        await using var server = RawServer.Echoing();
        using var data = new TempDirectory();
        await using var edge = await StartAsync(server.Port, data, new TestKeys(), new RoutePolicy
        {
            Owner = "ada", VisitorTokenHash = SHA256.HashData("guest"u8), BasicAuthHash = SHA256.HashData("u:p"u8),
        });
        Assert.StartsWith("HTTP/1.1 401 ", await edge.ExchangeAsync(Head + "\r\n"));
        Assert.StartsWith("HTTP/1.1 401 ", await edge.ExchangeAsync(Head + "Authorization: Bearer of-bob\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 401 ", await edge.ExchangeAsync(Head + "Cookie: adit_ticket=AAAA\r\n\r\n"));
        foreach (var cookie in (string[])["!!!", "a=b", "AAA\\", new string('A', 8_000), "=", "Ä"])
            Assert.StartsWith("HTTP/1.1 401 ", await edge.ExchangeAsync(Head + $"Cookie: adit_ticket={cookie}; adit_embed={cookie}\r\n\r\n"));
        string[] good = ["Bearer of-ada", "Bearer guest", "Basic " + Convert.ToBase64String("u:p"u8)];
        foreach (var value in good)
        {
            var answer = await edge.ExchangeAsync(Head + $"Authorization: {value}\r\nCookie: a=b; adit_ticket=AAAA; c=d\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", answer);
            Assert.DoesNotContain("Authorization", answer);
            Assert.Contains("Cookie: a=b; c=d\r\n", answer);
        }
    }

    [Fact]
    public async Task Whose_token_does_not_open_a_route_that_nothing_else_opens_is_not_asked_for_another()
    {
        await using var server = RawServer.Echoing();
        using var data = new TempDirectory();
        await using var edge = await StartAsync(server.Port, data, new TestKeys(), new RoutePolicy { Owner = "ada" });
        Assert.StartsWith("HTTP/1.1 404 ", await edge.ExchangeAsync(Head + "Authorization: Bearer of-bob\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 401 ", await edge.ExchangeAsync(Head + "Authorization: Bearer of-nobody-there\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync(Head + "Authorization: Bearer of-ada\r\n\r\n"));
    }

    [Fact]
    public async Task A_browser_signs_in_by_form_or_code_until_the_token_is_revoked()
    {
        await using var server = RawServer.Echoing();
        using var data = new TempDirectory();
        var keys = new TestKeys();
        await using var edge = await StartAsync(server.Port, data, keys, new RoutePolicy { Owner = "ada" });
        var page = await edge.ExchangeAsync(Head + "Accept: text/html\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401 ", page);
        Assert.Contains("<form method=\"post\" action=\"/_adit/sign-in\">", page);
        Assert.Contains("name=\"to\" value=\"/x\"", page);

        Assert.StartsWith("HTTP/1.1 403 ", await PostAsync(edge, "token=of-ada&to=/x", "cross-site"));
        Assert.StartsWith("HTTP/1.1 401 ", await PostAsync(edge, "token=wrong&to=/x"));
        var code = edge.Services.GetRequiredService<SignInCodes>().Issue(TestEdge.Host, new DoorKey("ada", "t1"));
        Assert.Contains("Location: /\r\n", await PostAsync(edge, $"code={code}&to=//evil.example"));
        Assert.StartsWith("HTTP/1.1 401 ", await PostAsync(edge, $"code={code}&to=/x"));

        var done = await PostAsync(edge, "token=of-ada&to=/x");
        Assert.StartsWith("HTTP/1.1 303 ", done);
        Assert.Contains("Location: /x\r\n", done);
        var cookie = Regex.Match(done, "Set-Cookie: (adit_ticket=[^;]+); Path=/; Max-Age=[0-9]+; HttpOnly; SameSite=Lax").Groups[1].Value;
        Assert.NotEmpty(cookie);
        Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync(Head + $"Cookie: {cookie}\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 401 ", await edge.ExchangeAsync(Head + $"Cookie: {cookie[..^10]}{(cookie[^10] == 'A' ? 'B' : 'A')}{cookie[^9..]}\r\n\r\n"));
        keys.Revoked = true;
        Assert.StartsWith("HTTP/1.1 401 ", await edge.ExchangeAsync(Head + $"Cookie: {cookie}\r\n\r\n"));
    }

    [Fact]
    public async Task Guessing_is_held_up()
    {
        using var data = new TempDirectory();
        await using var edge = await StartAsync(1, data, new TestKeys(), new RoutePolicy { Owner = "ada" });
        for (var i = 0; i < 10; i++)
            Assert.StartsWith("HTTP/1.1 401 ", await PostAsync(edge, $"token=guess{i}&to=/"));
        Assert.StartsWith("HTTP/1.1 429 ", await PostAsync(edge, "token=of-ada&to=/"));
    }

    private static Task<TestEdge> StartAsync(int port, TempDirectory data, TestKeys keys, RoutePolicy policy) => TestEdge.StartAsync(
        port,
        r => new Route { Name = r.Name, Kind = r.Kind, Policy = policy, Upstream = r.Upstream, Meter = r.Meter },
        o => o with { DataDirectory = data.Path },
        services: s => s.AddSingleton<IDoorKeys>(keys));

    private static Task<string> PostAsync(TestEdge edge, string form, string site = "same-origin") => edge.ExchangeAsync(
        $"POST /_adit/sign-in HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\nSec-Fetch-Site: {site}\r\nAccept: text/html\r\n"
        + $"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {Encoding.ASCII.GetByteCount(form)}\r\n\r\n{form}");
}
