using System.Net;
using Adit.Api;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Testing;

namespace Adit.Hub.Tests.Tunnels;

/// <summary>What happens when somebody puts the system's clock back by a day.</summary>
public sealed class ClockTests
{
    private const string Response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    private static readonly TimeSpan DayBack = TimeSpan.FromDays(-1);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    [Fact(Timeout = 60_000)]
    public async Task Links_tickets_and_tunnels_do_not_notice()
    {
        await using var server = RawServer.Answering(Response);
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        var client = await hub.LinkAsync();
        await hub.CreateAsync(Public("before", server.Port, client));

        time.ShiftWallClock(DayBack);

        Assert.Equal((HttpStatusCode.OK, "hello"), await hub.VisitAsync("before"));
        var next = await hub.LinkAsync(name: "next"); // Its data connections need tickets that were given out and taken on the new clock.
        await hub.CreateAsync(Public("after", server.Port, next));
        var visits = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => hub.VisitAsync("after")));
        Assert.All(visits, static visit => Assert.Equal((HttpStatusCode.OK, "hello"), visit));
        Assert.Equal(client.Link, client.Client.LinkId);
        time.Advance(TimeSpan.FromSeconds(20)); // Less than after what a silent link counts as dead.
        Assert.Equal((HttpStatusCode.OK, "hello"), await hub.VisitAsync("before"));
        Assert.Equal(2, hub.Links.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_grace_time_of_a_tunnel_is_as_long_as_ever()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TestHub.StartAsync(time);
        var client = await hub.LinkAsync();
        await hub.CreateAsync(Public("demo", 1, client));
        await client.DisposeAsync();
        await Eventually.HoldsAsync(() => !hub.Registry.All.Single().Upstream!.IsUp, "down");

        time.ShiftWallClock(DayBack);

        time.Advance(Grace - TimeSpan.FromSeconds(1));
        Assert.NotNull(hub.Registry.Find("demo"));
        time.Advance(TimeSpan.FromSeconds(2));
        await Eventually.HoldsAsync(() => hub.Registry.Find("demo") is null, "gone");
    }

    [Fact]
    public void A_visitor_stays_signed_in()
    {
        var time = new ManualTimeProvider();
        var tickets = new DoorTickets(new byte[32], time);
        var holder = new DoorKey("ada", "t1");
        var ticket = tickets.Issue("demo.adit.test", TicketKind.Token, holder, DoorTickets.Life);
        time.ShiftWallClock(DayBack);
        var read = tickets.Read(ticket, "demo.adit.test");
        Assert.Equal(holder, read?.Key);
        Assert.True(read!.Ends > time.GetUtcNow());
        time.Advance(DoorTickets.Life - DayBack + TimeSpan.FromSeconds(1));
        Assert.True(read.Ends < time.GetUtcNow());
    }

    [Theory]
    [InlineData(59, true)]
    [InlineData(61, false)]
    public void A_sign_in_link_is_good_for_its_minute_and_no_day_more(int seconds, bool isGood)
    {
        var time = new ManualTimeProvider();
        var codes = new SignInCodes(time);
        var code = codes.Issue("demo.adit.test", new DoorKey("ada", "t1"))!;
        time.ShiftWallClock(DayBack);
        time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(isGood, codes.TryRedeem(code, "demo.adit.test", out _));
    }

    private static CreateTunnelRequest Public(string name, int target, TestClient client) =>
        new() { Name = name, Kind = TunnelKind.Http, Target = $"http://127.0.0.1:{target}", Link = client.Link, Access = TunnelAccess.Public };
}
