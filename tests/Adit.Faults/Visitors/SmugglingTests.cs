using Adit.Faults.Stage;

namespace Adit.Faults.Visitors;

/// <summary>Requests that two readers might understand differently, from end to end: the application must never see the one hidden inside.</summary>
public sealed class SmugglingTests(OneTunnel tunnel) : IClassFixture<OneTunnel>
{
    private const string Hidden = "GET /smuggled HTTP/1.1\r\nHost: one.adit.localhost\r\n\r\n";
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Requests => new()
    {
        { "CL.TE", "POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Hidden },
        { "TE.CL", "POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n" + Hidden + "\r\n0\r\n\r\n" },
        { "TE with a space before the colon", "POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + Hidden },
        { "TE folded", "POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nContent-Length: 60\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + Hidden },
        { "TE unknown", "POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + Hidden },
        { "TE twice", "POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + Hidden },
        { "two lengths", "POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nContent-Length: 0\r\nContent-Length: 60\r\n\r\n" + Hidden },
        { "a list of lengths", "POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nContent-Length: 0, 60\r\n\r\n" + Hidden },
        { "a huge chunk", "POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n" + Hidden },
        { "obs-fold", "GET / HTTP/1.1\r\nHost: one.adit.localhost\r\nX-A: b\r\n GET /smuggled HTTP/1.1\r\n\r\n" },
        { "NUL in a value", "GET / HTTP/1.1\r\nHost: one.adit.localhost\r\nX-A: b\0GET /smuggled\r\n\r\n" },
        { "bare CR in a value", "GET / HTTP/1.1\r\nHost: one.adit.localhost\r\nX-A: b\rGET /smuggled: x\r\n\r\n" },
        { "two hosts", "GET / HTTP/1.1\r\nHost: one.adit.localhost\r\nHost: smuggled\r\n\r\n" },
        { "an absolute target elsewhere", "GET http://smuggled.example/ HTTP/1.1\r\nHost: one.adit.localhost\r\n\r\n" },
        { "a header name with a space", "GET / HTTP/1.1\r\nHost: one.adit.localhost\r\nGET /smuggled HTTP/1.1: x\r\n\r\n" },
        { "HTTP/1.0 and chunked", "POST / HTTP/1.0\r\nHost: one.adit.localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + Hidden },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Requests))]
    public async Task The_application_never_sees_a_hidden_request(string what, string request)
    {
        tunnel.Upstream.Received.Clear();
        using var visitor = await RawVisitor.ConnectAsync(tunnel.Hub.Port, Deadline);
        await visitor.SendAsync(request, Deadline);
        await visitor.ReadToEndAsync(Quiet, Deadline);

        // One request on a connection is one at the application, whatever its body holds; a second one on the visitor's own account (a
        // pipelined request after a body that ended) is legal only where the hub itself understood it as such and closed neither.
        foreach (var head in tunnel.Upstream.Received)
        {
            Assert.DoesNotContain("\nGET /smuggled", head, StringComparison.Ordinal);
            Assert.DoesNotContain("Host: smuggled", head, StringComparison.OrdinalIgnoreCase);
        }

        Assert.False(
            tunnel.Upstream.Received.Any(head => head.StartsWith("GET /smuggled", StringComparison.Ordinal)),
            $"{what}: the application saw the hidden request. The visitor got:\n{visitor.Received}");

        // And the tunnel is as good as before.
        Assert.Contains("one says hello", await RawVisitor.AskAsync(tunnel.Hub.Port, "GET / HTTP/1.1\r\nHost: one.adit.localhost\r\nConnection: close\r\n\r\n", Quiet, Deadline), StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("+0")]
    [InlineData("-0")]
    public async Task A_length_with_a_sign_is_refused(string length)
    {
        tunnel.Upstream.Received.Clear();
        var answer = await RawVisitor.AskAsync(
            tunnel.Hub.Port, $"POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n", Quiet, Deadline);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Empty(tunnel.Upstream.Received);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_length_with_a_nought_before_it_goes_on_as_a_plain_number()
    {
        tunnel.Upstream.Received.Clear();
        await RawVisitor.AskAsync(
            tunnel.Hub.Port, "POST / HTTP/1.1\r\nHost: one.adit.localhost\r\nContent-Length: 00\r\nConnection: close\r\n\r\n", Quiet, Deadline);
        Assert.Matches("Content-Length: 0(\r\n|$)", Assert.Single(tunnel.Upstream.Received));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_header_line_of_64_KB_is_refused_with_431()
    {
        var answer = await RawVisitor.AskAsync(
            tunnel.Hub.Port, $"GET / HTTP/1.1\r\nHost: one.adit.localhost\r\nX-Long: {new string('a', 70_000)}\r\n\r\n", Quiet, Deadline);
        Assert.StartsWith("HTTP/1.1 431", answer, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_the_visitor_writes_is_not_written_into_the_pages_of_the_hub()
    {
        foreach (var target in new[] { "/<script>alert(1)</script>", "/_adit/sign-in?to=\"><script>alert(1)</script>", "/_adit/<script>alert(1)</script>" })
        {
            foreach (var host in new[] { "nobody.adit.localhost", "one.adit.localhost", "<script>alert(1)<.adit.localhost" })
            {
                var answer = await RawVisitor.AskAsync(
                    tunnel.Hub.Port, $"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nX-Request-Id: <script>alert(1)</script>\r\nConnection: close\r\n\r\n", Quiet, Deadline);
                Assert.DoesNotContain("<script>alert", answer, StringComparison.Ordinal);
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_visitor_cannot_say_that_somebody_else_came()
    {
        tunnel.Upstream.Received.Clear();
        await RawVisitor.AskAsync(
            tunnel.Hub.Port,
            "GET / HTTP/1.1\r\nHost: one.adit.localhost\r\nX-Forwarded-For: 6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Forwarded-Host: evil\r\nX_Forwarded_For: 6.6.6.6\r\nConnection: close, X-Forwarded-For\r\n\r\n",
            Quiet,
            Deadline);
        var head = Assert.Single(tunnel.Upstream.Received);
        Assert.Contains("X-Forwarded-For: 127.0.0.1\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\r\nX-Forwarded-For: 6.6.6.6", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("X-Real-IP: 6.6.6.6", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("evil", head, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_PROXY_header_from_a_stranger_is_no_request()
    {
        tunnel.Upstream.Received.Clear();
        var answer = await RawVisitor.AskAsync(
            tunnel.Hub.Port, "PROXY TCP4 6.6.6.6 127.0.0.1 1 2\r\nGET / HTTP/1.1\r\nHost: one.adit.localhost\r\n\r\n", Quiet, Deadline);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Empty(tunnel.Upstream.Received);
    }
}
