using System.Net;

namespace Adit.Link;

/// <summary>
/// The hub's end of a link: one client, its control connection and its data connections. Opens streams to what the client can reach.
/// Lives until the control connection is lost; streams under way outlive it, so that a client that comes back finds them undisturbed.
/// </summary>
public sealed class HubLink
{
    private readonly LinkHost _host;
    private readonly ControlChannel _control;
    private readonly Lock _lock = new();
    private readonly List<DataConnection> _idle = [];
    private readonly Queue<TaskCompletionSource<DataConnection>> _waiting = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly int _clientMax;
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
        _clientMax = clientMax;
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

    internal bool IsClosed => _closed.IsCancellationRequested;

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
            while (true)
            {
                var connection = Take() ?? await WaitForConnectionAsync(cancellationToken);
                LinkStream? stream;
                try
                {
                    stream = await connection.TryOpenAsync(request);
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

    internal async Task CloseAsync(ControlMessage? bye, string reason)
    {
        List<TaskCompletionSource<DataConnection>> waiting;
        List<DataConnection> idle;
        lock (_lock)
        {
            if (IsClosed)
                return;
            _closeReason = reason;
            _closed.Cancel();
            waiting = [.. _waiting];
            idle = [.. _idle];
            _waiting.Clear();
            _idle.Clear();
        }

        _host.Remove(this, reason);
        foreach (var waiter in waiting)
            waiter.TrySetException(Gone());
        foreach (var connection in idle)
            connection.Abort();
        await _control.CloseAsync(bye);
    }

    // ---- Data connections --------------------------------------------------------------------------------------------------------

    /// <summary>A data connection has come in with one of our tickets. Completes when it is dead.</summary>
    internal async Task AttachAsync(DataConnection connection, DataRole role)
    {
        Interlocked.Increment(ref _connections);
        _host.Attach(connection);
        try
        {
            if (role == DataRole.HubOpens)
            {
                connection.StartOpening(Return);
                lock (_lock)
                    _dialing = Math.Max(0, _dialing - 1);
                Return(connection);
                await connection.Closed;
                lock (_lock)
                    _idle.Remove(connection);
            }
            else
            {
                lock (_lock)
                    _ticketsWanted = Math.Max(0, _ticketsWanted - 1);
                await using var closing = Closed.UnsafeRegister(static c => ((DataConnection)c!).AbortIfIdle(), connection);
                await connection.AcceptAsync(ServeAsync);
            }
        }
        finally
        {
            _host.Detach(connection);
            Interlocked.Decrement(ref _connections);
        }
    }

    /// <summary>A ticket will not be used: it expired, or the client says that it cannot dial.</summary>
    internal void TicketLost(DataRole role, string? reason)
    {
        TaskCompletionSource<DataConnection>? waiter = null;
        lock (_lock)
        {
            if (role == DataRole.ClientOpens)
            {
                _ticketsWanted = Math.Max(0, _ticketsWanted - 1);
                return;
            }

            _dialing = Math.Max(0, _dialing - 1);
            if (_waiting.Count > _dialing)
                _waiting.TryDequeue(out waiter);
        }

        waiter?.TrySetException(new LinkStreamException(
            ResetCode.Busy, $"The client {Client.Name} did not open a data connection: {reason ?? "it did not answer in time"}."));
    }

    /// <summary>The client says that it will not use a ticket.</summary>
    internal void Refused(string ticket, string? reason)
    {
        if (_host.Tickets.Redeem(ticket) is var (link, role) && ReferenceEquals(link, this))
            TicketLost(role, reason);
    }

    /// <summary>Makes tickets that the client asked for. At most 64 are out at one time.</summary>
    internal async Task SendTicketsAsync(int count)
    {
        lock (_lock)
        {
            count = Math.Clamp(count, 0, 64 - _ticketsWanted);
            if (count == 0 || Connections >= _host.Options.MaxConnectionsPerLink)
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

    /// <summary>Called every few seconds: pings what is idle, drops what does not answer, closes what was not needed for a while.</summary>
    internal void Tend(bool trim)
    {
        List<DataConnection> idle;
        var surplus = 0;
        lock (_lock)
        {
            idle = [.. _idle];
            if (trim)
            {
                surplus = Math.Max(0, Math.Min(_leastIdle, _idle.Count) - _host.Options.Warm);
                _leastIdle = _idle.Count - surplus;
                _idle.RemoveRange(0, surplus); // The longest unused are at the front.
            }
        }

        for (var i = 0; i < idle.Count; i++)
        {
            if (i < surplus || idle[i].Silence > LinkProtocol.DataPingAfter + LinkProtocol.DataPongWithin)
                idle[i].Abort();
            else if (idle[i].Silence > LinkProtocol.DataPingAfter)
                _ = PingAsync(idle[i]);
        }
    }

    private static async Task PingAsync(DataConnection connection)
    {
        try
        {
            await connection.PingAsync();
        }
        catch (LinkStreamException)
        {
            // It is dead now, and says so itself.
        }
    }

    private DataConnection? Take()
    {
        var dial = false;
        DataConnection? connection = null;
        lock (_lock)
        {
            if (_idle.Count > 0)
            {
                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
                _leastIdle = Math.Min(_leastIdle, _idle.Count);
                dial = _idle.Count + _dialing < _host.Options.Warm && MayDial();
                if (dial)
                    _dialing++;
            }
        }

        if (dial)
            _ = DialAsync(1);
        return connection;
    }

    private async ValueTask<DataConnection> WaitForConnectionAsync(CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource<DataConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        int dial;
        lock (_lock)
        {
            if (IsClosed)
                throw Gone();
            _waiting.Enqueue(waiter);
            dial = MayDial() ? Math.Max(0, _waiting.Count + _host.Options.Warm - _dialing) : 0;
            dial = Math.Min(dial, 64);
            _dialing += dial;
        }

        if (dial > 0)
            _ = DialAsync(dial);
        try
        {
            return await waiter.Task.WaitAsync(_host.Options.DialTimeout, _host.Options.Time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!waiter.TrySetCanceled(CancellationToken.None) && waiter.Task.IsCompletedSuccessfully)
                Return(await waiter.Task); // It came at the very moment.
            if (e is OperationCanceledException)
                throw;
            throw new LinkStreamException(
                ResetCode.TimedOut, $"The client {Client.Name} did not open a data connection within {_host.Options.DialTimeout.TotalSeconds:0} s.");
        }
    }

    private bool MayDial() =>
        Connections + _dialing < Math.Min(_host.Options.MaxConnectionsPerLink, _clientMax == 0 ? int.MaxValue : _clientMax);

    private async Task DialAsync(int count)
    {
        try
        {
            await _control.SendAsync(new ControlMessage { Type = "dial", Tickets = Issue(count, DataRole.HubOpens) }, Closed);
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            // The control connection is broken; its receiver ends the link, and with it whoever waits.
        }
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
        while (true)
        {
            TaskCompletionSource<DataConnection>? waiter;
            lock (_lock)
            {
                if (IsClosed)
                    break;
                if (!_waiting.TryDequeue(out waiter))
                {
                    if (!connection.IsDead)
                        _idle.Add(connection);
                    return;
                }
            }

            if (waiter.TrySetResult(connection))
                return;
        }

        connection.Abort();
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

    private LinkStreamException Gone() =>
        new(ResetCode.LinkLost, $"The link of client {Client.Name} is gone{(_closeReason.Length > 0 ? ": " + _closeReason : "")}.");
}
