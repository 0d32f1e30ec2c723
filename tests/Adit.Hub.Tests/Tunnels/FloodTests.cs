using System.Collections.Concurrent;
using System.Net;
using Adit.Api;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Link;
using Adit.Testing;

namespace Adit.Hub.Tests.Tunnels;

/// <summary>Clients with a good token that want too much.</summary>
public sealed class FloodTests
{
    private const int MaxStreams = 20;
    private const int Flood = 300;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(40);

    [Fact(Timeout = 90_000)]
    public async Task A_flood_of_opens_is_bounded_by_its_token_and_nobody_else_notices()
    {
        await using var server = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        await using var holder = new RawServer(static async peer => await peer.ReadToEndAsync());
        await using var hub = await TestHub.StartAsync();
        var neighbour = await hub.LinkAsync(name: "neighbour");
        await hub.CreateAsync(new CreateTunnelRequest
        {
            Name = "shop", Kind = TunnelKind.Http, Target = $"http://127.0.0.1:{server.Port}", Link = neighbour.Link, Access = TunnelAccess.Public,
        });
        var own = (await hub.TokenAsync("greedy")).Secret!;
        await hub.CreateAsync(
            new CreateTunnelRequest { Name = "db", Kind = TunnelKind.Tcp, Target = $"127.0.0.1:{holder.Port}", Link = (await hub.LinkAsync(own, "db")).Link }, own);
        var greedy = await hub.LinkAsync((await hub.TokenAsync("greedy", maxStreams: MaxStreams)).Secret, "greedy");
        var link = hub.Links.Find(greedy.Link)!;

        var open = new ConcurrentQueue<LinkStream>();
        var refusals = new ConcurrentQueue<ResetCode>();
        var flood = Task.WhenAll(Enumerable.Range(0, Flood).Select(_ => OpenAsync(greedy.Client, open, refusals)));
        var mostStreams = 0;
        do
        {
            Assert.Equal((HttpStatusCode.OK, "hello"), await hub.VisitAsync("shop"));
            mostStreams = Math.Max(mostStreams, open.Count);
        }
        while (!flood.IsCompleted);
        await flood.WaitAsync(Deadline);

        Assert.Equal(MaxStreams, open.Count);
        Assert.Equal(Flood - MaxStreams, refusals.Count);
        Assert.All(refusals, static code => Assert.True(code is ResetCode.Busy or ResetCode.TimedOut, code.ToString()));
        Assert.InRange(mostStreams, 0, MaxStreams);
        Assert.InRange(link.Connections, 1, MaxStreams + 64 + 8); // What is open, tickets that may be out, and what is warm.

        foreach (var stream in open)
            await stream.DisposeAsync().AsTask().WaitAsync(Deadline);
        await Eventually.HoldsAsync(() => link.OpenStreams == 0, "no stream is left");
        await OpenAsync(greedy.Client, open, refusals);
        Assert.Equal(MaxStreams + 1, open.Count);
        Assert.Equal((HttpStatusCode.OK, "hello"), await hub.VisitAsync("shop"));
    }

    private static async Task OpenAsync(LinkClient client, ConcurrentQueue<LinkStream> open, ConcurrentQueue<ResetCode> refusals)
    {
        LinkStream? stream = null;
        try
        {
            stream = await client.OpenAsync(new OpenRequest { Target = "tunnel:db" }, CancellationToken.None).AsTask().WaitAsync(Deadline);
            await stream.WaitOpenedAsync().AsTask().WaitAsync(Deadline);
            open.Enqueue(stream);
        }
        catch (LinkStreamException e)
        {
            refusals.Enqueue(e.Code);
            if (stream is not null)
                await stream.DisposeAsync();
        }
    }
}
