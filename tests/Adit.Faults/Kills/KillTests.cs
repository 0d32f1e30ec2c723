using System.Net;
using Adit.Api;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Kills;

/// <summary>Hub and client ended by SIGKILL in the middle of transfers.</summary>
public sealed class KillTests
{
    private static readonly byte[] Piece = new byte[16 * 1024];

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData("sized")]
    [InlineData("chunked")]
    [InlineData("until-close")]
    public async Task A_client_killed_in_an_answer_never_leaves_a_body_that_looks_whole(string framing)
    {
        await using var upstream = new Upstream(call => DripAsync(call, framing));
        await using var hub = await HubProcess.StartAsync();
        var before = Descriptors.Sockets(hub.Process.Id);
        var client = await Client.StartAsync(hub, "drip", "http", upstream.Target);
        await using var killed = client;
        using var visitor = await RawVisitor.ConnectAsync(hub.Port, Deadline);
        await visitor.SendAsync("GET / HTTP/1.1\r\nHost: drip.adit.localhost\r\n\r\n", Deadline);
        await visitor.ReadUntilAsync("\r\n\r\n", Deadline);

        client.Send(Signal.Kill);

        Assert.True(await visitor.ReadToEndAsync(TimeSpan.FromSeconds(20), Deadline), "the visitor was left hanging");
        Assert.True(IsTruncated(visitor), $"The answer looks whole:\n{visitor.Received[..Math.Min(300, visitor.Received.Length)]}");
        using var http = LoopbackHttp.Create();
        await Eventually.HoldsAsync(
            async () =>
            {
                using var answer = await http.GetAsync(new Uri(hub.TunnelUrl("drip")), Deadline);
                return answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway;
            },
            "visitors are told that the tunnel is offline");
        Assert.Equal(TunnelState.Down, await Client.StateAsync(hub, "drip"));

        // The successor has the name at once: it is the same owner's, and nobody serves it.
        await using var again = await Client.StartAsync(hub, "drip", "http", upstream.Target);
        again.Send(Signal.Kill);
        await Eventually.HoldsAsync(() => Descriptors.Sockets(hub.Process.Id) <= before + 1, "the hub's sockets are those it had before");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_client_killed_in_an_upload_gives_the_visitor_a_clear_end_and_the_application_no_whole_body()
    {
        var seen = new TaskCompletionSource<(long Count, bool InOrder)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = new Upstream(async call => seen.TrySetResult(await call.DrainAsync()));
        await using var hub = await HubProcess.StartAsync();
        await using var client = await Client.StartAsync(hub, "up", "http", upstream.Target);
        using var visitor = await RawVisitor.ConnectAsync(hub.Port, Deadline);
        await visitor.SendAsync("POST / HTTP/1.1\r\nHost: up.adit.localhost\r\nContent-Length: 10000000\r\n\r\n", Deadline);
        await visitor.SendAsync(Piece, Deadline);
        await Eventually.HoldsAsync(() => !upstream.Received.IsEmpty, "the application has the head");

        client.Send(Signal.Kill);

        Assert.True(await visitor.ReadToEndAsync(TimeSpan.FromSeconds(20), Deadline), "the visitor was left hanging");
        Assert.Matches("^(HTTP/1.1 50[234] |$)", visitor.Received);
        Assert.True((await seen.Task.WaitAsync(TimeSpan.FromSeconds(20), Deadline)).Count < 10_000_000);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_hub_killed_in_a_transfer_is_noticed_and_after_its_restart_the_same_name_works_again()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = new Upstream(async call =>
        {
            if (!call.Head.StartsWith("GET /drip", StringComparison.Ordinal))
            {
                await call.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                return;
            }

            try
            {
                await DripAsync(call, "chunked");
            }
            catch (IOException)
            {
                ended.TrySetResult();
                throw;
            }
        });
        using var data = new TempDirectory();
        var port = Ports.Free();
        var hub = await HubProcess.StartAsync(data.Path, port);
        await using var client = await Client.StartAsync(hub, "phoenix", "http", upstream.Target);
        using var http = LoopbackHttp.Create();
        Assert.Equal("ok", await http.GetStringAsync(new Uri(hub.TunnelUrl("phoenix")), Deadline));
        var before = Descriptors.Sockets(client.Id);
        for (var round = 0; round < 3; round++)
        {
            using var visitor = await RawVisitor.ConnectAsync(port, Deadline);
            await visitor.SendAsync("GET /drip HTTP/1.1\r\nHost: phoenix.adit.localhost\r\n\r\n", Deadline);
            await visitor.ReadUntilAsync("\r\n\r\n", Deadline);
            await hub.DisposeAsync(); // SIGKILL
            Assert.True(await visitor.ReadToEndAsync(TimeSpan.FromSeconds(20), Deadline));
            Assert.True(IsTruncated(visitor));
            await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), Deadline);
            ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

            hub = await HubProcess.StartAsync(data.Path, port);
            await Client.UntilUpAsync(hub, "phoenix", client);
            Assert.Equal("ok", await http.GetStringAsync(new Uri(hub.TunnelUrl("phoenix")), Deadline));
        }

        await using var last = hub;
        await Eventually.HoldsAsync(() => Descriptors.Sockets(client.Id) <= before + 1, "the client's sockets are those it had before");
    }

    // A head, then pieces without end.
    private static async Task DripAsync(Upstream.Call call, string framing)
    {
        await call.WriteAsync("HTTP/1.1 200 OK\r\n" + framing switch
        {
            "sized" => "Content-Length: 1000000000\r\n\r\n",
            "chunked" => "Transfer-Encoding: chunked\r\n\r\n",
            _ => "Connection: close\r\n\r\n",
        });
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (await pace.WaitForNextTickAsync(call.Stopping))
        {
            if (framing == "chunked")
            {
                await call.WriteAsync($"{Piece.Length:x}\r\n");
            }

            await call.WriteAsync(Piece);
            if (framing == "chunked")
            {
                await call.WriteAsync("\r\n");
            }
        }
    }

    // A body is whole when its Content-Length is there, its last chunk came, or, having neither, when the connection ended without a reset.
    private static bool IsTruncated(RawVisitor visitor)
    {
        var text = visitor.Received;
        var head = text[..text.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
        return head.Contains("chunked", StringComparison.OrdinalIgnoreCase)
            ? !text.EndsWith("0\r\n\r\n", StringComparison.Ordinal)
            : head.Contains("Content-Length", StringComparison.OrdinalIgnoreCase)
                ? text.Length - head.Length - 4 < 1_000_000_000
                : visitor.WasReset;
    }
}
