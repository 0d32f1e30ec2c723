using System.Text;
using Adit.Hub.Edge.Forwarding;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Forwarding;

public sealed class StreamingTests
{
    [Fact]
    public async Task An_event_goes_out_before_the_next_one_comes()
    {
        var next = new TaskCompletionSource();
        await using var server = new RawServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            await peer.SendAsync("9\r\ndata: 1\n\n\r\n");
            await next.Task.WaitAsync(TimeSpan.FromSeconds(20));
            await peer.SendAsync("9\r\ndata: 2\n\n\r\n0\r\nX-Sum: 3\r\nContent-Length: 9\r\n\r\n");
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync("GET /events HTTP/1.1\r\nHost: demo.adit.test\r\n\r\n");
        Assert.Contains("Transfer-Encoding: chunked\r\n", await visitor.ReadHeadAsync());
        Assert.Equal("9\r\ndata: 1\n\n\r\n", await visitor.ReadAsync(14));
        next.SetResult();
        Assert.Equal("9\r\ndata: 2\n\n\r\n0\r\nX-Sum: 3\r\n\r\n", await visitor.ReadUntilAsync("\r\n\r\n"));
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "Content-Length: 1000\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nETag: \"a\"\r\n\r\n", "ETag: \"a\"\r\n")]
    [InlineData("DELETE", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nX-A: b\r\n\r\n", "X-A: b\r\n")]
    [InlineData("GET", "HTTP/1.1 299 Quite Fine\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 299 Quite Fine\r\n")]
    [InlineData("GET", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 0\r\n\r\n", "Content-Range: bytes 0-1/9\r\n")]
    public async Task An_answer_without_body_is_followed_by_the_next(string method, string response, string expected)
    {
        await using var server = new RawServer(async peer =>
        {
            while (true)
            {
                await peer.ReadHeadAsync();
                await peer.SendAsync(response);
            }
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            await visitor.SendAsync($"{method} / HTTP/1.1\r\nHost: demo.adit.test\r\n\r\n");
            Assert.Contains(expected, await visitor.ReadHeadAsync());
        }

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task A_body_that_ends_with_the_connection_arrives_whole()
    {
        await using var server = RawServer.Answering("HTTP/1.0 200 OK\r\n\r\n" + new string('a', 100_000));
        await using var edge = await TestEdge.StartAsync(server.Port);
        var answer = await edge.ExchangeAsync("GET / HTTP/1.0\r\nHost: demo.adit.test\r\n\r\n");
        Assert.EndsWith("\r\n\r\n" + new string('a', 100_000), answer);
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\nhello world", "Content-Length: 11\r\n", "hello world")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\nX-Sum: 9\r\n\r\n", "Transfer-Encoding: chunked\r\n", "0\r\nX-Sum: 9\r\n\r\n")]
    public async Task A_request_s_body_arrives_with_its_framing_and_trailers(string sent, string framing, string end)
    {
        await using var server = new RawServer(async peer =>
        {
            var head = await peer.ReadHeadAsync();
            var body = await peer.ReadUntilAsync(end);
            var seen = head.Contains(framing, StringComparison.Ordinal) ? body : head;
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {seen.Length}\r\n\r\n{seen}");
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        var answer = await edge.ExchangeAsync($"POST / HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\n{sent}");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer);
        Assert.EndsWith(end, answer);
        Assert.Equal(11, edge.Meter.BytesIn);
    }

    [Fact]
    public async Task The_application_decides_whether_the_body_is_sent()
    {
        await using var server = new RawServer(async (peer, _) =>
        {
            var head = await peer.ReadHeadAsync();
            Assert.Contains("Expect: 100-continue\r\n", head);
            if (head.StartsWith("PUT /no", StringComparison.Ordinal))
            {
                await peer.SendAsync("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno");
                return;
            }

            await peer.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            var body = await peer.ReadAsync(5);
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}");
        });
        var patient = new ForwarderOptions { Continue = TimeSpan.FromMinutes(5) };
        await using var edge = await TestEdge.StartAsync(server.Port, forwarding: patient);

        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync("PUT /yes HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await visitor.ReadHeadAsync());
        await visitor.SendAsync("hello");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await visitor.ReadHeadAsync());
        Assert.Equal("hello", await visitor.ReadAsync(5));

        await using var other = await edge.ConnectAsync();
        await other.SendAsync("PUT /no HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        var answer = await other.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 417 Expectation Failed\r\n", answer);
        Assert.Contains("Connection: close\r\n", answer);
        Assert.Equal("no", await other.ReadAsync(2));
    }

    [Fact]
    public async Task An_application_that_never_says_100_gets_the_body_all_the_same()
    {
        await using var server = new RawServer(async peer =>
        {
            await peer.ReadHeadAsync();
            var body = await peer.ReadAsync(5);
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}");
        });
        await using var edge = await TestEdge.StartAsync(server.Port, forwarding: new ForwarderOptions { Continue = TimeSpan.FromMilliseconds(50) });
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync("PUT / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await visitor.ReadHeadAsync());
    }

    [Fact]
    public async Task An_answer_that_comes_before_the_body_was_sent_reaches_the_visitor()
    {
        await using var server = new RawServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch");
            await peer.ReadToEndAsync();
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync("POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: 1000000\r\n\r\n" + new string('a', 1000));
        Assert.StartsWith("HTTP/1.1 413 ", await visitor.ReadHeadAsync());
        Assert.Equal("much", await visitor.ReadAsync(4));
    }

    [Fact]
    public async Task A_visitor_who_leaves_ends_the_request_at_the_application()
    {
        var asked = new TaskCompletionSource();
        var left = new TaskCompletionSource<string>();
        await using var server = new RawServer(async peer =>
        {
            await peer.ReadHeadAsync();
            asked.SetResult();
            left.SetResult(await peer.ReadToEndAsync());
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync("GET /slow HTTP/1.1\r\nHost: demo.adit.test\r\n\r\n");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20));
        visitor.Abort();
        Assert.Equal("", await left.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        await Eventually.HoldsAsync(() => edge.Meter.OpenStreams == 0 && edge.Forwarder.Deadlines.Connections == 0, "nothing is left");
    }

    [Fact]
    public async Task A_link_that_breaks_in_the_middle_of_an_answer_breaks_the_visitor_s_connection()
    {
        await using var server = new RawServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
            await peer.ReadToEndAsync();
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: demo.adit.test\r\n\r\n");
        await visitor.ReadHeadAsync();
        Assert.Equal("half", await visitor.ReadAsync(4));
        edge.Upstream.BreakAll();
        Assert.Equal("", await visitor.ReadToEndAsync());
    }

    [Fact]
    public async Task A_request_on_a_connection_that_the_application_just_closed_is_sent_again()
    {
        await using var server = new RawServer(async (peer, number) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}");
            if (number > 1)
                await peer.ReadToEndAsync();
            else
                await peer.ReadHeadAsync(); // Takes the second request and closes without a word.
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        foreach (var expected in new[] { "1", "2" })
        {
            await visitor.SendAsync("GET / HTTP/1.1\r\nHost: demo.adit.test\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", await visitor.ReadHeadAsync());
            Assert.Equal(expected, await visitor.ReadAsync(1));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Expect: 100-continue\r\n")]
    public async Task A_request_whose_body_is_still_to_come_is_sent_again_with_it(string expect)
    {
        var connections = 0;
        var closed = new TaskCompletionSource();
        await using var server = new RawServer(async peer =>
        {
            var isFirst = Interlocked.Increment(ref connections) == 1;
            await peer.ReadHeadAsync();
            if (isFirst)
            {
                await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
                await peer.ReadHeadAsync(); // Takes the second request's head and closes without a word.
                closed.SetResult();
                return;
            }

            if (expect.Length > 0)
                await peer.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            var body = await peer.ReadAsync(4);
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{body}");
            await peer.ReadToEndAsync();
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: demo.adit.test\r\n\r\n");
        await visitor.ReadHeadAsync();
        await visitor.ReadAsync(1);

        await visitor.SendAsync($"PUT / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: 4\r\n{expect}\r\n");
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await Eventually.HoldsAsync(() => Volatile.Read(ref connections) == 2, "the application is asked again");
        if (expect.Length > 0)
            Assert.StartsWith("HTTP/1.1 100 ", await visitor.ReadHeadAsync());
        await visitor.SendAsync("body");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await visitor.ReadHeadAsync());
        Assert.Equal("body", await visitor.ReadAsync(4));
    }

    [Fact]
    public async Task An_idle_connection_that_the_application_closes_leaves_the_pool()
    {
        await using var server = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync("POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: 0\r\n\r\n");
        await visitor.ReadHeadAsync();
        await Eventually.HoldsAsync(() => edge.Upstream.Idle.Count == 0 && edge.Forwarder.Deadlines.Connections == 0, "the pool is empty");
    }

    [Fact]
    public async Task An_application_that_does_not_answer_in_time_is_a_504()
    {
        var time = new ManualTimeProvider();
        await using var server = new RawServer(peer => peer.ReadToEndAsync());
        await using var edge = await TestEdge.StartAsync(server.Port, time: time);
        var exchange = edge.ExchangeAsync("GET / HTTP/1.1\r\nHost: demo.adit.test\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
        await Eventually.HoldsAsync(() => server.Connections == 1, "the application is asked");
        await Eventually.HoldsAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(60));
            return exchange.IsCompleted;
        }, "the edge gives up");
        var answer = await exchange;
        Assert.StartsWith("HTTP/1.1 504 Gateway Timeout\r\n", answer);
        Assert.Contains("did not answer in time", answer);
    }

    [Fact]
    public async Task A_port_where_nothing_listens_is_a_502_that_says_so()
    {
        await using var edge = await TestEdge.StartAsync(1);
        var answer = await edge.ExchangeAsync("POST / HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
        Assert.StartsWith("HTTP/1.1 502 Bad Gateway\r\n", answer);
        Assert.Contains("\"detail\":\"The program behind demo refused the connection", answer);
        Assert.Equal(0, edge.Meter.OpenStreams);
    }

    [Theory]
    [InlineData(false, "503 Service Unavailable", "Retry-After: 5\r\n")]
    [InlineData(true, "200 OK", "grpc-status: 14\r\n")]
    public async Task A_tunnel_whose_client_is_away_says_that_it_is_offline(bool grpc, string status, string field)
    {
        await using var edge = await TestEdge.StartAsync(1);
        edge.Upstream.Up = false;
        var answer = await edge.ExchangeAsync(
            $"GET / HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\n{(grpc ? "Content-Type: application/grpc+proto\r\n" : "")}\r\n");
        Assert.StartsWith($"HTTP/1.1 {status}\r\n", answer);
        Assert.Contains(field, answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("demo is offline: its client is not connected.", answer);
    }

    [Fact]
    public async Task A_request_beyond_the_limit_is_a_413_whether_it_says_so_or_not()
    {
        await using var server = new RawServer(peer => peer.ReadToEndAsync());
        await using var edge = await TestEdge.StartAsync(server.Port, r => new Hub.Edge.Route
        {
            Name = r.Name, Kind = r.Kind, Policy = r.Policy, Upstream = r.Upstream, Meter = r.Meter, Limits = new() { MaxRequestBytes = 10 },
        });
        Assert.StartsWith("HTTP/1.1 413 ", await edge.ExchangeAsync(
            "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\nContent-Length: 11\r\n\r\nhello world"));
        Assert.StartsWith("HTTP/1.1 413 ", await edge.ExchangeAsync(
            "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n"));
    }

    [Fact]
    public async Task Large_bodies_pass_both_ways_unchanged()
    {
        const int Size = 64 * 1024 * 1024;
        await using var server = new RawServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Size}\r\n\r\n");
            var buffer = new byte[64 * 1024];
            for (var left = Size; left > 0;)
            {
                var count = await peer.Stream.ReadAsync(buffer);
                await peer.Stream.WriteAsync(buffer.AsMemory(0, count));
                left -= count;
            }
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: {Size}\r\n\r\n");
        await visitor.ReadHeadAsync();
        var block = new byte[256 * 1024];
        new Random(7).NextBytes(block);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(100));
        var send = Task.Run(async () =>
        {
            for (var i = 0; i < Size / block.Length; i++)
                await visitor.Stream.WriteAsync(block, deadline.Token);
        });
        var got = new byte[block.Length];
        for (var i = 0; i < Size / block.Length; i++)
        {
            await visitor.Stream.ReadExactlyAsync(got, deadline.Token);
            Assert.True(got.AsSpan().SequenceEqual(block), $"block {i}");
        }

        await send;
        Assert.Equal(Size, edge.Meter.BytesIn);
    }

    [Fact]
    public void A_head_reads_the_same_wherever_it_is_cut()
    {
        var bytes = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nX:\t a b \r\n\r\n");
        for (var cut = 0; cut < bytes.Length; cut++)
            Assert.Equal(0, new ResponseHead().Parse(bytes.AsSpan(0, cut), isHead: false));
        var head = new ResponseHead();
        Assert.Equal(bytes.Length, head.Parse([.. bytes, .. "5\r\n"u8], isHead: false));
        Assert.Equal((200, BodyFraming.Chunked, true, 3), (head.Status, head.Framing, head.KeepAlive, head.Count));
        Assert.Equal(("X", "a b"), (head.Name(2), head.Value(2)));
    }

    [Fact]
    public void Chunks_read_the_same_wherever_they_are_cut()
    {
        var bytes = Encoding.ASCII.GetBytes("5;a=b\r\nhello\r\n00a\r\n0123456789\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n");
        for (var one = 0; one <= bytes.Length; one++)
        {
            for (var two = one; two <= bytes.Length; two++)
            {
                var reader = new ChunkedReader();
                reader.Start();
                var data = new List<byte>();
                foreach (var part in new[] { bytes[..one], bytes[one..two], bytes[two..] })
                {
                    Memory<byte> rest = part;
                    while (reader.Read(ref rest) is { IsEmpty: false } piece)
                        data.AddRange(piece.Span);
                    Assert.True(rest.IsEmpty);
                }

                Assert.True(reader.IsDone);
                Assert.Equal("hello0123456789", Encoding.ASCII.GetString([.. data]));
                Assert.Equal(["X-A", "X-B"], reader.Trailers.Select(t => t.Key));
            }
        }
    }
}
