using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Adit.Link;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// An HTTP/1.1 connection to an upstream: a stream on a link, kept for the next request when an exchange ended well. While it is idle a
/// receive is posted, so an upstream that closes is noticed and not only found out by the next request.
/// </summary>
internal sealed class UpstreamConnection : IValueTaskSource<Memory<byte>>
{
    private readonly UpstreamPool _pool;
    private readonly Deadlines _deadlines;
    private readonly Action _onReceived;
    private ManualResetValueTaskSourceCore<Memory<byte>> _posted;
    private ValueTaskAwaiter<Memory<byte>> _receiving;
    private int _generation;
    private bool _isPosted;
    private int _over;
    private int _receiveDeadline;
    private int _sendDeadline;
    private Wait _receiveWait;
    private Wait _sendWait;

    public UpstreamConnection(LinkStream stream, UpstreamPool pool, Deadlines deadlines)
    {
        Stream = stream;
        _pool = pool;
        _deadlines = deadlines;
        _onReceived = Received;
        deadlines.Add(this);
    }

    public LinkStream Stream { get; }

    /// <summary>The last response's head.</summary>
    public ResponseHead Head { get; } = new();

    /// <summary>Takes the last response's body apart; made when the first chunked one comes.</summary>
    public ChunkedReader Chunks => field ??= new();

    /// <summary>Whether it carried a request before the present one, so that the upstream may have closed it meanwhile.</summary>
    public bool IsReused { get; private set; }

    /// <summary>Whether it is in the pool. Written under the pool's lock.</summary>
    public bool IsIdle { get; set; }

    /// <summary>Whether nothing arrived since the receive was posted.</summary>
    public bool IsQuiet => _posted.GetStatus(_posted.Version) == ValueTaskSourceStatus.Pending;

    /// <summary>Whether the rest of the request under way is not to be sent: set before the reading of it is cancelled.</summary>
    public volatile bool SendsNoMore;

    /// <summary>Whose exchange it carries; told when a deadline passes.</summary>
    public Visit? Visit { get; set; }

    /// <summary>Receives the next run; empty at the upstream's end.</summary>
    public ValueTask<Memory<byte>> ReceiveAsync()
    {
        if (!_isPosted)
            return Stream.ReceiveAsync();
        _isPosted = false;
        return new ValueTask<Memory<byte>>(this, _posted.Version);
    }

    /// <summary>Bounds what the receiving side waits for now.</summary>
    public void ArmReceive(Wait wait, TimeSpan most)
    {
        _receiveWait = wait;
        Volatile.Write(ref _receiveDeadline, _deadlines.After(most));
    }

    /// <summary>Bounds what the sending side waits for now.</summary>
    public void ArmSend(Wait wait, TimeSpan most)
    {
        _sendWait = wait;
        Volatile.Write(ref _sendDeadline, _deadlines.After(most));
    }

    public void DisarmReceive() => Volatile.Write(ref _receiveDeadline, 0);

    public void DisarmSend() => Volatile.Write(ref _sendDeadline, 0);

    public bool IsLate(int now) =>
        (Volatile.Read(ref _receiveDeadline) is > 0 and var receive && receive <= now)
        || (Volatile.Read(ref _sendDeadline) is > 0 and var send && send <= now);

    /// <summary>A deadline has passed.</summary>
    public void Expire()
    {
        var wait = Volatile.Read(ref _receiveDeadline) is > 0 and var receive && receive <= _deadlines.Now ? _receiveWait : _sendWait;
        DisarmReceive();
        DisarmSend();
        switch (wait)
        {
            case Wait.Idle:
                if (_pool.TryRemove(this))
                    Finish();
                break;
            case Wait.Closing:
                Drop(ResetCode.Cancelled, "The connection was not closed in time.");
                break;
            default:
                Visit?.Expired(wait);
                break;
        }
    }

    /// <summary>The exchange is over and the connection good for another: posts the next receive and gives it to the pool.</summary>
    public void Return(TimeSpan idleTimeout)
    {
        Visit = null;
        IsReused = true;
        DisarmSend();
        ArmReceive(Wait.Idle, idleTimeout);
        Post();
        _pool.Put(this);
        LeaveIfSpokenTo();
    }

    /// <summary>Closes in order: says our end and waits for the upstream's, so that the data connection below can be used again.</summary>
    public void Finish()
    {
        if (Interlocked.Exchange(ref _over, 1) == 0)
            _ = FinishAsync();
    }

    /// <summary>Gives the stream up.</summary>
    public void Drop(ResetCode code, string reason)
    {
        Stream.Reset(code, reason);
        if (Interlocked.Exchange(ref _over, 1) == 0)
            _ = DisposeAsync();
    }

    Memory<byte> IValueTaskSource<Memory<byte>>.GetResult(short token) => _posted.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Memory<byte>>.GetStatus(short token) => _posted.GetStatus(token);

    void IValueTaskSource<Memory<byte>>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _posted.OnCompleted(continuation, state, token, flags);

    private void Post()
    {
        _generation++;
        _posted.Reset();
        _isPosted = true;
#pragma warning disable CA2012 // Consumed once, in Received.
        _receiving = Stream.ReceiveAsync().GetAwaiter();
#pragma warning restore CA2012
        if (_receiving.IsCompleted)
            Received();
        else
            _receiving.UnsafeOnCompleted(_onReceived);
    }

    private void Received()
    {
        var generation = _generation;
        try
        {
            _posted.SetResult(_receiving.GetResult());
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            _posted.SetException(e);
        }

        // Setting the result may have run a whole exchange, after which the connection is idle again and rightly so.
        if (generation == Volatile.Read(ref _generation))
            LeaveIfSpokenTo();
    }

    // Closed by the upstream while idle, or it spoke without being asked: either way no request may go out on it. Looked at from both
    // sides, when something arrives and when the connection enters the pool, so that neither can miss the other.
    private void LeaveIfSpokenTo()
    {
        if (IsIdle && !IsQuiet && _pool.TryRemove(this))
            Finish();
    }

    // Owned by nobody: each step is bounded by the closing deadline and what can fail is caught.
    private async Task FinishAsync()
    {
        Visit = null;
        DisarmSend();
        ArmReceive(Wait.Closing, TimeSpan.FromSeconds(5));
        try
        {
            await Stream.EndAsync();
            while (!(await ReceiveAsync()).IsEmpty)
            {
                // What still comes belongs to no request.
            }
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            // It is being closed anyway.
        }

        await DisposeAsync();
    }

    private async Task DisposeAsync()
    {
        DisarmReceive();
        DisarmSend();
        _deadlines.Remove(this);
        await Stream.DisposeAsync();
    }
}
