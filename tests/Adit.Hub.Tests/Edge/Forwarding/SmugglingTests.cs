namespace Adit.Hub.Tests.Edge.Forwarding;

/// <summary>What two readers could take for different messages goes no further, in either direction.</summary>
public sealed class SmugglingTests
{
    public static TheoryData<string, string> BadRequests => new()
    {
        { "CL.TE", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG" },
        { "TE.CL", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\nGET /x HTTP/1.1\r\n\r\n0\r\n\r\n" },
        { "TE.TE", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" },
        { "unknown coding", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" },
        { "chunked twice", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "bare LF", "GET / HTTP/1.1\nHost: demo.adit.test\n\n" },
        { "bare LF after a field", "GET / HTTP/1.1\r\nHost: demo.adit.test\r\nX-A: 1\nX-B: 2\r\n\r\n" },
        { "two lengths", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!" },
        { "a length with a sign", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: +5\r\n\r\nhello" },
        { "a length of minus nothing", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: -0\r\n\r\n" },
        { "a length in other digits", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: 0x5\r\n\r\nhello" },
        { "a list of one length", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: 5, 5\r\n\r\nhello" },
        { "an enormous length", $"POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: {new string('9', 40)}\r\n\r\nhello" },
        { "a length of nothing", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: \r\n\r\nhello" },
        { "folded line", "GET / HTTP/1.1\r\nHost: demo.adit.test\r\nX-A: 1\r\n X-B: 2\r\n\r\n" },
        { "space before colon", "GET / HTTP/1.1\r\nHost: demo.adit.test\r\nX-A : 1\r\n\r\n" },
        { "two hosts", "GET / HTTP/1.1\r\nHost: demo.adit.test\r\nHost: adit.test\r\n\r\n" },
        { "authority is not Host", "GET http://adit.test/ HTTP/1.1\r\nHost: demo.adit.test\r\n\r\n" },
        { "NUL in a value", "GET / HTTP/1.1\r\nHost: demo.adit.test\r\nX-A: a\0b\r\n\r\n" },
        { "bare CR in a value", "GET / HTTP/1.1\r\nHost: demo.adit.test\r\nX-A: a\rb\r\n\r\n" },
        { "chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: demo.adit.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "bare LF in a chunk extension", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nTransfer-Encoding: chunked\r\n\r\n2;\nxx\r\nab\r\n0\r\n\r\n" },
        { "chunk size too large", "POST / HTTP/1.1\r\nHost: demo.adit.test\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\nab\r\n0\r\n\r\n" },
        { "a header line of 70 KB", $"GET / HTTP/1.1\r\nHost: demo.adit.test\r\nX-A: {new string('a', 70_000)}\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task A_request_that_can_be_read_in_two_ways_is_refused(string what, string request)
    {
        await using var server = RawServer.Echoing();
        await using var edge = await TestEdge.StartAsync(server.Port);
        var answer = await edge.ExchangeAsync(request);
        Assert.True(answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal) || answer.Length == 0, $"{what}: {answer}");
        Assert.DoesNotContain("200 OK", answer);
    }

    [Theory]
    [InlineData("+5")]
    [InlineData("-0")]
    public async Task A_length_with_a_sign_is_no_length_and_the_answer_says_400(string length)
    {
        await using var server = RawServer.Echoing();
        await using var edge = await TestEdge.StartAsync(server.Port);
        var answer = await edge.ExchangeAsync($"POST / HTTP/1.1\r\nHost: demo.adit.test\r\nContent-Length: {length}\r\n\r\nhello");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> BadResponses => new()
    {
        { "CL and TE", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!" },
        { "a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello" },
        { "negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" },
        { "enormous length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n" },
        { "unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" },
        { "two codings", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n" },
        { "bare LF after a field", "HTTP/1.1 200 OK\r\nX-A: 1\nContent-Length: 0\r\n\r\n" },
        { "folded line", "HTTP/1.1 200 OK\r\nX-A: 1\r\n X-B: 2\r\nContent-Length: 0\r\n\r\n" },
        { "space before colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n" },
        { "no colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n" },
        { "NUL", "HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n" },
        { "bare CR", "HTTP/1.1 200 OK\r\nX-A: a\rb\r\nContent-Length: 0\r\n\r\n" },
        { "another version", "HTTP/2 200 OK\r\n\r\n" },
        { "not HTTP", "SSH-2.0-OpenSSH_9.2p1\r\n\r\n" },
        { "status of two digits", "HTTP/1.1 20 OK\r\n\r\n" },
        { "101 unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n" },
        { "nothing", "" },
        { "half a head", "HTTP/1.1 200 OK\r\nX-A" },
        { "257 fields", "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Range(0, 257).Select(i => $"X-{i}: a\r\n")) + "\r\n" },
        { "a head of 70 KB", $"HTTP/1.1 200 OK\r\nX-A: {new string('a', 70_000)}\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(BadResponses))]
    public async Task A_response_that_can_be_read_in_two_ways_is_answered_502(string what, string response)
    {
        await using var server = RawServer.Answering(response);
        await using var edge = await TestEdge.StartAsync(server.Port);
        var answer = await edge.ExchangeAsync("GET / HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\n\r\n");
        Assert.True(answer.StartsWith("HTTP/1.1 502 Bad Gateway\r\n", StringComparison.Ordinal), $"{what}: {answer}");
    }

    [Theory]
    [InlineData("5\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhelloX\r\n0\r\n\r\n")]
    [InlineData("5\r\nhello\n0\r\n\r\n")]
    [InlineData("x\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5 ;a\nb\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhello\r\n0\r\nbad trailer\r\n\r\n")]
    [InlineData("ffffffffffffffff\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhel")]
    public async Task A_body_whose_chunks_are_broken_never_ends_as_if_complete(string body)
    {
        await using var server = RawServer.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
        await using var edge = await TestEdge.StartAsync(server.Port);
        var answer = await edge.ExchangeAsync("GET / HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("0\r\n\r\n", answer);
    }

    [Fact]
    public async Task Bytes_behind_a_response_reach_nobody_else()
    {
        await using var server = new RawServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood");
        });
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync("GET /1 HTTP/1.1\r\nHost: demo.adit.test\r\n\r\n");
        await visitor.ReadHeadAsync();
        Assert.Equal("ok", await visitor.ReadAsync(2));
        var second = await edge.ExchangeAsync("GET /2 HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\n\r\n");
        Assert.DoesNotContain("evil", second);
    }

    [Fact]
    public async Task What_a_visitor_says_about_where_it_came_from_is_replaced()
    {
        await using var server = RawServer.Echoing();
        await using var edge = await TestEdge.StartAsync(server.Port);
        await using var visitor = await edge.ConnectAsync();
        await visitor.SendAsync(
            "GET / HTTP/1.1\r\nHost: demo.adit.test\r\nX-Forwarded-For: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded_Proto: 6\r\nX-Real-IP: 6.6.6.6\r\n"
            + "Forwarded: for=6.6.6.6\r\nX-Forwarded-Proto: six\r\nProxy: 6\r\nX-Request-Id: 6.6.6.6\r\nConnection: X-Secret\r\nX-Secret: 6.6.6.6\r\nTE: gzip, trailers\r\nKeep-Alive: 6\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK", await visitor.ReadHeadAsync());
        var answer = await visitor.ReadHeadAsync();
        Assert.DoesNotContain("6.6.6.6", answer);
        Assert.DoesNotContain("six", answer);
        Assert.DoesNotContain("Keep-Alive", answer);
        Assert.Contains("TE: trailers\r\n", answer);
        Assert.Contains("Forwarded: for=127.0.0.1;host=\"demo.adit.test\";proto=http\r\n", answer);
    }

    [Fact]
    public async Task What_a_trusted_proxy_says_is_kept_and_added_to()
    {
        await using var server = RawServer.Echoing();
        await using var edge = await TestEdge.StartAsync(server.Port, options: o => o with { TrustedProxies = ["127.0.0.0/8"] });
        var answer = await edge.ExchangeAsync(
            "GET / HTTP/1.1\r\nHost: demo.adit.test\r\nX-Forwarded-For: 9.9.9.9, 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Request-Id: abc-1\r\nConnection: close\r\n\r\n");
        Assert.Contains("X-Forwarded-For: 9.9.9.9, 203.0.113.7, 127.0.0.1\r\nX-Real-IP: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n", answer);
        Assert.Contains("X-Forwarded-Port: 443\r\n", answer);
        Assert.Contains("X-Request-Id: abc-1\r\n", answer);
    }
}
