using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Tunnels;

namespace Adit.Hub.Tests.Access;

/// <summary>A limit holds for who has it, whatever they make.</summary>
public sealed class TokenLimitTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(3, null, null)]
    [InlineData(null, 3, null)]
    [InlineData(null, null, 4096L)]
    public async Task A_token_with_a_limit_makes_no_other_that_would_have_it_anew(int? tunnels, int? streams, long? bandwidth)
    {
        await using var hub = await TestHub.StartAsync();
        var limited = await CreateAsync(
            hub, hub.AdminToken, new() { Name = "ann", Account = "ann", MaxTunnels = tunnels, MaxStreams = streams, BytesPerSecond = bandwidth });
        using var answer = await PostAsync(hub, limited.Secret!, new() { Name = "sibling", MaxTunnels = 1, MaxStreams = 1, BytesPerSecond = 1024 });
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("forbidden", await TestHub.CodeAsync(answer));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_without_limits_makes_others_for_its_own_account()
    {
        await using var hub = await TestHub.StartAsync();
        var free = await hub.TokenAsync("ann");
        var child = await CreateAsync(hub, free.Secret!, new() { Name = "child", MaxTunnels = 2 });
        Assert.Equal(("ann", 2), (child.Account, child.MaxTunnels));
    }

    private static async Task<ApiToken> CreateAsync(TestHub hub, string token, CreateTokenRequest request)
    {
        using var answer = await PostAsync(hub, token, request);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken))!;
    }

    private static async Task<HttpResponseMessage> PostAsync(TestHub hub, string token, CreateTokenRequest request)
    {
        using var api = hub.Api(token);
        return await api.PostAsJsonAsync("/api/v1/tokens", request, TokensJson.Default.CreateTokenRequest);
    }
}
