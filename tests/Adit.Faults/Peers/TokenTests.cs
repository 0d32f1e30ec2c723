using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Adit.Api;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Peers;

/// <summary>Tokens that are wrong, revoked, expired, or somebody else's; tickets used twice or made up.</summary>
public sealed class TokenTests(OneTunnel tunnel) : IClassFixture<OneTunnel>
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    private HubProcess Hub => tunnel.Hub;

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_links_of_a_token_end_with_it(bool byExpiry)
    {
        await LetUsersOpenAsync(TunnelAccess.Public);
        var token = await MakeTokenAsync("guest-" + byExpiry, byExpiry ? 5 : null);
        var name = byExpiry ? "expiring" : "revoked";
        await using var client = await Client.StartAsync(Hub, name, "http", tunnel.Upstream.Target, Environment(token.Secret!));
        using var visitor = LoopbackHttp.Create();
        Assert.Equal("one says hello", await visitor.GetStringAsync(new Uri(Hub.TunnelUrl(name)), Deadline));
        if (!byExpiry)
        {
            using var admin = LoopbackHttp.Create(Hub.AdminToken);
            (await admin.DeleteAsync(new Uri($"{Hub.Url}/api/v1/tokens/{token.Id}"), Deadline)).EnsureSuccessStatusCode();
        }

        var started = Stopwatch.GetTimestamp();
        await Eventually.HoldsAsync(async () => await Client.StateAsync(Hub, name) != TunnelState.Up, "the link ended", TimeSpan.FromSeconds(15));
        Assert.True(byExpiry || Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(3));
        Assert.NotEqual(0, await client.WaitForExitAsync());
        Assert.Contains("token", client.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Secret!, client.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Secret!, Hub.Process.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_makes_none_that_outlives_it()
    {
        var token = await MakeTokenAsync("short", 600);
        using var holder = LoopbackHttp.Create(token.Secret);
        foreach (var seconds in new long?[] { null, 86_400, 60 })
        {
            using var answer = await holder.PostAsJsonAsync(
                $"{Hub.Url}/api/v1/tokens", new CreateTokenRequest { Name = "child", ExpiresInSeconds = seconds }, TokensJson.Default.CreateTokenRequest, Deadline);
            var child = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Deadline);
            Assert.True(child!.Expires <= token.Expires, $"asked for {seconds}: {child.Expires} is after {token.Expires}");
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_accounts_link_serves_no_tunnel_of_mine()
    {
        using var admin = LoopbackHttp.Create(Hub.AdminToken);
        using var socket = await LinkAsync(Hub.AdminToken);
        var link = (await HelloAsync(socket)).GetProperty("link").GetString();
        var stranger = await MakeTokenAsync("stranger", null, "strangers");
        using var holder = LoopbackHttp.Create(stranger.Secret);
        using var answer = await holder.PostAsync(
            new Uri($"{Hub.Url}/api/v1/tunnels"),
            new StringContent($$"""{"kind":"http","name":"stolen","target":"127.0.0.1:22","link":"{{link}}"}""", Encoding.UTF8, "application/json"),
            Deadline);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Null(await Client.StateAsync(Hub, "stolen"));
        using var theirs = await holder.DeleteAsync(new Uri($"{Hub.Url}/api/v1/tunnels/one"), Deadline);
        Assert.Equal(HttpStatusCode.NotFound, theirs.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_ticket_opens_once_and_a_forged_one_never()
    {
        using var socket = await LinkAsync(Hub.AdminToken);
        var ticket = (await HelloAsync(socket)).GetProperty("tickets")[0].GetString()!;
        using var first = await DialAsync(ticket);
        await first.ReadUntilAsync("\r\n\r\n", Deadline);
        Assert.StartsWith("HTTP/1.1 101", first.Received, StringComparison.Ordinal);
        foreach (var bad in new[] { ticket, new string('A', 22), "", new string('A', 5000), ticket + "x" })
        {
            using var again = await DialAsync(bad);
            Assert.True(await again.ReadToEndAsync(TimeSpan.FromSeconds(12), Deadline));
            Assert.Matches("^(HTTP/1.1 40[01] |HTTP/1.1 431 |$)", again.Received);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("""{"type":"hello","protocol":2,"minProtocol":1,"client":{"name":"newer"}}""", "welcome")]
    [InlineData("""{"type":"hello","protocol":2,"minProtocol":1,"capabilities":["teleport"],"sidecar":{"a":1},"client":{"name":"newer","mood":"good"}}""", "welcome")]
    [InlineData("""{"type":"hello","protocol":3,"minProtocol":2,"client":{"name":"newer"}}""", "upgrade the hub")]
    [InlineData("""{"type":"hello","protocol":0,"minProtocol":0,"client":{"name":"older"}}""", "upgrade the client")]
    [InlineData("""{"type":"hello","protocol":1,"minProtocol":1,"client":{"name":"../../etc"}}""", "1 to 63 characters")]
    [InlineData("""{"type":"ping"}""", "begins with a hello")]
    public async Task A_hello_of_another_version_is_answered_by_what_to_do(string hello, string expected)
    {
        using var socket = await LinkAsync(Hub.AdminToken);
        Assert.Contains(expected, (await HelloAsync(socket, hello)).ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_flood_of_wishes_is_bounded()
    {
        using var socket = await LinkAsync(Hub.AdminToken);
        await HelloAsync(socket);
        var tickets = 0;
        for (var i = 0; i < 50; i++)
        {
            await socket.SendAsync("""{"type":"want","count":2000000000}"""u8.ToArray(), WebSocketMessageType.Text, true, Deadline);
        }

        await socket.SendAsync("""{"type":"ping","stamp":7}"""u8.ToArray(), WebSocketMessageType.Text, true, Deadline);
        while (await ReceiveAsync(socket) is var message && message.GetProperty("type").GetString() != "pong")
        {
            tickets += message.TryGetProperty("tickets", out var list) ? list.GetArrayLength() : 0;
        }

        Assert.InRange(tickets, 1, 64);
    }

    private Dictionary<string, string?> Environment(string token) => new() { ["ADIT_HUB"] = Hub.Url, ["ADIT_TOKEN"] = token };

    private async Task LetUsersOpenAsync(string access)
    {
        using var admin = LoopbackHttp.Create(Hub.AdminToken);
        var settings = new Uri($"{Hub.Url}/api/v1/settings/access");
        using var before = await admin.GetAsync(settings, Deadline);
        using var change = new HttpRequestMessage(HttpMethod.Put, settings)
        {
            Content = JsonContent.Create(new AccessSettings { MaxAccess = access }, AccessJson.Default.AccessSettings),
        };
        change.Headers.IfMatch.Add(before.EnsureSuccessStatusCode().Headers.ETag!);
        using var answer = await admin.SendAsync(change, Deadline);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<ApiToken> MakeTokenAsync(string name, long? seconds, string? account = null)
    {
        using var admin = LoopbackHttp.Create(Hub.AdminToken);
        using var answer = await admin.PostAsJsonAsync(
            $"{Hub.Url}/api/v1/tokens",
            new CreateTokenRequest { Name = name, Account = account ?? name.ToLowerInvariant(), ExpiresInSeconds = seconds },
            TokensJson.Default.CreateTokenRequest,
            Deadline);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Deadline))!;
    }

    private async Task<ClientWebSocket> LinkAsync(string token)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("adit-link");
        socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        socket.Options.Proxy = null;
        await socket.ConnectAsync(new Uri(Hub.Url.Replace("http", "ws", StringComparison.Ordinal) + "/_adit/link"), Deadline);
        return socket;
    }

    private static async Task<JsonElement> HelloAsync(
        ClientWebSocket socket, string hello = """{"type":"hello","protocol":1,"minProtocol":1,"client":{"name":"raw"}}""")
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(hello), WebSocketMessageType.Text, true, Deadline);
        return await ReceiveAsync(socket);
    }

    private static async Task<JsonElement> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        ValueWebSocketReceiveResult got;
        do
        {
            got = await socket.ReceiveAsync(buffer.AsMemory(length), Deadline);
            length += got.Count;
        }
        while (!got.EndOfMessage);
        return JsonDocument.Parse(buffer.AsMemory(0, length)).RootElement;
    }

    private async Task<RawVisitor> DialAsync(string ticket)
    {
        var visitor = await RawVisitor.ConnectAsync(Hub.Port, Deadline);
        await visitor.SendAsync(
            $"GET /_adit/link/data HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: adit-link\r\nAuthorization: Ticket {ticket}\r\n\r\n", Deadline);
        return visitor;
    }
}
