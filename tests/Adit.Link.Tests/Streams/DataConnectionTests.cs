namespace Adit.Link.Streams;

public sealed class DataConnectionTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly OpenRequest Request = new() { Target = "test" };

    [Fact]
    public async Task A_connection_whose_service_fails_is_dropped()
    {
        var wire = new HeldWire();
        var accepting = new DataConnection(wire, TimeProvider.System).AcceptAsync(_ => throw new InvalidOperationException("a defect"));
        wire.Open();

        await Assert.ThrowsAsync<InvalidOperationException>(() => accepting.WaitAsync(Deadline));
        Assert.True(wire.IsAborted);
    }

    [Fact]
    public async Task What_a_stream_sent_last_arrives_although_its_link_was_lost_meanwhile()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = await ConnectionPair.MakeAsync(async stream =>
        {
            await answer.Task;
            await stream.WriteAsync(new byte[200_000]);
            await stream.EndAsync();
            while (!(await stream.ReceiveAsync()).IsEmpty)
            {
            }
        });
        await using var asking = await pair.OpenAsync();
        await asking.EndAsync();
        await Adit.Testing.Eventually.HoldsAsync(() => pair.Accepted == 1, "the stream");

        pair.Acceptor.FinishIfIdle();
        answer.SetResult();
        await pair.Acceptor.Closed.WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.Equal(200_000, await CountAsync(asking));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_stream_sent_last_arrives_although_its_connection_is_not_kept(bool isInUse)
    {
        var slow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var received = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = await ConnectionPair.MakeAsync(async stream =>
        {
            await stream.EndAsync();
            await slow.Task;
            received.SetResult(await CountAsync(stream));
        });
        var stream = await pair.OpenAsync();
        await stream.WriteAsync(new byte[200_000]);
        await stream.EndAsync();
        Assert.Equal(0, await CountAsync(stream));

        if (isInUse)
        {
            pair.Opener.FinishIfIdle();
            Assert.False(pair.Opener.IsDead);
        }

        await stream.DisposeAsync();
        if (!isInUse)
            pair.Opener.FinishIfIdle();
        Assert.True(pair.Opener.IsDead);
        slow.SetResult();

        Assert.Equal(200_000, await received.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_idle_connection_is_in_its_pool_once_whatever_it_reads_between_streams()
    {
        var wire = new HeldWire();
        var connection = new DataConnection(wire, TimeProvider.System);
        var open = DataConnection.OpenRecord(Request);
        var inPool = 0;
        using var returned = new SemaphoreSlim(0);
        connection.StartOpening(_ => Put());
        Put();
        using var over = new CancellationTokenSource();
        var pinging = Task.Run(
            async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    if (wire.IsAllTaken)
                        wire.Arrive(RecordType.Ping, 1, 2, 3);
                    await Task.Yield();
                }
            },
            TestContext.Current.CancellationToken);

        for (var opened = 0; opened < 3000;)
        {
            Assert.True(await returned.WaitAsync(Deadline, TestContext.Current.CancellationToken), "The connection is in no pool.");
            Assert.Equal(0, Interlocked.Decrement(ref inPool));
            if (await connection.TryOpenAsync(Request, open) is not { } stream)
                continue; // It is put back by itself.
            opened++;
            wire.Arrive(RecordType.End);
            Assert.True((await stream.ReceiveAsync().AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken)).IsEmpty);
            await stream.EndAsync();
            await stream.DisposeAsync();
        }

        over.Cancel();
        await pinging;

        void Put()
        {
            Interlocked.Increment(ref inPool);
            returned.Release();
        }
    }

    private static async Task<int> CountAsync(LinkStream stream)
    {
        for (var count = 0; ;)
        {
            var run = await stream.ReceiveAsync().AsTask().WaitAsync(Deadline);
            if (run.IsEmpty)
                return count;
            count += run.Length;
        }
    }
}
