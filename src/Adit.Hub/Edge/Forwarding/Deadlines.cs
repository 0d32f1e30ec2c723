namespace Adit.Hub.Edge.Forwarding;

/// <summary>What a connection waits for; decides what happens when it waits too long.</summary>
internal enum Wait : byte
{
    /// <summary>Nothing that has a bound.</summary>
    None,

    /// <summary>Another request.</summary>
    Idle,

    /// <summary>The other side's end, after ours.</summary>
    Closing,

    /// <summary>The head of the response.</summary>
    ResponseHead,

    /// <summary>More of the response's body.</summary>
    ResponseBody,

    /// <summary>The visitor to take more of the response.</summary>
    VisitorReads,

    /// <summary>More of the request's body from the visitor.</summary>
    RequestBody,

    /// <summary>The upstream to take more of the request.</summary>
    UpstreamReads,
}

/// <summary>
/// One timer for all upstream connections: ticks once a second while there is any, and looks at each. Arming a deadline is one write, so a
/// request pays nothing for being bounded. Deadlines are late by up to a second.
/// </summary>
internal sealed class Deadlines : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<UpstreamConnection> _connections = [];
    private readonly ITimer _timer;
    private int _now = 1;

    public Deadlines(TimeProvider time) =>
        _timer = time.CreateTimer(static d => ((Deadlines)d!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Ticks so far.</summary>
    public int Now => Volatile.Read(ref _now);

    /// <summary>How many connections there are, idle or busy.</summary>
    public int Connections
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>The tick at which a wait of this long from now is over; 0 for never.</summary>
    public int After(TimeSpan wait) =>
        wait <= TimeSpan.Zero || wait.TotalSeconds > int.MaxValue / 2 ? 0 : Now + (int)Math.Ceiling(wait.TotalSeconds) + 1;

    public void Add(UpstreamConnection connection)
    {
        lock (_lock)
        {
            if (_connections.Add(connection) && _connections.Count == 1)
                _timer.Change(Tick, Tick);
        }
    }

    public void Remove(UpstreamConnection connection)
    {
        lock (_lock)
        {
            if (_connections.Remove(connection) && _connections.Count == 0)
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        List<UpstreamConnection>? late = null;
        lock (_lock)
        {
            var now = ++_now;
            foreach (var connection in _connections)
            {
                if (connection.IsLate(now))
                    (late ??= []).Add(connection);
            }
        }

        foreach (var connection in late ?? [])
            connection.Expire();
    }
}
