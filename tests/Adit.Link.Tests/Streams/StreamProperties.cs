using FsCheck;
using FsCheck.Fluent;

namespace Adit.Link.Streams;

/// <summary>Bytes in are bytes out, under any interleaving of sizes, streams, half-closes and resets on one connection.</summary>
public sealed class StreamProperties
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public void Whatever_is_written_in_whatever_pieces_arrives_whole_and_in_order()
    {
        var pieces = Gen.Choose(0, 70_000).ArrayOf().Where(p => p.Length <= 40);
        var streams = pieces.ArrayOf().Where(s => s.Length <= 6);
        Prop.ForAll(Arb.From(streams), plan => EchoAllAsync(plan).WaitAsync(Deadline).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(30));
    }

    [Fact]
    public void A_stream_that_is_reset_at_any_point_leaves_nothing_behind_for_the_next()
    {
        var plan = Gen.Choose(0, 200_000).Two().ArrayOf().Where(s => s.Length <= 8);
        Prop.ForAll(Arb.From(plan), steps => ResetAllAsync(steps.Select(s => (s.Item1, s.Item2)).ToArray()).WaitAsync(Deadline).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(30).WithEndSize(20));
    }

    // Each inner array is a stream; each number a write of that many bytes. The far side echoes.
    private static async Task<bool> EchoAllAsync(int[][] plan)
    {
        await using var connection = await ConnectionPair.MakeAsync(LinkStreamTests.EchoAsync);
        foreach (var writes in plan)
        {
            await using var stream = await connection.OpenAsync();
            var total = writes.Sum();
            var writing = WriteAsync(stream, writes);
            if (!await ReceivePatternAsync(stream, total))
                return false;
            await writing;
        }

        return connection.Accepted == plan.Length;
    }

    // Each step: a stream that sends so many bytes and is reset after reading so many of the echo; then a whole one.
    private static async Task<bool> ResetAllAsync((int Send, int Read)[] steps)
    {
        await using var connection = await ConnectionPair.MakeAsync(LinkStreamTests.EchoAsync);
        foreach (var (send, read) in steps)
        {
            var stream = await connection.OpenAsync();
            var writing = WriteQuietlyAsync(stream, send);
            for (var got = 0; got < Math.Min(send, read);)
                got += (await stream.ReceiveAsync()).Length;
            await stream.DisposeAsync();
            await writing;
            if (connection.Opener.IsDead)
                return true; // More was under way than is worth draining: the connection is gone, which is allowed.
            await using var next = await connection.OpenAsync();
            var write = WriteAsync(next, [1000]);
            if (!await ReceivePatternAsync(next, 1000))
                return false;
            await write;
        }

        return true;
    }

    private static async Task WriteQuietlyAsync(LinkStream stream, int count)
    {
        try
        {
            await WriteAsync(stream, [count]);
        }
        catch (LinkStreamException)
        {
            // Reset meanwhile.
        }
    }

    private static async Task WriteAsync(LinkStream stream, int[] writes)
    {
        var at = 0;
        foreach (var count in writes)
        {
            await stream.WriteAsync(Pattern(at, count));
            at += count;
        }

        await stream.EndAsync();
    }

    private static async Task<bool> ReceivePatternAsync(LinkStream stream, int total)
    {
        var at = 0;
        while (true)
        {
            var run = await stream.ReceiveAsync();
            if (run.IsEmpty)
                return at == total;
            if (!run.Span.SequenceEqual(Pattern(at, run.Length)))
                return false;
            at += run.Length;
        }
    }

    private static byte[] Pattern(int from, int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
            bytes[i] = (byte)(((from + i) * 2654435761L) >> 13);
        return bytes;
    }
}
