using System.Buffers;
using Adit.Link;
using Microsoft.AspNetCore.Http.Features;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// Ends a WebSocket in order when its visitor may not have it any more: each side is sent a close frame between two of its frames, and has
/// half a second to finish. Until then it only follows where frames end.
/// </summary>
/// <remarks>
/// <code>
///   asked, nothing of a frame under way   close frame to the visitor at once; what the application still sends is dropped
///   asked in the middle of a frame        the rest of that frame, if it comes in time, then the close frame; else the connection is aborted
///   towards the application               close frame 1001 if the visitor's last frame was complete, then the end of the stream
///   then                                  waits for the visitor's close frame and the application's end, and closes
/// </code>
/// The outward pump takes and returns the pen around each of its writes, so that nobody writes into the middle of a frame.
/// </remarks>
internal sealed class WebSocketEnding(Stream visitor, LinkStream upstream, IHttpRequestLifetimeFeature lifetime, TimeProvider time)
{
    private static readonly TimeSpan Most = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private WebSocketFrames _outward;
    private WebSocketFrames _inward;
    private Pen _pen;
    private volatile WebSocketClose? _close;
    private CancellationTokenSource? _enough;
    private ITimer? _timer;
    private Task _sending = Task.CompletedTask;
    private Task _stopping = Task.CompletedTask;

    private enum Pen : byte
    {
        /// <summary>Nobody writes.</summary>
        Free,

        /// <summary>The outward pump writes.</summary>
        Taken,

        /// <summary>The outward pump writes, and the end was asked for meanwhile.</summary>
        TakenLast,

        /// <summary>The end was asked for in the middle of a frame.</summary>
        WaitsForFrame,

        /// <summary>The close frame is written or being written; nothing may follow.</summary>
        Closed,

        /// <summary>The connection is over.</summary>
        Over,
    }

    /// <summary>Cancelled when nothing more is taken from the visitor for the upstream. The pump disposes it.</summary>
    public CancellationTokenSource Over { get; } = new();

    /// <summary>Whether the end was asked for.</summary>
    public bool IsAsked => _close is not null;

    /// <summary>Ends the connection. May come at any time, from any thread, also when it is over. Never waits.</summary>
    public void Ask(WebSocketClose close)
    {
        lock (_lock)
        {
            if (_pen == Pen.Over || _close is not null)
                return;
            _enough = new CancellationTokenSource();
            _close = close;
            _timer = time.CreateTimer(static e => ((WebSocketEnding)e!).Expire(), this, Most, Timeout.InfiniteTimeSpan);
            if (_pen == Pen.Taken)
                _pen = Pen.TakenLast;
            else if (_outward.IsBetweenFrames)
                SendClose();
            else
                _pen = Pen.WaitsForFrame;
            _stopping = Over.CancelAsync();
        }
    }

    /// <summary>The outward pump has received a run.</summary>
    /// <returns>What of it may be written to the visitor; nothing to drop it. Then call <see cref="ReturnPen"/>.</returns>
    public Memory<byte> TakePen(Memory<byte> run)
    {
        lock (_lock)
        {
            switch (_pen)
            {
                case Pen.Free:
                    _outward.Advance(run.Span);
                    _pen = Pen.Taken;
                    return run;
                case Pen.WaitsForFrame:
                    _pen = Pen.TakenLast;
                    return run[.._outward.AdvanceToEnd(run.Span)];
                default:
                    return default;
            }
        }
    }

    /// <summary>What <see cref="TakePen"/> gave is written.</summary>
    public void ReturnPen()
    {
        lock (_lock)
        {
            if (_pen == Pen.Taken)
                _pen = Pen.Free;
            else if (_pen == Pen.TakenLast && _outward.IsBetweenFrames)
                SendClose();
            else if (_pen == Pen.TakenLast)
                _pen = Pen.WaitsForFrame;
        }
    }

    /// <summary>The inward pump passes bytes on to the upstream.</summary>
    public void Pass(ReadOnlySpan<byte> bytes) => _inward.Advance(bytes);

    /// <summary>Says goodbye to the upstream. For the inward pump, when it has stopped.</summary>
    /// <exception cref="LinkStreamException">The stream is broken.</exception>
    public async ValueTask CloseUpstreamAsync()
    {
        if (_inward is { IsBetweenFrames: true, HasClosed: false })
            await upstream.WriteAsync(WebSocketClose.FrameToUpstream());
    }

    /// <summary>
    /// Reads what the visitor still sends, up to its close frame: closing with something unread would reset the connection, and the visitor
    /// could lose what it was told. For the inward pump, when it has stopped.
    /// </summary>
    public async Task DrainAsync()
    {
        var array = ArrayPool<byte>.Shared.Rent(4 * 1024);
        try
        {
            while (!_inward.HasClosed && await visitor.ReadAsync(array, _enough!.Token) is > 0 and var count)
                _inward.Advance(array.AsSpan(0, count));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It went by itself, or took too long.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    /// <summary>Both pumps have ended. Waits until what was begun here is over.</summary>
    public async ValueTask CompleteAsync()
    {
        lock (_lock)
        {
            if (_close is null)
            {
                _pen = Pen.Over;
                return;
            }
        }

        await _sending;
        await _stopping;
        lock (_lock)
        {
            _pen = Pen.Over;
        }

        await _timer!.DisposeAsync();
    }

    // Under the lock. Who asks, asks many: none of them waits for this one's socket.
    private void SendClose()
    {
        _pen = Pen.Closed;
        if (!_outward.HasClosed)
            _sending = Task.Run(SendCloseAsync);
    }

    private async Task SendCloseAsync()
    {
        try
        {
            await visitor.WriteAsync(_close!.Frame);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The visitor is gone already.
        }
    }

    private void Expire()
    {
        lock (_lock)
        {
            if (_pen == Pen.Over)
                return;
            if (_pen != Pen.Closed || !_sending.IsCompleted)
                lifetime.Abort(); // In the middle of a frame, or a visitor who does not read.
        }

        upstream.Reset(ResetCode.Cancelled, "The visitor may not have it open any more.");
        _enough!.Cancel();
    }
}
