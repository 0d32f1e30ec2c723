using Adit.Link.Streams;
using Adit.Testing;

namespace Adit.Link.Client;

/// <summary>Idle connections on which a client opens streams: docs/reference/link.md, "Keepalive" and "Loss".</summary>
public sealed class ClientPoolTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly ManualTimeProvider _time = new();
    private readonly ClientPool _pool;

    public ClientPoolTests() =>
        _pool = new ClientPool(new LinkClient(new LinkClientOptions { Hub = new Uri("http://127.0.0.1:1"), Token = "t", Name = "n", Proxy = null, Time = _time }));

    [Fact]
    public async Task An_idle_connection_is_pinged_after_a_minute_and_dropped_when_nothing_answers()
    {
        var wire = Add();
        _time.Advance(TimeSpan.FromSeconds(59));
        _pool.Tend();
        Assert.Empty(wire.Records);

        _time.Advance(TimeSpan.FromSeconds(2));
        _pool.Tend();
        Assert.Equal(RecordType.Ping, Assert.Single(wire.Records).Type);
        Assert.False(wire.IsAborted);

        _time.Advance(TimeSpan.FromSeconds(20));
        _pool.Tend();
        Assert.True(wire.IsAborted);
        await Eventually.HoldsAsync(() => _pool.Count == 0, "the connection to be forgotten");
    }

    [Fact]
    public async Task An_idle_connection_that_answers_its_ping_stays()
    {
        var wire = Add();
        _time.Advance(TimeSpan.FromSeconds(61));
        _pool.Tend();
        wire.Arrive(RecordType.Pong);
        await Eventually.HoldsAsync(() => wire.Taken == 1, "the answer to be read");

        _time.Advance(TimeSpan.FromSeconds(59));
        _pool.Tend();

        Assert.False(wire.IsAborted);
    }

    [Fact]
    public async Task When_the_link_is_lost_idle_connections_go_at_once_and_one_with_a_stream_goes_after_it()
    {
        var busy = Add();
        var stream = await _pool.OpenAsync(new OpenRequest { Target = "tunnel:x" }, CancellationToken.None);
        var idle = Add();

        _pool.LinkLost();

        Assert.True(idle.IsAborted);
        Assert.False(busy.IsAborted);
        await stream.EndAsync();
        busy.Arrive(RecordType.End);
        Assert.True((await stream.ReceiveAsync().AsTask().WaitAsync(Deadline)).IsEmpty);
        await stream.DisposeAsync();
        Assert.True(busy.IsAborted);
        await Eventually.HoldsAsync(() => _pool.Count == 0, "the connections to be forgotten");
    }

    private HeldWire Add()
    {
        var wire = new HeldWire();
        _pool.Add(new DataConnection(wire, _time));
        return wire;
    }
}
