using System.Collections.Concurrent;

namespace Adit.Link;

/// <summary>
/// The data connections on which this client opens streams: used again while warm, dialled with tickets that the hub gives on request.
/// </summary>
internal sealed class ClientPool(LinkClient client)
{
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(10);
    private const int MostIdle = 8;

    private readonly Lock _lock = new();
    private readonly Stack<DataConnection> _idle = new();
    private readonly Queue<TaskCompletionSource<DataConnection>> _waiting = new();
    private readonly ConcurrentDictionary<DataConnection, bool> _all = new();
    private bool _isClosed;

    public int Count => _all.Count;

    public async ValueTask<LinkStream> OpenAsync(OpenRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            DataConnection? connection;
            lock (_lock)
                _idle.TryPop(out connection);
            connection ??= await DialAsync(cancellationToken);
            try
            {
                if (await connection.TryOpenAsync(request) is { } stream)
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
        _ = connection.Closed.ContinueWith(_ => _all.TryRemove(connection, out bool _), TaskScheduler.Default);
        connection.StartOpening(Return);
        Return(connection);
    }

    /// <summary>A ticket did not lead to a connection.</summary>
    public void DialFailed(string reason)
    {
        TaskCompletionSource<DataConnection>? waiter;
        lock (_lock)
            _waiting.TryDequeue(out waiter);
        waiter?.TrySetException(new LinkStreamException(ResetCode.LinkLost, reason));
    }

    /// <summary>Called every few seconds: drops connections whose other end is gone.</summary>
    public void Tend()
    {
        foreach (var (connection, _) in _all)
            connection.AbortIfUnanswered();
    }

    public void Close()
    {
        List<DataConnection> idle;
        lock (_lock)
        {
            _isClosed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (var connection in idle)
            connection.Abort();
    }

    private async ValueTask<DataConnection> DialAsync(CancellationToken cancellationToken)
    {
        if (client.IsFull)
            throw new LinkStreamException(ResetCode.Busy, $"This client cannot open another connection: {client.AtLimit}.");
        var waiter = new TaskCompletionSource<DataConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
            _waiting.Enqueue(waiter);
        try
        {
            await client.WantTicketsAsync(1, cancellationToken);
            return await waiter.Task.WaitAsync(DialTimeout, client.Options.Time, cancellationToken);
        }
        catch (Exception e)
        {
            if (!waiter.TrySetCanceled(CancellationToken.None) && waiter.Task.IsCompletedSuccessfully)
                Return(await waiter.Task); // It came at the very moment.
            if (e is TimeoutException)
                throw new LinkStreamException(
                    ResetCode.TimedOut, $"The hub did not let this client open a data connection within {DialTimeout.TotalSeconds:0} s.");
            throw e is LinkStreamException or OperationCanceledException || !Wire.IsBroken(e)
                ? e
                : new LinkStreamException(ResetCode.LinkLost, $"There is no link to {client.Options.Hub} at the moment.", e);
        }
    }

    private void Return(DataConnection connection)
    {
        while (true)
        {
            TaskCompletionSource<DataConnection>? waiter;
            lock (_lock)
            {
                if (_isClosed)
                    break;
                if (!_waiting.TryDequeue(out waiter))
                {
                    if (_idle.Count >= MostIdle)
                        break;
                    if (!connection.IsDead)
                        _idle.Push(connection);
                    return;
                }
            }

            if (waiter.TrySetResult(connection))
                return;
        }

        connection.Abort();
    }
}
