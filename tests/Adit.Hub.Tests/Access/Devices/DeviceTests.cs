using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Devices;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access.Devices;

/// <summary>RFC 8628: a program without a browser, and somebody with one.</summary>
public sealed class DeviceTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly ManualTimeProvider _time = new();

    [Fact(Timeout = 60_000)]
    public async Task A_program_gets_a_token_of_whoever_confirms_its_code_once()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var ann = await hub.PersonAsync("ann");
        var codes = await BeginAsync(hub);
        Assert.Matches("^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$", codes.UserCode);
        Assert.Matches("^http://adit[.]test:[0-9]+/device$", codes.VerificationUri); // Not the loopback address that was asked: tunnels know no session there.
        Assert.Equal(($"{codes.VerificationUri}?code={codes.UserCode}", 600, 5), (codes.VerificationUriComplete, codes.ExpiresIn, codes.Interval));
        Assert.Equal((HttpStatusCode.PreconditionRequired, "authorization-pending"), await AskAsync(hub, codes));

        using (var shown = await hub.SendAsync(ann, HttpMethod.Get, "device/" + codes.UserCode.ToLowerInvariant().Replace("-", " ", StringComparison.Ordinal)))
            Assert.Equal(("gpu1", codes.UserCode, "127.0.0.1"), await shown.Content.ReadFromJsonAsync(DevicesJson.Default.DeviceRequest, Ct) is { } r ? (r.ClientName, r.UserCode, r.Address) : default);
        Assert.Equal(HttpStatusCode.NoContent, await DecideAsync(hub, ann, codes, true));
        Assert.Equal(HttpStatusCode.NotFound, await DecideAsync(hub, ann, codes, true));

        _time.Advance(TimeSpan.FromSeconds(5));
        using var answer = await TokenAsync(hub, codes);
        var token = (await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Ct))!;
        Assert.Equal(("ann", "gpu1", false), (token.Account, token.Name, token.IsAdmin));
        Assert.Equal(_time.GetUtcNow().AddDays(90), token.Expires);
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(token.Secret, HttpMethod.Get, "tunnels"));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((HttpStatusCode.Gone, "expired"), await AskAsync(hub, codes));
        Assert.Contains(await hub.AuditAsync("action=device.approve"), static e => e is { Actor: "ann", Detail: { } d } && d["client"] == "gpu1");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_is_refused_is_told_and_gets_nothing()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var ann = await hub.PersonAsync("ann");
        var codes = await BeginAsync(hub);
        Assert.Equal(HttpStatusCode.NoContent, await DecideAsync(hub, ann, codes, false));
        Assert.Equal((HttpStatusCode.Forbidden, "access-denied"), await AskAsync(hub, codes));
        Assert.Equal((HttpStatusCode.Gone, "expired"), await AskAsync(hub, codes));
    }

    [Fact(Timeout = 60_000)]
    public async Task Codes_end_after_ten_minutes_also_when_the_clock_is_put_back()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var ann = await hub.PersonAsync("ann");
        var codes = await BeginAsync(hub);
        _time.Advance(TimeSpan.FromMinutes(10));
        _time.ShiftWallClock(TimeSpan.FromHours(-1));
        Assert.Equal(HttpStatusCode.NotFound, await DecideAsync(hub, ann, codes, true));
        Assert.Equal((HttpStatusCode.Gone, "expired"), await AskAsync(hub, codes));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_asks_too_often_has_to_slow_down()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var codes = await BeginAsync(hub);
        Assert.Equal("authorization-pending", (await AskAsync(hub, codes)).Code);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((HttpStatusCode.TooManyRequests, "slow-down"), await AskAsync(hub, codes));
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("slow-down", (await AskAsync(hub, codes)).Code); // It was to wait ten seconds by then.
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("authorization-pending", (await AskAsync(hub, codes)).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Guessing_a_code_is_stopped()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var ann = await hub.PersonAsync("ann");
        var codes = await BeginAsync(hub);
        for (var i = 0; i < 20; i++)
            Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Get, "device/BBBB-BBBB"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await DecideAsync(hub, ann, codes, true));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stranger_cannot_fill_the_hub_with_programs_that_wait()
    {
        await using var hub = await TestHub.StartAsync(_time);
        for (var i = 0; i < 20; i++)
            await BeginAsync(hub);
        using var answer = await hub.SendAsync("none", HttpMethod.Post, "device", Body());
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        _time.Advance(TimeSpan.FromMinutes(11));
        await BeginAsync(hub);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_confirms_without_a_right_to_make_tokens_or_with_more_than_it_has()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var codes = await BeginAsync(hub);
        Assert.Equal(HttpStatusCode.Unauthorized, await DecideAsync(hub, "none", codes, true));
        Assert.Equal(HttpStatusCode.Forbidden, await DecideAsync(hub, await hub.ScopedAsync("ann", "tunnels:write"), codes, true));
        var narrow = await hub.ScopedAsync("ann", "tokens:write", "tunnels:read");
        Assert.Equal(HttpStatusCode.Forbidden, await DecideAsync(hub, narrow, codes, true, "tunnels:write"));
        Assert.Equal(HttpStatusCode.NoContent, await DecideAsync(hub, narrow, codes, true));
        using var answer = await TokenAsync(hub, codes);
        Assert.Equal(["tokens:write", "tunnels:read"], (await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Ct))!.Scopes);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_admins_machine_gets_an_everyday_token_unless_the_admin_says_otherwise()
    {
        await using var hub = await TestHub.StartAsync(_time);
        async Task<ApiToken?> GetAsync(string? by, bool isAdmin)
        {
            var codes = await BeginAsync(hub);
            using var decided = await hub.SendAsync(
                by, HttpMethod.Post, "device/" + codes.UserCode, JsonContent.Create(new DecideDeviceRequest { Approve = true, IsAdmin = isAdmin }, DevicesJson.Default.DecideDeviceRequest));
            if (!decided.IsSuccessStatusCode)
                return null;
            using var answer = await TokenAsync(hub, codes);
            return await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Ct);
        }

        var everyday = (await GetAsync(null, false))!;
        Assert.False(everyday.IsAdmin);
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(everyday.Secret, HttpMethod.Get, "audit"));
        Assert.True((await GetAsync(null, true))!.IsAdmin);
        Assert.Null(await GetAsync(await hub.PersonAsync("ann"), true));
        Assert.Null(await GetAsync(everyday.Secret, true));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_who_confirmed_lost_meanwhile_is_not_given()
    {
        await using var hub = await TestHub.StartAsync(_time);
        var ann = await hub.PersonAsync("ann");
        var codes = await BeginAsync(hub);
        Assert.Equal(HttpStatusCode.NoContent, await DecideAsync(hub, ann, codes, true));
        await hub.StatusAsync(ann, HttpMethod.Delete, $"tokens/{ann[5..17]}");
        Assert.Equal((HttpStatusCode.Gone, "expired"), await AskAsync(hub, codes));

        await hub.PersonAsync("bob", PlatformRole.Admin);
        var bob = (await hub.Services.GetRequiredService<TokenRegistry>().CreateAsync(new CreateTokenRequest { Name = "bob" }, "bob", isAdmin: true)).Secret!;
        var second = await BeginAsync(hub);
        using (var decided = await hub.SendAsync(
            bob, HttpMethod.Post, "device/" + second.UserCode, JsonContent.Create(new DecideDeviceRequest { Approve = true, IsAdmin = true }, DevicesJson.Default.DecideDeviceRequest)))
            Assert.Equal(HttpStatusCode.NoContent, decided.StatusCode);
        await hub.Services.GetRequiredService<AccountDirectory>().ChangeAsync("bob", static a => a with { State = AccountState.Disabled });
        Assert.Equal((HttpStatusCode.Gone, "expired"), await AskAsync(hub, second));
    }

    [Fact]
    public void Those_of_one_ipv6_network_are_counted_together()
    {
        var book = new DeviceBook(_time);
        for (var i = 0; i < 20; i++)
            Assert.NotNull(book.Begin("gpu1", IPAddress.Parse($"2001:db8:0:1::{i:x}")));
        Assert.Null(book.Begin("gpu1", IPAddress.Parse("2001:db8:0:1:ffff::1")));
        Assert.NotNull(book.Begin("gpu1", IPAddress.Parse("2001:db8:0:2::1")));
    }

    private static async Task<DeviceCodes> BeginAsync(TestHub hub)
    {
        using var anybody = LoopbackHttp.Create();
        using var answer = await anybody.PostAsync(new Uri(hub.Address, "/api/v1/device"), Body(), Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(DevicesJson.Default.DeviceCodes, Ct))!;
    }

    private static JsonContent Body() => JsonContent.Create(new BeginDeviceRequest { ClientName = "gpu1" }, DevicesJson.Default.BeginDeviceRequest);

    private static async Task<HttpResponseMessage> TokenAsync(TestHub hub, DeviceCodes codes)
    {
        using var anybody = LoopbackHttp.Create();
        return await anybody.PostAsync(
            new Uri(hub.Address, "/api/v1/device/token"), JsonContent.Create(new DeviceTokenRequest { DeviceCode = codes.DeviceCode }, DevicesJson.Default.DeviceTokenRequest), Ct);
    }

    private static async Task<(HttpStatusCode Status, string? Code)> AskAsync(TestHub hub, DeviceCodes codes)
    {
        using var answer = await TokenAsync(hub, codes);
        return (answer.StatusCode, await TestHub.CodeAsync(answer));
    }

    private static Task<HttpStatusCode> DecideAsync(TestHub hub, string token, DeviceCodes codes, bool approve, params string[] scopes) => hub.StatusAsync(
        token, HttpMethod.Post, "device/" + codes.UserCode,
        JsonContent.Create(new DecideDeviceRequest { Approve = approve, Scopes = scopes.Length == 0 ? null : scopes }, DevicesJson.Default.DecideDeviceRequest));
}
