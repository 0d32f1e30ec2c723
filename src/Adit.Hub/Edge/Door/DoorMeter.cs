namespace Adit.Hub.Edge.Door;

/// <summary>What came through the door, for metrics. Thread-safe.</summary>
internal sealed class DoorMeter
{
    private long _accepted;
    private long _http;
    private long _linkData;
    private long _passthrough;
    private long _timedOut;
    private long _evicted;
    private long _refused;
    private long _acceptErrors;

    /// <summary>Connections accepted.</summary>
    public long AcceptedTotal => Interlocked.Read(ref _accepted);

    /// <summary>Connections handed to Kestrel.</summary>
    public long HttpTotal => Interlocked.Read(ref _http);

    /// <summary>Connections taken as data connections of links.</summary>
    public long LinkDataTotal => Interlocked.Read(ref _linkData);

    /// <summary>TLS connections passed on by their server name.</summary>
    public long PassthroughTotal => Interlocked.Read(ref _passthrough);

    /// <summary>Connections closed because they did not say in time what they want.</summary>
    public long TimedOutTotal => Interlocked.Read(ref _timedOut);

    /// <summary>Connections closed to make room for newer ones.</summary>
    public long EvictedTotal => Interlocked.Read(ref _evicted);

    /// <summary>Connections closed because of what they sent or where they wanted to go.</summary>
    public long RefusedTotal => Interlocked.Read(ref _refused);

    /// <summary>Failed accepts: out of descriptors or memory.</summary>
    public long AcceptErrorsTotal => Interlocked.Read(ref _acceptErrors);

    internal void Accepted() => Interlocked.Increment(ref _accepted);

    internal void Http() => Interlocked.Increment(ref _http);

    internal void LinkData() => Interlocked.Increment(ref _linkData);

    internal void Passthrough() => Interlocked.Increment(ref _passthrough);

    internal void TimedOut() => Interlocked.Increment(ref _timedOut);

    internal void Evicted() => Interlocked.Increment(ref _evicted);

    internal void Refused() => Interlocked.Increment(ref _refused);

    internal void AcceptError() => Interlocked.Increment(ref _acceptErrors);
}
