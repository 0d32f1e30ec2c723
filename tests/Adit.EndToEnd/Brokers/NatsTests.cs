using System.Diagnostics;
using Adit.Testing;

namespace Adit.EndToEnd.Brokers;

/// <summary>A real broker behind a tcp tunnel.</summary>
public sealed class NatsTests(ITestOutputHelper output)
{
    private const int Messages = 1_000_000;

    [Fact(Timeout = 180_000)]
    public async Task A_million_messages_pass_a_tcp_tunnel_and_none_is_lost_or_out_of_order()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (brokerPort, publicPort) = (Ports.Free(), Ports.FreeRange(1, first: 15000, last: 15999));
        await using var broker = await NatsServer.StartAsync(brokerPort);
        await using var hub = await HubProcess.StartAsync();
        await using var tunnel = await TunnelProcess.StartAsync(hub, "nats", "tcp", $"{brokerPort}", "--port", $"{publicPort}");

        await using var subscriber = await NatsClient.ConnectAsync(publicPort, cancellationToken);
        await using var publisher = await NatsClient.ConnectAsync(publicPort, cancellationToken);
        await subscriber.SubscribeAsync("numbers", cancellationToken);

        var started = Stopwatch.GetTimestamp();
        var received = subscriber.ReceiveNumbersAsync(Messages, cancellationToken);
        await publisher.PublishNumbersAsync("numbers", Messages, cancellationToken);
        await received;
        output.WriteLine($"{Messages:N0} messages in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
    }
}
