using System.Text;
using Adit.Testing;

namespace Adit.Link.Streams;

public sealed class LinkStreamTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Bytes_arrive_in_order_and_half_close_leaves_the_other_direction_open()
    {
        await using var pair = await LinkStreamPair.OpenAsync();

        await pair.Opener.WriteAsync("question"u8.ToArray());
        await pair.Opener.EndAsync();
        Assert.Equal("question", await ReadAllAsync(pair.Acceptor));

        var answer = new string('x', 300_000);
        await pair.Acceptor.WriteAsync(Encoding.ASCII.GetBytes(answer));
        await pair.Acceptor.EndAsync();
        Assert.Equal(answer, await ReadAllAsync(pair.Opener));
    }

    [Fact]
    public async Task The_opener_learns_that_the_target_is_connected()
    {
        await using var pair = await LinkStreamPair.OpenAsync();
        var opened = pair.Opener.WaitOpenedAsync().AsTask();
        Assert.False(opened.IsCompleted);

        await pair.Acceptor.ConfirmOpenedAsync();
        await opened.WaitAsync(Deadline);
        await pair.Acceptor.EndAsync();
        Assert.True((await pair.Opener.ReceiveAsync()).IsEmpty);
    }

    [Fact]
    public async Task A_reset_reaches_the_peer_with_its_code_and_reason()
    {
        await using var pair = await LinkStreamPair.OpenAsync();

        pair.Acceptor.Reset(ResetCode.Refused, "127.0.0.1:1 refused the connection.");

        var failure = await Assert.ThrowsAsync<LinkStreamException>(async () => await pair.Opener.ReceiveAsync());
        Assert.Equal(ResetCode.Refused, failure.Code);
        Assert.Equal("127.0.0.1:1 refused the connection.", failure.Message);
        await Assert.ThrowsAsync<LinkStreamException>(async () => await pair.Opener.WaitOpenedAsync());
        await Assert.ThrowsAsync<LinkStreamException>(async () => await pair.Opener.WriteAsync("x"u8.ToArray()));
    }

    [Fact]
    public async Task A_connection_carries_the_next_stream_after_both_sides_ended()
    {
        await using var connection = await ConnectionPair.MakeAsync(EchoAsync);
        for (var i = 0; i < 50; i++)
            Assert.Equal($"stream {i}", await connection.AskAsync($"stream {i}"));
        Assert.Equal(50, connection.Accepted);
    }

    [Fact]
    public async Task A_connection_carries_the_next_stream_after_a_reset_by_the_opener()
    {
        await using var connection = await ConnectionPair.MakeAsync(EchoAsync);
        for (var i = 0; i < 20; i++)
        {
            await using (var stream = await connection.OpenAsync())
            {
                await stream.WriteAsync("half a question"u8.ToArray());
                await stream.ReceiveAsync();
                stream.Reset(ResetCode.Cancelled, "The visitor went away.");
            }

            Assert.Equal("next", await connection.AskAsync("next"));
        }

        Assert.False(connection.Opener.IsDead);
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_an_endless_answer_costs_the_connection_and_nothing_else()
    {
        await using var connection = await ConnectionPair.MakeAsync(async stream =>
        {
            var record = new byte[LinkStream.HeaderLength + 60_000];
            while (true)
                await stream.SendAsync(record);
        });
        var stream = await connection.OpenAsync();
        await stream.ReceiveAsync();

        await stream.DisposeAsync().AsTask().WaitAsync(Deadline);

        // The peer answers the reset as soon as it can send again: the connection lives on or is dropped, but is never left in between.
        await connection.Settled.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Two_receivers_at_once_are_a_defect_and_said_so()
    {
        await using var pair = await LinkStreamPair.OpenAsync();
        var first = pair.Opener.ReceiveAsync().AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Opener.ReceiveAsync());
        await pair.Acceptor.EndAsync();
        Assert.True((await first.WaitAsync(Deadline)).IsEmpty);
    }

    internal static async Task EchoAsync(LinkStream stream)
    {
        while (true)
        {
            var run = await stream.ReceiveAsync();
            if (run.IsEmpty)
                break;
            await stream.WriteAsync(run);
        }

        await stream.EndAsync();
    }

    internal static async Task<string> ReadAllAsync(LinkStream stream)
    {
        var text = new StringBuilder();
        while (true)
        {
            var run = await stream.ReceiveAsync().AsTask().WaitAsync(Deadline);
            if (run.IsEmpty)
                return text.ToString();
            text.Append(Encoding.UTF8.GetString(run.Span));
        }
    }
}
