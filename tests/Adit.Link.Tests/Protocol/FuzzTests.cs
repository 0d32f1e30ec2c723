using System.Diagnostics;
using System.Text;

namespace Adit.Link.Protocol;

/// <summary>
/// The receiving side against mutated input: it ends in order or says what is wrong; it never hangs, never throws anything else, and
/// never holds more than its bounds.
/// </summary>
public sealed class FuzzTests
{
    [Fact]
    public Task Two_hundred_thousand_mutated_inputs_end_in_order_or_in_a_protocol_error() => RunAsync(200_000, seed: 1);

    [Fact]
    [Trait("Category", "Long")]
    public Task Ten_million_mutated_inputs_end_in_order_or_in_a_protocol_error() => RunAsync(10_000_000, seed: 2);

    private static async Task RunAsync(int inputs, int seed)
    {
        var random = new Random(seed);
        var corpus = Corpus();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < inputs; i++)
        {
            var input = Mutate(corpus[random.Next(corpus.Length)], random);
            var wire = new ScriptedWire(input, () => random.Next(1, 64));
            try
            {
                var serving = new DataConnection(wire, TimeProvider.System).AcceptAsync(ConsumeAsync);
                if (!serving.IsCompleted)
                    await serving.WaitAsync(TimeSpan.FromSeconds(30));
                Assert.True(wire.IsAborted, "The connection was left open at the end of its input.");
            }
            catch (Exception e) when (e is not LinkStreamException)
            {
                Assert.Fail($"Input {i} of seed {seed} ({Convert.ToHexString(input)}) led to {e}");
            }
        }

        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(20), "Parsing takes too long.");
    }

    private static async Task ConsumeAsync(LinkStream stream)
    {
        try
        {
            while (!(await stream.ReceiveAsync()).IsEmpty)
            {
            }

            await stream.EndAsync();
        }
        catch (LinkStreamException)
        {
            // The input said so.
        }

        await stream.DisposeAsync();
    }

    private static byte[][] Corpus()
    {
        var open = DataConnection.Record(RecordType.Open, "{\"to\":\"tcp:127.0.0.1:8888\",\"from\":\"192.0.2.1:5\"}"u8);
        var data = DataConnection.Record(RecordType.Data, Encoding.ASCII.GetBytes(new string('d', 300)));
        var end = DataConnection.Record(RecordType.End, default);
        var reset = DataConnection.Record(RecordType.Reset, [0, 0, 0, 1, 0, 2, (byte)'n', (byte)'o']);
        var ping = DataConnection.Record(RecordType.Ping, [1, 2, 3, 4]);
        return
        [
            [.. open, .. data, .. end],
            [.. ping, .. open, .. data, .. ping, .. data, .. end, .. ping, .. open, .. end],
            [.. open, .. data, .. reset],
            [.. open, .. reset, .. open, .. data, .. end],
            [.. reset, .. ping],
            [.. open, .. end, .. open, .. end, .. open, .. end],
        ];
    }

    private static byte[] Mutate(byte[] input, Random random)
    {
        var bytes = input.ToList();
        for (var changes = random.Next(0, 6); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, random.Next(Math.Min(8, bytes.Count - at)));
                    break;
                case 3:
                    bytes.InsertRange(at, Enumerable.Range(0, random.Next(8)).Select(_ => (byte)random.Next(256)));
                    break;
                default:
                    bytes = bytes[..at];
                    break;
            }
        }

        return [.. bytes];
    }
}
