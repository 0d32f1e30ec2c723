using System.Threading.Channels;
using Adit.Hub.Access.Permissions;

namespace Adit.Hub.Inspector;

/// <summary>One listener and what waits for it.</summary>
internal sealed class EventSubscription : IDisposable
{
    private const int MostWaiting = 256;

    private readonly Channel<ServerEvent> _waiting;
    private readonly Action<EventSubscription> _leave;
    private long _missed;

    public EventSubscription(EventFilter filter, Action<EventSubscription> leave)
    {
        Filter = filter;
        _leave = leave;
        _waiting = Channel.CreateBounded<ServerEvent>(
            new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _missed));
    }

    public EventFilter Filter { get; }

    public ChannelReader<ServerEvent> Waiting => _waiting.Reader;

    public bool WantsTunnel(string tunnel, Owned belonging) => Filter.Task is null && (Filter.Tunnel is null || Filter.Tunnel == tunnel) && Filter.MaySee(belonging);

    // Who follows one tunnel follows no tasks.
    public bool WantsTask(string task, Owned belonging) => Filter.Tunnel is null && (Filter.Task is null || Filter.Task == task) && Filter.MaySeeTask(belonging);

    public bool WantsRequests(string tunnel, Owned belonging) => Filter.Requests == tunnel && Filter.MaySee(belonging);

    public void Offer(ServerEvent happened) => _waiting.Writer.TryWrite(happened);

    /// <summary>How many were lost since this was last asked.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    public void Dispose() => _leave(this);
}
