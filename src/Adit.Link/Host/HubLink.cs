using System.Net;

namespace Adit.Link;

/// <summary>
/// The hub's end of a link: one client, its control connection and its data connections. Opens streams to what the client can reach.
/// Lives until the control connection is lost; streams under way outlive it, so that a client that comes back finds them undisturbed.
/// </summary>
public sealed class HubLink
{
    private const int MostAtOnce = 64;

    private readonly LinkHost _host;
    private readonly ControlChannel _control;
    private readonly Lock _lock = new();
    private readonly IdleConnections _idle;
    private readonly CancellationTokenSource _closed = new();
    private readonly int _maxConnections;
    private volatile bool _isClosed;
    private int _dialing;
    private int _connections;
    private int _ticketsWanted;
    private int _leastIdle;
    private int _openStreams;
    private string _closeReason = "";

    internal HubLink(LinkHost host, string id, ControlChannel control, LinkPrincipal principal, ClientDescription client, int clientMax, EndPoint? remote)
    {
        _host = host;
        _control = control;
        _idle = new IdleConnections(_lock);
        _maxConnections = Math.Min(host.Options.MaxConnectionsPerLink, clientMax == 0 ? int.MaxValue : clientMax);
        Id = id;
        Principal = principal;
        Client = client;
        Remote = remote;
        Since = host.Options.Time.GetUtcNow();
        Closed = _closed.Token;
    }

    /// <summary>The link's id: new at each connect.</summary>
    public string Id { get; }

    /// <summary>Who authenticated it.</summary>
    public LinkPrincipal Principal { get; }

    /// <summary>Who the client says it is.</summary>
    public ClientDescription Client { get; }

    /// <summary>The client's address.</summary>
    public EndPoint? Remote { get; }

    /// <summary>When it connected.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>Cancelled when the link is gone.</summary>
    public CancellationToken Closed { get; }

    /// <summary>Streams open now, opened by either side.</summary>
    public int OpenStreams => Volatile.Read(ref _openStreams);

    /// <summary>Data connections now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    internal bool IsClosed => _isClosed;

    internal bool TakesNotices { get; init; }

    internal ControlChannel Control => _control;

    /// <summary>
    /// Opens a stream to what the client can reach, on a warm data connection or on one that the client dials now. It returns as soon as
    /// OPEN is sent; whether the target could be reached shows in <see cref="LinkStream.WaitOpenedAsync"/> and at the first receive.
    /// </summary>
    /// <param name="request">Where the stream should lead.</param>
    /// <param name="cancellationToken">Gives up the wait for a data connection.</param>
    /// <exception cref="LinkStreamException">The link is gone, at its limit, or its client did not dial in time.</exception>
    public async ValueTask<LinkStream> OpenAsync(OpenRequest request, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _openStreams) > Principal.MaxStreams)
        {
            Interlocked.Decrement(ref _openStreams);
            throw new LinkStreamException(ResetCode.Busy, $"The client {Client.Name} is at its limit of {Principal.MaxStreams} streams; close some or raise the limit of its token.");
        }

        try
        {
            var open = DataConnection.OpenRecord(request);
            long? since = null; // When it began to wait: a client that dials and drops does not make it longer.
            while (true)
            {
                if (Take() is not { } connection)
                {
                    since ??= _host.Options.Time.GetTimestamp();
                    connection = await WaitForConnectionAsync(since.Value, cancellationToken);
                }

                LinkStream? stream;
                try
                {
                    stream = await connection.TryOpenAsync(request, open);
                }
                catch (LinkStreamException e) when (e.Code == ResetCode.LinkLost && !IsClosed)
                {
                    continue; // A warm connection that had died unseen; its death was reported to us by itself.
                }

                if (stream is null)
                    continue; // Dead, or it comes back by itself.

                _ = stream.Finished.ContinueWith(
                    static (_, link) => Interlocked.Decrement(ref ((HubLink)link!)._openStreams),
                    this,
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
                return stream;
            }
        }
        catch
        {
            Interlocked.Decrement(ref _openStreams);
            throw;
        }
    }

    /// <summary>Ends the link: its client is told why and may come back.</summary>
    public void Close(string reason) => _ = CloseAsync(new ControlMessage { Type = "bye", Code = "closed", Reason = reason }, reason);

    /// <summary>
    /// Tells the client that something that it serves is over, if it wants to be told. It may be lost: whoever serves finds out at its next
    /// request to the hub as well.
    /// </summary>
    /// <param name="subject">What: a word that client and hub agree on above the link, <c>tunnel:demo</c>.</param>
    /// <param name="reason">Why, for people.</param>
    public void Notify(string subject, string? reason)
    {
        if (TakesNotices)
            _ = _control.TrySendAsync(new ControlMessage { Type = "notice", Subject = subject, Reason = reason }, Closed);
    }

    internal async Task CloseAsync(ControlMessage? bye, string reason)
    {
        IReadOnlyList<DataConnection> idle;
        lock (_lock)
        {
            if (_isClosed)
                return;
            _closeReason = reason;
            _isClosed = true;
            _idle.FailAll(Gone());
            idle = _idle.TakeOldest(_idle.Count);
        }

        _closed.Cancel();
        _host.Remove(this, reason);
        foreach (var connection in idle)
            connection.Finish();
        await _control.CloseAsync(bye);
    }

    // ---- Data connections --------------------------------------------------------------------------------------------------------

    /// <summary>A data connection has come in with one of our tickets. Completes when it is dead.</summary>
    internal async Task AttachAsync(DataConnection connection, DataRole role)
    {
        lock (_lock)
        {
            _connections++;
            Spend(role);
        }

        _host.Attach(connection);
        try
        {
            if (role == DataRole.HubOpens)
            {
                connection.StartOpening(Return);
                Return(connection);
                await connection.Closed;
            }
            else
            {
                await using var closing = Closed.UnsafeRegister(static c => ((DataConnection)c!).FinishIfIdle(), connection);
                await connection.AcceptAsync(ServeAsync);
            }
        }
        finally
        {
            _host.Detach(connection);
            int dial;
            lock (_lock)
            {
                _connections--;
                _idle.Remove(connection);
                dial = _idle.Waiting > 0 && Room > 1 ? ToDial() : 0; // At its limit the client would refuse: it may not know yet that this one died.
            }

            Dial(dial);
        }
    }

    /// <summary>A ticket will not be used: it expired, or the client says that it cannot dial.</summary>
    internal void TicketLost(DataRole role, string? reason)
    {
        lock (_lock)
        {
            Spend(role);
            if (role == DataRole.HubOpens && _idle.Waiting > _dialing)
                _idle.FailFirst(new LinkStreamException(
                    ResetCode.Busy, $"The client {Client.Name} did not open a data connection: {reason ?? "it did not answer in time"}."));
        }
    }

    /// <summary>The client says that it will not use a ticket.</summary>
    internal void Refused(string ticket, string? reason)
    {
        if (_host.Tickets.Redeem(ticket) is var (link, role) && ReferenceEquals(link, this))
            TicketLost(role, reason);
    }

    /// <summary>Makes tickets that the client asked for. At most 64 are out at one time, and no more than the link has room for.</summary>
    internal async Task SendTicketsAsync(int count)
    {
        lock (_lock)
        {
            count = Math.Clamp(Math.Min(count, Room), 0, MostAtOnce - _ticketsWanted);
            if (count == 0)
                return;
            _ticketsWanted += count;
        }

        await _control.SendAsync(new ControlMessage { Type = "tickets", Tickets = Issue(count, DataRole.ClientOpens) }, Closed);
    }

    /// <summary>The tickets that a welcome brings.</summary>
    internal IReadOnlyList<string> WelcomeTickets()
    {
        lock (_lock)
            _dialing += _host.Options.Warm;
        return Issue(_host.Options.Warm, DataRole.HubOpens);
    }

    /// <summary>Called every few seconds: pings what is idle, drops what does not answer, closes what was not needed for a while, dials for who waits.</summary>
    internal void Tend(bool trim)
    {
        IReadOnlyList<DataConnection> idle, surplus = [];
        int dial;
        lock (_lock)
        {
            if (trim)
            {
                surplus = _idle.TakeOldest(Math.Max(0, Math.Min(_leastIdle, _idle.Count) - _host.Options.Warm));
                _leastIdle = _idle.Count;
            }

            idle = _idle.Snapshot();
            dial = _idle.Waiting > 0 ? ToDial() : 0; // Places that have become free since.
        }

        Dial(dial);
        foreach (var connection in surplus)
            connection.Finish();
        foreach (var connection in idle)
            connection.TendIdle();
    }

    // Both limits together: what more connections this link may have.
    private int Room => _maxConnections - _connections - _dialing - _ticketsWanted;

    private DataConnection? Take()
    {
        var dial = 0;
        DataConnection? connection;
        lock (_lock)
        {
            connection = _idle.Take();
            if (connection is not null)
            {
                _leastIdle = Math.Min(_leastIdle, _idle.Count);
                dial = ToDial();
            }
        }

        Dial(dial);
        return connection;
    }

    private async ValueTask<DataConnection> WaitForConnectionAsync(long since, CancellationToken cancellationToken)
    {
        var timeout = _host.Options.DialTimeout;
        var left = timeout - _host.Options.Time.GetElapsedTime(since);
        if (left <= TimeSpan.Zero)
            throw NotInTime(timeout);
        LinkedListNode<TaskCompletionSource<DataConnection>> place;
        int dial;
        lock (_lock)
        {
            if (_isClosed)
                throw Gone();
            place = _idle.Queue();
            dial = ToDial();
        }

        Dial(dial);
        try
        {
            return await _idle.WaitAsync(place, left, _host.Options.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw NotInTime(timeout);
        }
    }

    // How many connections to ask for, which are on their way then: one for each who waits, and those kept warm, within the limits. Who waits
    // beyond them waits for a stream to end. Called under the lock.
    private int ToDial()
    {
        var count = Math.Clamp(Math.Min(_idle.Waiting + _host.Options.Warm - _idle.Count - _dialing, Room), 0, MostAtOnce);
        _dialing += count;
        return count;
    }

    // A ticket is used or lost. Called under the lock.
    private void Spend(DataRole role)
    {
        if (role == DataRole.ClientOpens)
            _ticketsWanted = Math.Max(0, _ticketsWanted - 1);
        else
            _dialing = Math.Max(0, _dialing - 1);
    }

    private void Dial(int count)
    {
        if (count > 0)
            _ = _control.TrySendAsync(new ControlMessage { Type = "dial", Tickets = Issue(count, DataRole.HubOpens) }, Closed);
    }

    private List<string> Issue(int count, DataRole role)
    {
        var tickets = new List<string>(count);
        for (var i = 0; i < count; i++)
            tickets.Add(_host.Tickets.Issue(this, role));
        return tickets;
    }

    // An idle connection: to whoever waits longest, else to the pool. Of a link that is gone: dropped.
    private void Return(DataConnection connection)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                // A dead one is reported as such by itself, and another is dialled for whoever waits.
                if (!connection.IsDead && !_idle.TryHandOver(connection))
                    _idle.Add(connection);
                return;
            }
        }

        connection.Finish();
    }

    private async Task ServeAsync(LinkStream stream)
    {
        if (_host.Options.OnStream is not { } serve)
        {
            stream.Reset(ResetCode.Forbidden, "This hub takes no streams from clients.");
            await stream.DisposeAsync();
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _openStreams) > Principal.MaxStreams)
                stream.Reset(ResetCode.Busy, $"The token is at its limit of {Principal.MaxStreams} streams.");
            else
                await serve(this, stream);
        }
        finally
        {
            Interlocked.Decrement(ref _openStreams);
            await stream.DisposeAsync();
        }
    }

    private LinkStreamException NotInTime(TimeSpan timeout) => new(
        ResetCode.TimedOut,
        Connections < _maxConnections
            ? $"The client {Client.Name} did not open a data connection within {timeout.TotalSeconds:0} s."
            : $"The client {Client.Name} is at its limit of {_maxConnections} connections and none became free within {timeout.TotalSeconds:0} s.");

    private LinkStreamException Gone() =>
        new(ResetCode.LinkLost, $"The link of client {Client.Name} is gone{(_closeReason.Length > 0 ? ": " + _closeReason : "")}.");
}
