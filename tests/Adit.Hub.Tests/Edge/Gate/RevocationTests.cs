using System.Diagnostics;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Link;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>What is open when somebody may not any more is closed within a second, and what stays allowed is left alone.</summary>
public sealed class RevocationTests
{
    private const string Frame = "\u0081\u0081\0\0\0\0x";
    private const string SignedOut = "\u0088\u0019\u0011\u0031Not signed in any more.";
    private const string NotAllowed = "\u0088\u0017\u0011\u0033Not allowed any more.";
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task The_end_of_a_session_closes_its_websockets_in_a_second_and_nobody_elses()
    {
        await using var doors = await DoorHub.StartAsync(app: DoorHub.Upgrading());
        var anna = await doors.SignInAsync("anna");
        await using var hers = await OpenAsync(doors, await doors.DanceAsync(anna));
        await using var his = await OpenAsync(doors, await doors.TicketAsync("bob"));
        await ClosesAsync(hers, () => doors.Sessions.EndAsync(doors.Sessions.List("anna").Single().Session.Id));
        await StaysAsync(his);
    }

    [Fact]
    public async Task Disabling_an_account_closes_its_websockets_in_a_second()
    {
        await using var doors = await DoorHub.StartAsync(app: DoorHub.Upgrading());
        await using var hers = await OpenAsync(doors, await doors.TicketAsync("anna"));
        await ClosesAsync(hers, () => doors.Accounts.ChangeAsync("anna", static a => a with { State = AccountState.Disabled }));
    }

    [Fact]
    public async Task Removing_a_tunnel_closes_what_is_open_through_it()
    {
        await using var doors = await DoorHub.StartAsync("public", app: DoorHub.Upgrading());
        var (peer, head) = await doors.UpgradeAsync("X-Nobody: 1");
        await using var _ = peer;
        Assert.StartsWith("HTTP/1.1 101 ", head);
        using var api = doors.Hub.Api();
        await ClosesAsync(peer, async () => Assert.True((await api.DeleteAsync("/api/v1/tunnels/demo")).IsSuccessStatusCode), NotAllowed);
    }

    [Fact]
    public async Task Leaving_a_group_closes_what_the_group_opened()
    {
        await using var doors = await DoorHub.StartAsync("group:ds", app: DoorHub.Upgrading());
        await doors.PersonAsync("anna");
        await doors.PersonAsync("bob");
        await doors.Accounts.SetGroupsAsync("anna", "local", ["ds"]);
        await doors.Accounts.SetGroupsAsync("bob", "local", ["ds"]);
        await using var hers = await OpenAsync(doors, await doors.TicketAsync("anna"));
        await using var his = await OpenAsync(doors, await doors.TicketAsync("bob"));
        await ClosesAsync(hers, () => doors.Accounts.SetGroupsAsync("anna", "local", []), NotAllowed);
        await StaysAsync(his);
    }

    [Fact]
    public async Task Revoking_a_token_closes_what_it_opened()
    {
        await using var doors = await DoorHub.StartAsync(app: DoorHub.Upgrading());
        var token = await doors.Hub.TokenAsync("carl");
        var (peer, head) = await doors.UpgradeAsync($"Authorization: Bearer {token.Secret}");
        await using var _ = peer;
        Assert.StartsWith("HTTP/1.1 101 ", head);
        using var api = doors.Hub.Api();
        await ClosesAsync(peer, async () => Assert.True((await api.DeleteAsync($"/api/v1/tokens/{token.Id}")).IsSuccessStatusCode));
    }

    [Fact]
    public async Task A_policy_that_changes_closes_who_it_shuts_out_and_holds_for_the_next_request()
    {
        await using var doors = await DoorHub.StartAsync(app: DoorHub.Upgrading());
        var anna = await doors.TicketAsync("anna");
        await using var hers = await OpenAsync(doors, anna);
        await using var his = await OpenAsync(doors, await doors.TicketAsync("bob"));
        await ClosesAsync(hers, () => doors.ChangeAsync(new ChangeTunnelRequest { Access = "user:bob" }), NotAllowed);
        await StaysAsync(his);
        Assert.StartsWith("HTTP/1.1 404 ", await doors.GetAsync("/x", $"Cookie: {anna}"));
    }

    [Fact]
    public async Task What_was_public_is_closed_to_strangers_when_it_is_no_longer()
    {
        await using var doors = await DoorHub.StartAsync("public", app: DoorHub.Upgrading());
        var (stranger, head) = await doors.UpgradeAsync();
        await using var _ = stranger;
        Assert.StartsWith("HTTP/1.1 101 ", head);
        await ClosesAsync(stranger, () => doors.ChangeAsync(new ChangeTunnelRequest { Access = "owner" }));
    }

    [Fact]
    public async Task Another_visitor_token_closes_what_the_old_one_opened()
    {
        await using var doors = await DoorHub.StartAsync("owner", app: DoorHub.Upgrading(), options: new TunnelOptions { VisitorToken = "the-first-visitor-token" });
        var (guest, head) = await doors.UpgradeAsync("Authorization: Bearer the-first-visitor-token");
        await using var _ = guest;
        Assert.StartsWith("HTTP/1.1 101 ", head);
        await ClosesAsync(guest, () => doors.ChangeAsync(new ChangeTunnelRequest { Options = new TunnelOptions { VisitorToken = "the-second-visitor-token" } }));
    }

    [Fact]
    public async Task A_share_that_expires_ends_what_came_in_by_it()
    {
        var time = new ManualTimeProvider();
        await using var doors = await DoorHub.StartAsync(
            "owner", [new AccessRule { Who = ["signed-in"], Expires = time.GetUtcNow().AddSeconds(3) }], DoorHub.Upgrading(), time);
        await using var hers = await OpenAsync(doors, await doors.TicketAsync("anna"));
        var reading = hers.ReadAsync(NotAllowed.Length);
        await time.AdvanceUntilAsync(reading, TimeSpan.FromSeconds(4));
        Assert.Equal(NotAllowed, await reading);

        // Nobody answers the close frame: the half second for it has to pass, which begins after the frame was sent.
        await time.AdvanceUntilAsync(hers.ReadToEndAsync(), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_lower_cap_closes_what_is_open_further()
    {
        await using var doors = await DoorHub.StartAsync("owner", app: DoorHub.Upgrading());
        var carl = await doors.Hub.TokenAsync("carl");
        var client = await doors.Hub.LinkAsync(carl.Secret);
        await doors.Hub.CreateAsync(
            new CreateTunnelRequest { Name = "carls", Kind = TunnelKind.Http, Target = $"http://127.0.0.1:{doors.App.Port}", Link = client.Link, Access = "signed-in" }, carl.Secret);
        var host = doors.DemoHost.Replace("demo", "carls", StringComparison.Ordinal);
        var ticket = await doors.TicketAsync("anna", host);
        await using var peer = await RawPeer.ConnectAsync(doors.Port);
        await peer.SendAsync(
            $"GET /ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://{host}\r\nCookie: {ticket}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101 ", await peer.ReadHeadAsync());
        var cap = doors.Hub.Services.GetRequiredService<Adit.Hub.Access.Doors.AccessCap>();
        await ClosesAsync(peer, () => cap.SetAsync(new AccessSettings { MaxAccess = "project" }, null), NotAllowed);
    }

    [Fact]
    public async Task A_stream_of_events_ends_with_the_session()
    {
        await using var app = new RawServer(static async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata: \r\n");
            await peer.ReadToEndAsync();
        });
        await using var doors = await DoorHub.StartAsync(app: app);
        var session = await doors.SignInAsync("anna");
        var ticket = await doors.DanceAsync(session);
        await using var peer = await RawPeer.ConnectAsync(doors.Port);
        await peer.SendAsync($"GET /events HTTP/1.1\r\nHost: {doors.DemoHost}\r\nCookie: {ticket}\r\n\r\n");
        await peer.ReadUntilAsync("data: ");
        await ClosesAsync(peer, () => doors.Sessions.EndAsync(doors.Sessions.List("anna").Single().Session.Id), null);
    }

    [Fact]
    public async Task A_connection_by_adit_connect_ends_when_its_account_may_not_any_more()
    {
        await using var doors = await DoorHub.StartAsync();
        await using var echo = new RawServer(static async peer =>
        {
            while (true)
                await peer.SendAsync(await peer.ReadAsync(1));
        });
        var server = await doors.Hub.LinkAsync(name: "server");
        await doors.Hub.CreateAsync(new CreateTunnelRequest
        {
            Name = "db", Kind = TunnelKind.Tcp, Target = $"127.0.0.1:{echo.Port}", Link = server.Link, Access = "group:ds",
        });
        var carl = await doors.Hub.TokenAsync("carl");
        var visitor = await doors.Hub.LinkAsync(carl.Secret, "visitor");
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<LinkStreamException>(async () =>
        {
            await using var refused = await visitor.Client.OpenAsync(new OpenRequest { Target = "tunnel:db" }, enough.Token);
            await refused.WaitOpenedAsync();
        });
        await doors.Accounts.SetGroupsAsync("carl", "local", ["ds"]);
        await using var stream = await visitor.Client.OpenAsync(new OpenRequest { Target = "tunnel:db" }, enough.Token);
        await stream.WaitOpenedAsync();
        await stream.WriteAsync("x"u8.ToArray());
        Assert.Equal(1, await stream.ReadAsync(new byte[1]));
        var started = Stopwatch.GetTimestamp();
        await doors.Accounts.SetGroupsAsync("carl", "local", []);
        await Assert.ThrowsAsync<LinkStreamException>(async () => await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(enough.Token));
        Assert.True(Stopwatch.GetElapsedTime(started) < Promised);
    }

    [Fact]
    public async Task Nobody_slips_in_between_a_change_and_the_look_at_what_is_open()
    {
        await using var doors = await DoorHub.StartAsync(app: DoorHub.Upgrading());
        var ticket = await doors.TicketAsync("anna");
        var peers = new List<RawPeer>();
        var opening = Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                try
                {
                    peers.Add((await doors.UpgradeAsync($"Cookie: {ticket}", $"Origin: http://{doors.DemoHost}")).Peer);
                }
                catch (IOException)
                {
                    // Broken off before it was one: closed all the same.
                }
            }
        });
        await doors.Sessions.EndAsync(doors.Sessions.List("anna").Single().Session.Id);
        await opening.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var open = doors.Hub.Services.GetRequiredService<OpenDoors>();
        await Eventually.HoldsAsync(() => open.Count == 0, "all closed");
        foreach (var peer in peers)
            await peer.DisposeAsync();
    }

    private static async Task<RawPeer> OpenAsync(DoorHub doors, string ticket)
    {
        var (peer, head) = await doors.UpgradeAsync($"Cookie: {ticket}", $"Origin: http://{doors.DemoHost}");
        Assert.StartsWith("HTTP/1.1 101 ", head);
        await StaysAsync(peer);
        return peer;
    }

    private static async Task StaysAsync(RawPeer peer)
    {
        await peer.SendAsync(Frame);
        Assert.Equal(Frame, await peer.ReadAsync(Frame.Length));
    }

    private static async Task ClosesAsync(RawPeer peer, Func<Task> change, string? said = SignedOut)
    {
        await change();
        var started = Stopwatch.GetTimestamp();
        var last = await peer.ReadToEndAsync();
        if (said is not null)
            Assert.Equal(said, last);
        Assert.True(Stopwatch.GetElapsedTime(started) < Promised, $"It took {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms.");
    }
}
