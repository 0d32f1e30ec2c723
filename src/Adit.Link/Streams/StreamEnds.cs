namespace Adit.Link;

/// <summary>
/// What both directions of a stream must agree on: which of them have ended, why the stream failed, and when all of it is over.
/// </summary>
/// <remarks>
/// Changes are made under one lock. The byte path reads without it, and is ended by whoever ends the stream at any moment. Hence the order:
/// the failure is written before the flag that leads to it, so whoever sees that a direction has ended sees why.
/// </remarks>
internal sealed class StreamEnds(DataConnection connection)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile LinkStreamException? _failure;
    private volatile bool _localEnded;
    private volatile bool _remoteEnded;
    private volatile bool _resetSent;
    private bool _isEnding;
    private bool _disposed;

    /// <summary>Why the stream failed; the first reason stays. Never without <see cref="LocalEnded"/>.</summary>
    public LinkStreamException? Failure => _failure;

    /// <summary>Nothing more of the stream is given to the wire, but for the END or RESET that says so.</summary>
    public bool LocalEnded => _localEnded;

    /// <summary>The peer sends no more, and has our answer where it wants one.</summary>
    public bool RemoteEnded => _remoteEnded;

    /// <summary>We gave the stream up: a RESET is on its way, or has left.</summary>
    public bool ResetSent => _resetSent;

    /// <summary>The end of what <see cref="TryReset"/> began.</summary>
    public Task Resetting { get; private set; } = Task.CompletedTask;

    /// <summary>Completes when both directions have ended and the stream is disposed, or the connection is dead.</summary>
    public Task Finished => _finished.Task;

    public void ThrowIfNotWritable()
    {
        if (_localEnded)
            throw _failure ?? (Exception)new InvalidOperationException("The stream's sending direction has ended.");
    }

    public void ThrowIfReset()
    {
        if (_resetSent)
            throw _failure!;
    }

    /// <summary>Ends the sending direction, after which END is to be sent. False when it has ended already.</summary>
    public bool TryEndLocal()
    {
        lock (_lock)
        {
            if (_localEnded)
                return false;
            _isEnding = true; // Until END has left, the connection must not carry the next stream's OPEN.
            _localEnded = true;
            return true;
        }
    }

    /// <summary>The END that <see cref="TryEndLocal"/> asked for has left, or a RESET took its place.</summary>
    public void EndSent()
    {
        lock (_lock)
            _isEnding = false;
        FinishIfDone();
    }

    /// <summary>
    /// The peer gave the stream up: sending ends. Returns whether it has to be answered with a RESET, which may be the last of the stream to
    /// leave; <see cref="EndRemote"/> comes after that.
    /// </summary>
    public bool TakeReset(LinkStreamException reset)
    {
        lock (_lock)
        {
            var answer = !_localEnded;
            _failure ??= reset;
            _localEnded = true;
            return answer;
        }
    }

    /// <summary>The peer sends no more.</summary>
    public void EndRemote() => _remoteEnded = true;

    /// <summary>
    /// Gives the stream up unless it is over or given up already: calls under way and to come fail with this code and reason.
    /// </summary>
    /// <param name="code">Why, in the protocol's terms.</param>
    /// <param name="reason">Why, in words.</param>
    /// <param name="receiver">Tells the peer, after it has left the lock under which it is called.</param>
    public void TryReset(ResetCode code, string reason, StreamReceiver receiver)
    {
        lock (_lock)
        {
            if (_resetSent || (_localEnded && _remoteEnded) || _failure is { Code: ResetCode.LinkLost })
                return;
            _failure ??= new LinkStreamException(code, reason);
            _resetSent = true;
            _localEnded = true;
            Resetting = receiver.ResetAsync(code, reason);
        }
    }

    /// <summary>Ends both directions and the connection. Returns the reason the stream failed for, which may be an earlier one.</summary>
    public LinkStreamException Fail(LinkStreamException failure)
    {
        lock (_lock)
        {
            failure = _failure ??= failure;
            _isEnding = false;
            _localEnded = _remoteEnded = true;
        }

        connection.Abort();
        FinishIfDone();
        return failure;
    }

    /// <summary>The owner lets go of the stream. False when it had already.</summary>
    public bool TryDispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return false;
            _disposed = true;
            return true;
        }
    }

    public void FinishIfDone()
    {
        lock (_lock)
        {
            if (!_disposed || !_localEnded || !_remoteEnded || _isEnding || _finished.Task.IsCompleted)
                return;
        }

        if (_finished.TrySetResult())
            connection.StreamFinished();
    }
}
