namespace Adit.Link;

/// <summary>
/// What both directions of a stream must agree on: which of them have ended, why the stream failed, whether its target is connected, and
/// when all of it is over.
/// </summary>
/// <remarks>
/// Changes are made under one lock. The byte path reads the flags without it: a direction is ended by its own task, and whoever ends it for
/// somebody else makes that task's next call to the kernel fail or finish.
/// </remarks>
internal sealed class StreamEnds(DataConnection connection)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _opened;
    private bool _disposed;

    /// <summary>Why the stream failed; the first reason stays.</summary>
    public LinkStreamException? Failure { get; private set; }

    /// <summary>The accepting side has connected the target.</summary>
    public bool IsOpened { get; private set; }

    /// <summary>We send no more.</summary>
    public bool LocalEnded { get; private set; }

    /// <summary>The peer sends no more.</summary>
    public bool RemoteEnded { get; private set; }

    /// <summary>We gave the stream up.</summary>
    public bool ResetSent { get; private set; }

    /// <summary>The end of what <see cref="TryReset"/> began.</summary>
    public Task Resetting { get; private set; } = Task.CompletedTask;

    /// <summary>Completes when both directions have ended and the stream is disposed, or the connection is dead.</summary>
    public Task Finished => _finished.Task;

    /// <summary>Completes or faults with the answer of the accepting side.</summary>
    public Task Opened
    {
        get
        {
            lock (_lock)
            {
                if (IsOpened)
                    return Task.CompletedTask;
                if (Failure is { } failure)
                    return Task.FromException(failure);
                _opened ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _opened.Task;
            }
        }
    }

    public void ThrowIfNotWritable()
    {
        if (Failure is { } failure)
            throw failure;
        if (LocalEnded)
            throw new InvalidOperationException("The stream's sending direction has ended.");
    }

    public void ConfirmOpened()
    {
        TaskCompletionSource? opened;
        lock (_lock)
        {
            IsOpened = true;
            opened = _opened;
        }

        opened?.TrySetResult();
    }

    /// <summary>Ends the sending direction. False when it has ended already.</summary>
    public bool TryEndLocal()
    {
        lock (_lock)
        {
            if (LocalEnded || Failure is not null)
                return false;
            LocalEnded = true;
            return true;
        }
    }

    /// <summary>The peer sends no more. Returns whether a RESET has to be answered with ours.</summary>
    public bool EndRemote(LinkStreamException? reset)
    {
        TaskCompletionSource? opened;
        bool answer;
        lock (_lock)
        {
            RemoteEnded = true;
            answer = reset is not null && !LocalEnded;
            if (reset is not null)
            {
                Failure ??= reset;
                LocalEnded = true;
            }

            opened = _opened;
        }

        if (reset is not null)
            opened?.TrySetException(reset);
        else
            ConfirmOpened();
        return answer;
    }

    /// <summary>
    /// Gives the stream up unless it is over or given up already: calls under way and to come fail with this code and reason.
    /// </summary>
    /// <param name="code">Why, in the protocol's terms.</param>
    /// <param name="reason">Why, in words.</param>
    /// <param name="receiver">Tells the peer, after it has left the lock under which it is called.</param>
    public void TryReset(ResetCode code, string reason, StreamReceiver receiver)
    {
        TaskCompletionSource? opened;
        lock (_lock)
        {
            if (ResetSent || (LocalEnded && RemoteEnded) || Failure is { Code: ResetCode.LinkLost })
                return;
            ResetSent = true;
            LocalEnded = true;
            Failure ??= new LinkStreamException(code, reason);
            opened = _opened;
            Resetting = receiver.ResetAsync(code, reason);
        }

        opened?.TrySetException(Failure);
    }

    /// <summary>Ends both directions and the connection. Returns the reason the stream failed for, which may be an earlier one.</summary>
    public LinkStreamException Fail(LinkStreamException failure)
    {
        TaskCompletionSource? opened;
        lock (_lock)
        {
            Failure ??= failure;
            LocalEnded = RemoteEnded = true;
            opened = _opened;
        }

        opened?.TrySetException(Failure);
        connection.Abort();
        FinishIfDone();
        return Failure;
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
            if (!_disposed || !LocalEnded || !RemoteEnded || _finished.Task.IsCompleted)
                return;
        }

        if (_finished.TrySetResult())
            connection.StreamFinished();
    }
}
