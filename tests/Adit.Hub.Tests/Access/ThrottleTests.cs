using System.Net;
using Adit.Api;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;

namespace Adit.Hub.Tests.Access;

/// <summary>Guesses that come through a proxy in front of the hub.</summary>
public sealed class ThrottleTests
{
    private const int MostGuesses = 20;
    private static readonly string Wrong = "adit_0123456789ab_" + new string('x', 43);

    [Fact(Timeout = 60_000)]
    public async Task Guesses_through_a_trusted_proxy_count_against_the_guesser_and_not_the_proxy()
    {
        await using var hub = await TestHub.StartAsync(change: o => o with { TrustedProxies = ["127.0.0.1"] });
        for (var i = 1; i < MostGuesses; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(hub, Wrong, "203.0.113.7"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(hub, Wrong, "203.0.113.7"));

        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(hub, Wrong, "198.51.100.1, 203.0.113.7"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(hub, Wrong, "203.0.113.8"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(hub, Wrong, "203.0.113.7, 198.51.100.1")); // Only the last was written by the proxy.
        Assert.Equal(HttpStatusCode.OK, await AskAsync(hub, hub.AdminToken, "203.0.113.7")); // A good token is no guess.
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_is_no_trusted_proxy_cannot_guess_under_other_addresses()
    {
        await using var hub = await TestHub.StartAsync();
        for (var i = 1; i < MostGuesses; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(hub, Wrong, $"203.0.113.{i}"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(hub, Wrong, "203.0.113.99"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tunnels_sign_in_counts_the_same_way()
    {
        await using var hub = await TestHub.StartAsync(change: o => o with { TrustedProxies = ["127.0.0.1"] });
        var client = await hub.LinkAsync();
        await hub.CreateAsync(new CreateTunnelRequest { Name = "demo", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link });
        for (var i = 0; i < 10; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, await SignInAsync(hub, $"guess{i}", "203.0.113.7"));

        Assert.Equal(HttpStatusCode.TooManyRequests, await SignInAsync(hub, hub.AdminToken, "203.0.113.7"));
        Assert.Equal(HttpStatusCode.SeeOther, await SignInAsync(hub, hub.AdminToken, "203.0.113.8"));
    }

    private static async Task<HttpStatusCode> AskAsync(TestHub hub, string token, string? forwardedFor)
    {
        using var api = hub.Api(token);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/tunnels");
        if (forwardedFor is not null)
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        using var answer = await api.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> SignInAsync(TestHub hub, string token, string forwardedFor)
    {
        using var http = LoopbackHttp.Create();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(hub.Address, "/_adit/sign-in"));
        request.Headers.Host = $"demo.{TestHub.Domain}";
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        request.Content = new FormUrlEncodedContent([new("token", token), new("to", "/")]);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
