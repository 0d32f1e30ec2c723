using System.Globalization;
using System.Net;
using System.Text;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Leaks;

/// <summary>Thousands of short lives leave nothing behind.</summary>
public sealed class LeakTests(ITestOutputHelper output)
{
    private const int Rounds = 2_000;
    private const int AtOnce = 20;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Thousands_of_tunnels_and_of_aborted_visits_leave_memory_and_sockets_as_they_were()
    {
        await using var upstream = new Upstream(async call =>
        {
            await call.WriteAsync(call.Head.Contains("Upgrade: websocket", StringComparison.OrdinalIgnoreCase)
                ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nsome");
            await call.DrainAsync();
        });
        await using var hub = await HubProcess.StartAsync();
        await using var client = await Client.StartAsync(hub, "busy", "http", upstream.Target);
        using var admin = LoopbackHttp.Create(hub.AdminToken);

        // Once to warm up: pools, caches, tiered code.
        await LiveAsync(admin, hub);
        await SettleAsync(hub, client);
        var before = (Hub: hub.Process.ResidentBytes, Client: client.ResidentBytes, HubSockets: Descriptors.Sockets(hub.Process.Id), ClientSockets: Descriptors.Sockets(client.Id));
        await LiveAsync(admin, hub);
        await SettleAsync(hub, client);

        output.WriteLine($"hub {before.Hub >> 20} -> {hub.Process.ResidentBytes >> 20} MB, client {before.Client >> 20} -> {client.ResidentBytes >> 20} MB");
        Assert.True(hub.Process.ResidentBytes < before.Hub + (30 << 20), $"the hub grew from {before.Hub} to {hub.Process.ResidentBytes} bytes");
        Assert.True(client.ResidentBytes < before.Client + (30 << 20), $"the client grew from {before.Client} to {client.ResidentBytes} bytes");
        Assert.InRange(Descriptors.Sockets(hub.Process.Id), 1, before.HubSockets + AtOnce + 5);
        Assert.InRange(Descriptors.Sockets(client.Id), 1, before.ClientSockets + AtOnce + 5);
        using var left = await admin.GetAsync(new Uri($"{hub.Url}/api/v1/tunnels"), Deadline);
        Assert.DoesNotContain("brief", await left.Content.ReadAsStringAsync(Deadline), StringComparison.Ordinal);
    }

    private static async Task LiveAsync(HttpClient admin, HubProcess hub)
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Rounds / 2),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Deadline },
            async (i, cancellationToken) =>
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"brief-{i}");
                using var made = await admin.PostAsync(
                    new Uri($"{hub.Url}/api/v1/tunnels"),
                    new StringContent($$"""{"kind":"http","name":"{{name}}","target":"127.0.0.1:9","client":"nobody"}""", Encoding.UTF8, "application/json"),
                    cancellationToken);
                Assert.Equal(HttpStatusCode.Created, made.StatusCode);
                using var removed = await admin.DeleteAsync(new Uri($"{hub.Url}/api/v1/tunnels/{name}"), cancellationToken);
                Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
            });
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Rounds / 2),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Deadline },
            async (i, cancellationToken) =>
            {
                using var visitor = await RawVisitor.ConnectAsync(hub.Port, cancellationToken);
                var upgrade = i % 2 == 0 ? "Connection: Upgrade\r\nUpgrade: websocket\r\n" : "";
                await visitor.SendAsync($"GET / HTTP/1.1\r\nHost: busy.adit.localhost\r\n{upgrade}\r\n", cancellationToken);
                if (i % 3 > 0)
                {
                    await visitor.ReadUntilAsync("\r\n\r\n", cancellationToken);
                }
            });
    }

    private static async Task SettleAsync(HubProcess hub, ChildProcess client)
    {
        var last = (-1, -1);
        await Eventually.HoldsAsync(
            async () =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Deadline);
                var now = (Descriptors.Sockets(hub.Process.Id), Descriptors.Sockets(client.Id));
                var same = now == last;
                last = now;
                return same;
            },
            "the numbers of sockets stand still");
    }
}
