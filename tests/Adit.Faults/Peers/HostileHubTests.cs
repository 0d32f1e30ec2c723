using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Peers;

/// <summary>A hub in the hands of a thief, and hubs of other versions.</summary>
public sealed class HostileHubTests
{
    private const string Welcome = """{"type":"welcome","protocol":1,"link":"lfake","heartbeatMs":10000,"tickets":["t1","t2","t3"]}""";

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_stolen_hub_cannot_reach_what_the_client_does_not_allow()
    {
        using var secret = new TcpListener(IPAddress.Loopback, 0);
        secret.Start();
        var port = ((IPEndPoint)secret.LocalEndpoint).Port;
        await using var upstream = Upstream.Saying("allowed");
        await using var hub = await FakeHub.StartAsync(Welcome);
        await using var client = Start(hub, upstream.Target);
        var data = await hub.Data.Reader.ReadAsync(Deadline);
        string[] targets =
        [
            $"tcp:127.0.0.1:{port}", $"tcp:localhost:{port}", $"tcp:[::ffff:127.0.0.1]:{port}", $"tls:127.0.0.1:{port}", $"tcp:127.1:{port}", $"tcp:2130706433:{port}",
            "unix:/run/docker.sock", "tcp:169.254.169.254:80", "file:/etc/passwd", $"tcp:{upstream.Target}@127.0.0.1:{port}", $"tcp:{upstream.Target}\u0000:{port}",
        ];
        foreach (var target in targets)
        {
            await data.WriteAsync(FakeHub.Record(1, $$"""{"to":{{System.Text.Json.JsonSerializer.Serialize(target)}}}"""), Deadline);
            var answer = await FakeHub.ReadRecordAsync(data, Deadline) ?? throw new EndOfStreamException(target);
            Assert.True(answer.Type == 4, $"{target} was answered by a record of type {answer.Type}");
            Assert.True(BinaryPrimitives.ReadUInt16BigEndian(answer.Payload.AsSpan(4)) == 3, $"{target}: {Encoding.UTF8.GetString(answer.Payload.AsSpan(6))}");
            await data.WriteAsync(ResetAnswer(answer.Payload), Deadline);
        }

        Assert.False(secret.Pending(), "the client connected to what it does not allow");
        Assert.Empty(upstream.Received);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(2, 0xFF_FFFF)]
    [InlineData(1, 0xFF_FFFF)]
    [InlineData(4, 0xFF_FFFF)]
    [InlineData(6, 0xFF_FFFF)]
    [InlineData(99, 0)]
    [InlineData(2, 5)]
    public async Task A_record_that_breaks_the_protocol_ends_its_connection_and_not_the_client(byte type, int length)
    {
        await using var upstream = Upstream.Saying("allowed");
        await using var hub = await FakeHub.StartAsync(Welcome);
        await using var client = Start(hub, upstream.Target);
        var before = client.ResidentBytes;
        var bad = await hub.Data.Reader.ReadAsync(Deadline);
        await bad.WriteAsync(FakeHub.Record(type, length == 5 ? "abcde" : "", length), Deadline);
        while (await FakeHub.ReadRecordAsync(bad, Deadline).WaitAsync(TimeSpan.FromSeconds(10), Deadline) is not null)
        {
        }

        var good = await hub.Data.Reader.ReadAsync(Deadline);
        await good.WriteAsync(FakeHub.Record(1, $$"""{"to":"tcp:{{upstream.Target}}"}"""), Deadline);
        Assert.Equal((byte)5, (await FakeHub.ReadRecordAsync(good, Deadline))!.Value.Type);
        Assert.False(client.HasExited);
        Assert.True(client.ResidentBytes < before + (64 << 20));
    }

    [Fact(Timeout = 90_000)]
    public async Task A_flood_of_tickets_that_nobody_asked_for_does_not_exhaust_the_client()
    {
        await using var upstream = Upstream.Saying("allowed");
        var flood = """{"type":"tickets","tickets":[""" + string.Join(',', Enumerable.Repeat("\"t\"", 5000)) + "]}";
        await using var hub = await FakeHub.StartAsync([Welcome, flood, flood, """{"type":"ping","stamp":7}"""]);
        await using var client = Start(hub, upstream.Target, "--max-connections", "50");
        while (!(await hub.Said.Reader.ReadAsync(Deadline)).Contains("pong", StringComparison.Ordinal))
        {
        }

        await Eventually.HoldsAsync(() => hub.Dialled >= 3, "the tickets of the welcome are dialled");
        Assert.Equal(3, hub.Dialled);
        Assert.False(client.HasExited);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_client_that_was_told_nothing_tells_the_hub_a_limit_of_its_own()
    {
        await using var hub = await FakeHub.StartAsync(Welcome);
        await using var client = Start(hub, "127.0.0.1:9");
        Assert.Contains("\"maxConnections\":10000", await hub.Said.Reader.ReadAsync(Deadline), StringComparison.Ordinal);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_flood_of_dials_does_not_exhaust_the_client()
    {
        await using var upstream = Upstream.Saying("allowed");
        var flood = """{"type":"dial","tickets":[""" + string.Join(',', Enumerable.Repeat("\"t\"", 5000)) + "]}";
        await using var hub = await FakeHub.StartAsync([Welcome, .. Enumerable.Repeat(flood, 4)]);
        await using var client = Start(hub, upstream.Target, "--max-connections", "50");
        await hub.Data.Reader.ReadAsync(Deadline);
        for (var refusals = 0; refusals < 100;)
        {
            refusals += (await hub.Said.Reader.ReadAsync(Deadline)).Contains("refused", StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.InRange(hub.Dialled, 1, 50);
        Assert.False(client.HasExited);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("""{"type":"bye","code":"version","reason":"This hub speaks link protocol 3 to 4 and the client at most 1; upgrade the client."}""", "upgrade the client")]
    [InlineData("""{"type":"welcome","protocol":9,"link":"l"}""", "one version apart")]
    [InlineData("""{"type":"nonsense"}""", "one version apart")]
    public async Task A_hub_of_a_version_too_far_away_ends_the_client_with_one_clear_sentence(string answer, string expected)
    {
        await using var hub = await FakeHub.StartAsync(answer);
        await using var client = Start(hub, "127.0.0.1:9");
        Assert.NotEqual(0, await client.WaitForExitAsync());
        Assert.Contains(expected, client.Output, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("not JSON at all")]
    [InlineData("{}")]
    [InlineData("""{"type":"welcome","protocol":1,"link":null}""")]
    public async Task A_hub_that_talks_nonsense_is_not_believed(string answer)
    {
        await using var hub = await FakeHub.StartAsync(answer);
        await using var client = Start(hub, "127.0.0.1:9");
        await hub.Said.Reader.ReadAsync(Deadline);
        await Eventually.HoldsAsync(() => client.HasExited || client.Output.Length > 0, "the client says what is wrong");
        Assert.DoesNotContain("Unhandled", client.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", client.Output, StringComparison.Ordinal);
    }

    private static byte[] ResetAnswer(byte[] reset) =>
        [4, 0, 0, 6, .. reset.AsSpan(0, 4), 0, 0];

    private static ChildProcess Start(FakeHub hub, string target, params string[] more) => AditProcess.Start(
        ["tunnel", "http", target, "--name", "prey", .. more],
        new Dictionary<string, string?> { ["ADIT_HUB"] = hub.Url, ["ADIT_TOKEN"] = "adit_0123456789ab_" + new string('x', 43) });
}
