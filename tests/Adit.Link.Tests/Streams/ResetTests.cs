using System.Threading.Channels;
using Adit.Testing;

namespace Adit.Link.Streams;

/// <summary>A stream may be given up at any moment, by anyone: nobody else's bytes move for it, and nothing of it leaves afterwards.</summary>
public sealed class ResetTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly OpenRequest Request = new() { Target = "test" };

    [Fact]
    public async Task Bytes_that_are_still_being_relayed_stay_as_they_are_when_their_stream_is_reset()
    {
        var (fromEnd, from) = await AcceptingEnd.MakeAsync();
        var (toEnd, to) = await AcceptingEnd.MakeAsync();
        var mine = Pattern(1, 1500);
        var relaying = StreamPump.RunAsync(from, to);
        toEnd.Wire.Hold();
        fromEnd.Wire.Arrive(RecordType.Data, mine);
        await Eventually.HoldsAsync(() => toEnd.Wire.Waiting == 1, "the relay to wait for its slow reader");

        from.Reset(ResetCode.Cancelled, "The visitor went away.");
        fromEnd.Wire.Arrive(RecordType.Data, Pattern(2, 1500)); // What was under way is drained behind the relay's back,
        fromEnd.Wire.Arrive(RecordType.Reset, 0, 0, 0, 1, 0, 0);
        await from.DisposeAsync().AsTask().WaitAsync(Deadline);
        var next = await fromEnd.NextAsync(); // and the connection carries somebody else's bytes.
        fromEnd.Wire.Arrive(RecordType.Data, Pattern(3, 1500));
        await next.ReceiveAsync().AsTask().WaitAsync(Deadline);
        toEnd.Wire.LetGo();

        Assert.NotNull(await relaying.WaitAsync(Deadline));
        var sent = toEnd.Wire.Records.Where(r => r.Type == RecordType.Data).SelectMany(r => r.Payload).ToArray();
        Assert.Equal(mine, sent);
    }

    [Fact]
    public async Task What_waits_to_be_sent_does_not_leave_behind_the_reset()
    {
        var (end, stream) = await AcceptingEnd.MakeAsync();
        var wire = end.Wire;
        wire.Hold();
        var first = stream.SendAsync(Record(1)).AsTask();
        await Eventually.HoldsAsync(() => wire.Waiting == 1, "the first record on its way");
        var second = stream.SendAsync(Record(2)).AsTask();
        var opened = stream.ConfirmOpenedAsync().AsTask();
        var ending = stream.EndAsync().AsTask();
        stream.Reset(ResetCode.TargetReset, "gone");
        wire.LetGo();

        await first.WaitAsync(Deadline);
        Assert.Equal(ResetCode.TargetReset, (await Assert.ThrowsAsync<LinkStreamException>(() => second.WaitAsync(Deadline))).Code);
        Assert.Equal(ResetCode.TargetReset, (await Assert.ThrowsAsync<LinkStreamException>(() => opened.WaitAsync(Deadline))).Code);
        await ending.WaitAsync(Deadline);
        await Eventually.HoldsAsync(() => wire.Records.Count >= 2, "the reset");
        Assert.Equal([RecordType.Data, RecordType.Reset], wire.Records.Select(r => r.Type));
        Assert.False(wire.IsAborted);
    }

    [Fact]
    public async Task A_reset_is_answered_before_the_connection_carries_the_next_stream()
    {
        var wire = new HeldWire();
        var connection = new DataConnection(wire, TimeProvider.System);
        var returned = 0;
        connection.StartOpening(_ => Interlocked.Increment(ref returned));
        var stream = (await connection.TryOpenAsync(Request, DataConnection.OpenRecord(Request)))!;
        var receiving = stream.ReceiveAsync().AsTask();
        wire.Hold();
        wire.Arrive(RecordType.Reset, 0, 0, 0, 1, 0, 2);
        await Eventually.HoldsAsync(() => wire.Waiting == 1, "the answer on its way");

        var disposing = stream.DisposeAsync().AsTask();
        Assert.Equal(0, Volatile.Read(ref returned));
        Assert.Null(await connection.TryOpenAsync(Request, DataConnection.OpenRecord(Request)));
        wire.LetGo();

        await disposing.WaitAsync(Deadline);
        Assert.Equal(ResetCode.Refused, (await Assert.ThrowsAsync<LinkStreamException>(() => receiving.WaitAsync(Deadline))).Code);
        Assert.Equal(1, Volatile.Read(ref returned));
        Assert.Equal(RecordType.Reset, wire.Records[1].Type);
    }

    [Theory]
    [InlineData(10, ResetCode.Protocol)]
    [InlineData(11, ResetCode.Cancelled)]
    [InlineData(12, ResetCode.None)]
    [InlineData(65535, ResetCode.None)]
    public void A_code_of_a_later_version_reads_as_none(ushort code, ResetCode expected) =>
        Assert.Equal(expected, ResetPayload.Read([0, 0, 0, 1, (byte)(code >> 8), (byte)code]).Code);

    [Fact]
    public async Task The_loss_of_one_leg_of_a_relay_is_a_cancelled_stream_on_the_other()
    {
        var (fromEnd, from) = await AcceptingEnd.MakeAsync();
        var (toEnd, to) = await AcceptingEnd.MakeAsync();
        var relaying = StreamPump.RunAsync(from, to);

        fromEnd.Wire.Abort();
        await Eventually.HoldsAsync(() => toEnd.Wire.Records.Count > 0, "the other leg to be told");
        toEnd.Wire.Arrive(RecordType.Reset, 0, 0, 0, 1, 0, 0);

        Assert.Equal(ResetCode.LinkLost, Assert.IsType<LinkStreamException>(await relaying.WaitAsync(Deadline)).Code);
        var (type, payload) = Assert.Single(toEnd.Wire.Records);
        Assert.Equal(RecordType.Reset, type);
        Assert.Equal([0, (byte)ResetCode.Cancelled], payload[4..6]);
    }

    [Fact]
    public async Task An_end_is_on_its_way_before_the_connection_carries_the_next_stream()
    {
        var wire = new HeldWire();
        var connection = new DataConnection(wire, TimeProvider.System);
        var returned = 0;
        connection.StartOpening(_ => Interlocked.Increment(ref returned));
        var stream = (await connection.TryOpenAsync(Request, DataConnection.OpenRecord(Request)))!;
        wire.Arrive(RecordType.End);
        Assert.True((await stream.ReceiveAsync().AsTask().WaitAsync(Deadline)).IsEmpty);
        wire.Hold();
        var ending = stream.EndAsync().AsTask();
        await stream.DisposeAsync().AsTask().WaitAsync(Deadline);
        Assert.Equal(0, Volatile.Read(ref returned));
        wire.LetGo();

        await ending.WaitAsync(Deadline);
        Assert.Equal(1, Volatile.Read(ref returned));
    }

    [Fact]
    public async Task Whoever_sees_that_a_stream_has_ended_sees_why()
    {
        for (var i = 0; i < 5_000; i++)
        {
            var connection = new DataConnection(new HeldWire(), TimeProvider.System);
            var ends = new StreamEnds(connection);
            var receiver = new StreamReceiver(connection, ends, 1, Task.CompletedTask, isOpener: true);
            using var start = new Barrier(2);
            var sending = Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    while (true)
                        ends.ThrowIfNotWritable();
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            start.SignalAndWait();
            switch (i % 3)
            {
                case 0:
                    ends.TryReset(ResetCode.Cancelled, "over", receiver);
                    break;
                case 1:
                    ends.Fail(DataConnection.Lost());
                    break;
                default:
                    ends.TakeReset(new LinkStreamException(ResetCode.Refused, "refused"));
                    break;
            }

            await Assert.ThrowsAsync<LinkStreamException>(() => sending.WaitAsync(Deadline));
        }
    }

    private static byte[] Record(byte content) => [0, 0, 0, 0, content];

    private static byte[] Pattern(byte seed, int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(seed ^ (i * 7)))];

    // The accepting end of a connection whose other end is the test.
    private sealed class AcceptingEnd
    {
        private readonly Channel<LinkStream> _streams = Channel.CreateUnbounded<LinkStream>();

        public HeldWire Wire { get; } = new();

        public static async Task<(AcceptingEnd End, LinkStream Stream)> MakeAsync()
        {
            var end = new AcceptingEnd();
            _ = new DataConnection(end.Wire, TimeProvider.System).AcceptAsync(stream =>
            {
                end._streams.Writer.TryWrite(stream);
                return Task.CompletedTask;
            });
            return (end, await end.NextAsync());
        }

        public async Task<LinkStream> NextAsync()
        {
            Wire.Open();
            return await _streams.Reader.ReadAsync().AsTask().WaitAsync(Deadline);
        }
    }
}
