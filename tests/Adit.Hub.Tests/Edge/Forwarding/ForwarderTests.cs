using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Forwarding;

public sealed class ForwarderTests
{
    private const string Get = "GET /a%2Fb/../c?x=%20;y HTTP/1.1\r\nHost: demo.adit.test\r\n\r\n";

    [Fact]
    public async Task The_request_target_arrives_byte_for_byte()
    {
        await using var server = RawServer.Echoing();
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync(Get);
        var head = await visitor.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        var seen = await visitor.ReadHeadAsync();
        Assert.StartsWith("GET /a%2Fb/../c?x=%20;y HTTP/1.1\r\nHost: demo.adit.test\r\n", seen);
        Assert.Contains("X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: demo.adit.test\r\nX-Forwarded-Port: 80\r\n", seen);
    }

    [Fact]
    public async Task A_hundred_requests_use_one_connection_to_the_application()
    {
        await using var server = RawServer.Echoing();
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        for (var i = 0; i < 100; i++)
        {
            await visitor.SendAsync($"GET /{i} HTTP/1.1\r\nHost: demo.adit.test\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", await visitor.ReadHeadAsync());
            Assert.StartsWith($"GET /{i} HTTP/1.1\r\n", await visitor.ReadHeadAsync());
        }

        Assert.Equal(1, server.Connections);
        Assert.Equal(100, edge.Meter.Requests);
        await Eventually.HoldsAsync(() => edge.Meter.OpenStreams == 0, "no open streams");
    }

    [Fact]
    public async Task The_hub_answers_for_its_own_names_and_nobody_for_unknown_ones()
    {
        await using var server = RawServer.Echoing();
        await using var edge = await TestEdge.StartAsync(server.Port);
        Assert.Contains("hub adit.test", await edge.ExchangeAsync("GET /hub HTTP/1.1\r\nHost: adit.test\r\nConnection: close\r\n\r\n"));
        Assert.Contains("hub 127.0.0.1", await edge.ExchangeAsync("GET /hub HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"));
        var unknown = await edge.ExchangeAsync("GET /hub HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 404 Not Found\r\n", unknown);
        Assert.Contains("application/problem+json", unknown);
    }

    [Fact]
    public async Task An_upgraded_connection_carries_bytes_both_ways_and_a_half_close()
    {
        await using var server = new RawServer(async peer =>
        {
            var head = await peer.ReadHeadAsync();
            Assert.Contains("Connection: Upgrade\r\nUpgrade: thing/1\r\n", head);
            await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: thing/1\r\n\r\nhello ");
            var all = await peer.ReadToEndAsync();
            await peer.SendAsync($"got {all}");
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync("GET /ws HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: Upgrade\r\nUpgrade: thing/1\r\n\r\n");
        var answer = await visitor.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 101 Switching Protocols\r\n", answer);
        Assert.Contains("Upgrade: thing/1\r\n", answer);
        Assert.Equal("hello ", await visitor.ReadAsync(6));
        await visitor.SendAsync("one ");
        await visitor.SendAsync("two");
        visitor.EndSending();
        Assert.Equal("got one two", await visitor.ReadToEndAsync());
    }
}
