using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Testing;

namespace Adit.Hub.Tests.Tunnels;

public sealed class TunnelLifeTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_tunnel_is_routable_when_it_is_answered_and_gone_when_its_removal_is()
    {
        await using var server = Hello();
        await using var hub = await TestHub.StartAsync();
        var client = await hub.LinkAsync();
        for (var i = 0; i < 10; i++)
        {
            await hub.CreateAsync(Public("demo", server.Port, client));
            Assert.Equal((HttpStatusCode.OK, "hello"), await hub.VisitAsync("demo"));
            using var api = hub.Api();
            Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync("/api/v1/tunnels/demo")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await hub.VisitAsync("demo")).Status);
        }
    }

    [Fact]
    public async Task An_ephemeral_tunnel_outlives_its_client_by_the_grace_time_and_no_more()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        var client = await hub.LinkAsync();
        await hub.CreateAsync(Public("demo", 1, client));
        await client.DisposeAsync();
        await Eventually.HoldsAsync(() => !hub.Registry.All.Single().Upstream!.IsUp, "down");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await hub.VisitAsync("demo")).Status);
        time.Advance(Grace - TimeSpan.FromSeconds(1));
        Assert.NotNull(hub.Registry.Find("demo"));
        time.Advance(TimeSpan.FromSeconds(2));
        await Eventually.HoldsAsync(() => hub.Registry.Find("demo") is null && hub.Routes.Count == 0, "gone");
        await hub.RestartAsync();
        Assert.Equal(0, hub.Registry.Count.All);
    }

    [Fact]
    public async Task A_tunnel_that_is_to_be_kept_stays_even_if_that_is_said_in_its_grace_time()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        await hub.CreateAsync(Public("demo", 1, await hub.LinkAsync()));
        await hub.RestartAsync();
        using var api = hub.Api();
        using (var answer = await api.PatchAsJsonAsync("/api/v1/tunnels/demo", new ChangeTunnelRequest { Keep = true }, TunnelsJson.Default.ChangeTunnelRequest))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        time.Advance(Grace * 3);
        Assert.NotNull(hub.Registry.Find("demo"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await hub.VisitAsync("demo")).Status);
    }

    [Fact]
    public async Task A_client_that_says_a_name_serves_no_tunnel_that_its_token_may_not_change()
    {
        await using var server = Hello();
        await using var hub = await TestHub.StartAsync();
        using var api = hub.Api();
        var narrow = new CreateTokenRequest { Name = "ci", Scopes = ["tunnels:write!project=churn"] };
        using var made = await api.PostAsJsonAsync("/api/v1/tokens", narrow, TokensJson.Default.CreateTokenRequest);
        var secret = (await made.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken))!.Secret;
        await hub.LinkAsync(secret, "gpu1");
        var request = new CreateTunnelRequest { Name = "demo", Kind = TunnelKind.Http, Target = $"http://127.0.0.1:{server.Port}", Client = "gpu1" };

        Assert.Equal(TunnelState.Down, (await hub.CreateAsync(request)).State);
        await hub.LinkAsync(secret, "gpu1");
        Assert.False(hub.Registry.Find("demo")!.Upstream!.IsUp);
        await hub.LinkAsync(name: "gpu1");
        await Eventually.HoldsAsync(() => hub.Registry.Find("demo")!.Upstream!.Servers is [_], "it is served over the link that may");
    }

    [Fact]
    public async Task A_client_that_comes_back_within_the_grace_time_finds_its_tunnel()
    {
        await using var server = Hello();
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        var client = await hub.LinkAsync();
        var before = await hub.CreateAsync(Public("demo", server.Port, client));
        await client.DisposeAsync();
        await Eventually.HoldsAsync(() => !hub.Registry.All.Single().Upstream!.IsUp, "down");
        time.Advance(Grace - TimeSpan.FromSeconds(10));
        var after = await hub.CreateAsync(Public("demo", server.Port, await hub.LinkAsync()));
        Assert.Equal(before.Created, after.Created);
        time.Advance(TimeSpan.FromSeconds(20)); // Past the grace time, and less than after what a silent link counts as dead.
        Assert.Equal((HttpStatusCode.OK, "hello"), await hub.VisitAsync("demo"));
    }

    [Fact]
    public async Task A_kept_tunnel_stays_with_an_offline_page_through_a_restart()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        var client = await hub.LinkAsync();
        await hub.CreateAsync(Public("demo", 1, client) with { Keep = true });
        await hub.RestartAsync();
        time.Advance(TimeSpan.FromDays(2));
        using var api = hub.Api();
        var tunnel = await api.GetFromJsonAsync("/api/v1/tunnels/demo", TunnelsJson.Default.Tunnel);
        Assert.Equal((TunnelState.Down, true, TunnelAccess.Public), (tunnel!.State, tunnel.Keep, tunnel.Access));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await hub.VisitAsync("demo")).Status);
    }

    [Fact]
    public async Task An_ephemeral_tunnel_has_a_fresh_grace_time_after_a_restart()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        await hub.CreateAsync(Public("demo", 1, await hub.LinkAsync()));
        await hub.RestartAsync();
        Assert.NotNull(hub.Registry.Find("demo"));
        time.Advance(Grace + TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => hub.Registry.Find("demo") is null, "gone");
    }

    [Fact]
    public async Task Two_clients_share_a_name_and_one_that_fails_is_passed_over()
    {
        await using var server = Hello();
        await using var hub = await TestHub.StartAsync();
        var one = await hub.LinkAsync(name: "one");
        var two = await hub.LinkAsync(name: "two");
        await hub.CreateAsync(Public("demo", server.Port, one));
        Assert.Equal(2, (await hub.CreateAsync(Public("demo", server.Port, two))).Servers.Count);
        one.Refuses = true;
        for (var i = 0; i < 20; i++)
            Assert.Equal((HttpStatusCode.OK, "hello"), await hub.VisitAsync("demo"));
        await one.DisposeAsync();
        await Eventually.HoldsAsync(() => hub.Registry.Find("demo")!.Upstream!.Servers.Count == 1, "one server");
        Assert.Equal((HttpStatusCode.OK, "hello"), await hub.VisitAsync("demo"));
    }

    [Fact]
    public async Task Taking_one_client_leaves_the_other_and_taking_the_last_removes_an_ephemeral_tunnel()
    {
        await using var hub = await TestHub.StartAsync();
        var one = await hub.LinkAsync(name: "one");
        var two = await hub.LinkAsync(name: "two");
        await hub.CreateAsync(Public("demo", 1, one));
        await hub.CreateAsync(Public("demo", 1, two));
        using var api = hub.Api();
        Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync($"/api/v1/tunnels/demo/servers/{one.Link}")).StatusCode);
        Assert.Equal(two.Link, (await api.GetFromJsonAsync("/api/v1/tunnels/demo", TunnelsJson.Default.Tunnel))!.Servers.Single().Link);
        Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync($"/api/v1/tunnels/demo/servers/{two.Link}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await api.GetAsync("/api/v1/tunnels/demo")).StatusCode);
    }

    [Fact]
    public async Task A_named_client_serves_its_tunnel_whenever_it_is_connected()
    {
        await using var server = Hello();
        await using var hub = await TestHub.StartAsync();
        var request = new CreateTunnelRequest { Name = "demo", Kind = TunnelKind.Http, Target = $"http://127.0.0.1:{server.Port}", Client = "gpu1", Access = TunnelAccess.Public };
        Assert.Equal(TunnelState.Down, (await hub.CreateAsync(request)).State);
        for (var i = 0; i < 2; i++)
        {
            var client = await hub.LinkAsync(name: "gpu1");
            await Eventually.HoldsAsync(() => hub.Registry.Find("demo")!.Upstream!.IsUp, "up");
            Assert.Equal((HttpStatusCode.OK, "hello"), await hub.VisitAsync("demo"));
            await client.DisposeAsync();
            await Eventually.HoldsAsync(() => !hub.Registry.Find("demo")!.Upstream!.IsUp, "down");
        }
    }

    [Fact]
    public async Task A_thousand_tunnels_made_and_removed_leave_nothing_behind()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time, static o => o with { TcpPorts = [new PortRange(34_000, 34_099)] });
        var client = await hub.LinkAsync();
        var timers = time.ArmedTimers;
        using var api = hub.Api();
        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, stop) =>
        {
            var kind = i % 10 == 0 ? TunnelKind.Tcp : TunnelKind.Http;
            var request = new CreateTunnelRequest
            {
                Name = $"t{i}", Kind = kind, Target = kind == TunnelKind.Tcp ? "127.0.0.1:1" : "http://127.0.0.1:1", Link = client.Link, Port = kind == TunnelKind.Tcp ? 0 : null,
            };
            using var made = await api.PostAsJsonAsync("/api/v1/tunnels", request, TunnelsJson.Default.CreateTunnelRequest, stop);
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
            using var removed = await api.DeleteAsync($"/api/v1/tunnels/t{i}", stop);
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        }).WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(0, hub.Registry.Count.All);
        Assert.Equal(0, hub.Routes.Count);
        // Not equal: the link's own handshake may still have had a deadline armed when the timers were counted.
        Assert.InRange(time.ArmedTimers, 0, timers);
        Assert.DoesNotContain(
            System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners(),
            static l => l.Port is >= 34_000 and <= 34_099);
        await hub.RestartAsync();
        Assert.Equal(0, hub.Registry.Count.All);
    }

    private static RawServer Hello() => new(static async peer =>
    {
        while (true)
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        }
    });

    private static CreateTunnelRequest Public(string name, int port, TestClient client) =>
        new() { Name = name, Kind = TunnelKind.Http, Target = $"http://127.0.0.1:{port}", Link = client.Link, Access = TunnelAccess.Public };
}
