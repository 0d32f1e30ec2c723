using System.Collections.Concurrent;

namespace Adit.Link;

/// <summary>
/// The data connections on which this client opens streams: used again while warm, dialled with tickets that the hub gives on request.
/// </summary>
internal sealed class ClientPool
{
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(10);
    private const int MostIdle = 8;

    private readonly LinkClient _client;
    private readonly Lock _lock = new();
    private readonly IdleConnections _idle;
    private readonly ConcurrentDictionary<DataConnection, bool> _all = new();
    private bool _isClosed;

    public ClientPool(LinkClient client)
    {
        _client = client;
        _idle = new IdleConnections(_lock);
    }

    public int Count => _all.Count;

    public async ValueTask<LinkStream> OpenAsync(OpenRequest request, CancellationToken cancellationToken)
    {
        var open = DataConnection.OpenRecord(request);
        long? since = null; // When it began to wait: a hub that drops what was dialled does not make it longer.
        while (true)
        {
            DataConnection? connection;
            lock (_lock)
                connection = _idle.Take();
            if (connection is null)
            {
                since ??= _client.Options.Time.GetTimestamp();
                connection = await DialAsync(since.Value, cancellationToken);
            }

            try
            {
                if (await connection.TryOpenAsync(request, open) is { } stream)
                    return stream;
            }
            catch (LinkStreamException e) when (e.Code == ResetCode.LinkLost)
            {
                continue; // A warm connection that had died unseen.
            }
        }
    }

    /// <summary>A connection was dialled.</summary>
    public void Add(DataConnection connection)
    {
        _all[connection] = true;
        _ = connection.Closed.ContinueWith(_ => Forget(connection), TaskScheduler.Default);
        connection.StartOpening(Return);
        Return(connection);
    }

    /// <summary>A ticket did not lead to a connection.</summary>
    public void DialFailed(ResetCode code, string reason)
    {
        lock (_lock)
            _idle.FailFirst(new LinkStreamException(code, reason));
    }

    /// <summary>Called every few seconds: pings what is idle, and drops connections whose other end is gone.</summary>
    public void Tend()
    {
        IReadOnlyList<DataConnection> idle;
        lock (_lock)
            idle = _idle.Snapshot();
        foreach (var connection in idle)
            connection.TendIdle();
        foreach (var (connection, _) in _all)
            connection.AbortIfUnanswered();
    }

    /// <summary>
    /// The control connection was lost: no ticket will come to whoever waits for one, and of the connections only those that carry a stream
    /// live on, until it ends.
    /// </summary>
    public void LinkLost()
    {
        lock (_lock)
            _idle.FailAll(NoLink());
        foreach (var connection in _all.Keys)
            connection.FinishIfIdle();
    }

    public void Close()
    {
        IReadOnlyList<DataConnection> idle;
        lock (_lock)
        {
            _isClosed = true;
            _idle.FailAll(NoLink());
            idle = _idle.TakeOldest(_idle.Count);
        }

        foreach (var connection in idle)
            connection.Finish();
    }

    private async ValueTask<DataConnection> DialAsync(long since, CancellationToken cancellationToken)
    {
        if (_client.IsFull)
            throw new LinkStreamException(ResetCode.Busy, $"This client cannot open another connection: {_client.AtLimit}.");
        var left = DialTimeout - _client.Options.Time.GetElapsedTime(since);
        if (left <= TimeSpan.Zero)
            throw NotInTime();
        LinkedListNode<TaskCompletionSource<DataConnection>> place;
        lock (_lock)
            place = _idle.Queue();
        try
        {
            await _client.WantTicketsAsync(1, cancellationToken);
        }
        catch (Exception e)
        {
            if (_idle.Leave(place) is { } came)
                return came;
            if (e is not LinkStreamException and not OperationCanceledException && Wire.IsBroken(e))
                throw NoLink(e);
            throw;
        }

        try
        {
            return await _idle.WaitAsync(place, left, _client.Options.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw NotInTime();
        }
    }

    private void Return(DataConnection connection)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                if (connection.IsDead || _idle.TryHandOver(connection))
                    return;
                if (_idle.Count < MostIdle)
                {
                    _idle.Add(connection);
                    return;
                }
            }
        }

        connection.Finish();
    }

    private void Forget(DataConnection connection)
    {
        _all.TryRemove(connection, out _);
        lock (_lock)
            _idle.Remove(connection);
    }

    private LinkStreamException NoLink(Exception? e = null) =>
        new(ResetCode.LinkLost, $"There is no link to {_client.Options.Hub} at the moment.", e);

    private static LinkStreamException NotInTime() =>
        new(ResetCode.TimedOut, $"The hub did not let this client open a data connection within {DialTimeout.TotalSeconds:0} s.");
}
