using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Edge;

/// <summary>What a request says about the use of an application.</summary>
internal enum UseClass : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Somebody may be looking: a stream that the application sends, a frame in somebody else's page.</summary>
    Weak,

    /// <summary>Somebody whom the gate knows asked for something.</summary>
    Strong,
}

/// <summary>Why something counts as no use. The words of <c>explain</c>.</summary>
internal enum Ignored : byte
{
    Bot,
    Probe,
    Prefetch,
    NotLetIn,
    Anonymous,
    Head,
    Path,
    Redirect,
    Refused,
    Failed,
    Message,
}

/// <summary>Which requests and messages are no use though they look like it. Compiled once, for any number of threads.</summary>
internal interface IUseFilter
{
    /// <summary>Whether a request counts as nothing; its path is without query.</summary>
    bool Ignores(string method, string path);

    /// <summary>Whether <see cref="IgnoresMessage"/> ever says yes.</summary>
    bool LooksAtMessages { get; }

    /// <summary>Whether a message of a visitor on a WebSocket counts as nothing.</summary>
    bool IgnoresMessage(ReadOnlySpan<byte> payload, bool isText);
}

/// <summary>
/// When an application behind a route was used last, and how. The edge writes it on requests' own paths: a look at the head and one store
/// per request, and on upgraded connections a look at the heads of frames. Read at leisure by whoever decides whether it idles.
/// </summary>
internal sealed class RouteUse(TimeProvider time)
{
    private readonly long[] _ignored = new long[Enum.GetValues<Ignored>().Length];
    private long _request;
    private long _message;
    private long _push;
    private bool _countsRequests = true;
    private bool _countsMessages = true;
    private volatile bool _isAsleep;

    /// <summary>Which are no use; null for all that look like it being so.</summary>
    public IUseFilter? Filter { get; private set; }

    /// <summary>Whether the application is halted: then the next message calls <see cref="Stirred"/>.</summary>
    public bool IsAsleep
    {
        get => _isAsleep;
        set => _isAsleep = value;
    }

    /// <summary>A message came for an application that is halted. Must not block.</summary>
    public Action? Stirred { get; set; }

    /// <summary>The last request that counted (timestamp of the clock); 0 for never.</summary>
    public long Request => Volatile.Read(ref _request);

    /// <summary>The last message of a visitor that counted; 0 for never.</summary>
    public long Message => Volatile.Read(ref _message);

    /// <summary>The last that the application sent by itself; 0 for never.</summary>
    public long Push => Volatile.Read(ref _push);

    /// <summary>The last of what somebody did. Compare it to know whether something was done in between.</summary>
    public long Strong => Math.Max(Request, Message);

    /// <summary>What was ignored, by kind.</summary>
    public long CountOf(Ignored kind) => Interlocked.Read(ref _ignored[(int)kind]);

    /// <summary>What counts.</summary>
    public void Configure(bool requests, bool messages, IUseFilter? filter)
    {
        _countsRequests = requests;
        _countsMessages = messages;
        Filter = filter;
    }

    /// <summary>A request goes on to the application.</summary>
    public void Begin(Visit visit)
    {
        visit.Use = ClassOf(visit);
        Interlocked.MemoryBarrier(); // Whoever stops the application looks for requests after it took the way there; this one looks for the way after it can be seen.
    }

    /// <summary>The head of its answer is there.</summary>
    public void Answered(Visit visit)
    {
        if (visit.Use == UseClass.None)
            return;
        var status = visit.Response.StatusCode;
        if (status >= 300)
        {
            Ignore(status < 400 ? Edge.Ignored.Redirect : status < 500 ? Edge.Ignored.Refused : Edge.Ignored.Failed);
            visit.Use = UseClass.None;
            return;
        }

        if (status == StatusCodes.Status101SwitchingProtocols || visit.Shape == RequestShape.WebSocketOverHttp2)
            return; // That it is open says nothing; its messages do.
        if (visit.Response.Headers.ContentType.ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase))
            visit.Use = UseClass.Weak;
        if (visit.Use == UseClass.Strong)
            Volatile.Write(ref _request, time.GetTimestamp());
        else
            Volatile.Write(ref _push, time.GetTimestamp());
    }

    /// <summary>A request under way is looked at: a long one counts as long as its bytes move. Asked again and again by whoever decides.</summary>
    public void Look(Visit visit)
    {
        if (visit.IsUpgraded || visit.Use == UseClass.None)
            return;
        var bytes = visit.BytesIn + visit.BytesOut;
        if (bytes == visit.BytesSeen)
            return;
        visit.BytesSeen = bytes;
        if (visit.Use == UseClass.Strong)
            Volatile.Write(ref _request, time.GetTimestamp());
        else
            Volatile.Write(ref _push, time.GetTimestamp());
    }

    /// <summary>What looks at the messages of an upgraded connection.</summary>
    /// <param name="visit">Whose.</param>
    /// <param name="isWebSocket">Whether it has frames; of any other protocol all bytes count.</param>
    public MessageWatch Watch(Visit visit, bool isWebSocket) => new(this, visit.Use == UseClass.Strong && _countsMessages, isWebSocket);

    /// <summary>A visitor sent something that counts.</summary>
    public void Sent()
    {
        Volatile.Write(ref _message, time.GetTimestamp());
        if (_isAsleep)
            Stirred?.Invoke();
    }

    /// <summary>The application sent something by itself.</summary>
    public void Pushed() => Volatile.Write(ref _push, time.GetTimestamp());

    /// <summary>Something came that counts as nothing.</summary>
    public void Ignore(Ignored kind) => Interlocked.Increment(ref _ignored[(int)kind]);

    private UseClass ClassOf(Visit visit)
    {
        switch (Robots.KindOf(visit.Request.Headers))
        {
            case RobotKind.Bot:
                return None(Edge.Ignored.Bot);
            case RobotKind.Probe:
                return None(Edge.Ignored.Probe);
            case RobotKind.Prefetch:
                return None(Edge.Ignored.Prefetch);
        }

        var isUpgrade = visit.Shape is RequestShape.Upgrade or RequestShape.WebSocketOverHttp2;
        var kind = visit.Pass?.Kind ?? PassKind.None;
        if (isUpgrade)
            return kind is PassKind.None or PassKind.Embed ? UseClass.Weak : UseClass.Strong;
        if (visit.Request.Method is "HEAD" or "OPTIONS")
            return None(Edge.Ignored.Head);
        if (kind == PassKind.None)
            return None(Edge.Ignored.Anonymous);
        if (!_countsRequests)
            return UseClass.None;
        var query = visit.Target.IndexOf('?', StringComparison.Ordinal);
        if (Filter?.Ignores(visit.Request.Method, query < 0 ? visit.Target : visit.Target[..query]) == true)
            return None(Edge.Ignored.Path);
        return kind == PassKind.Embed ? UseClass.Weak : UseClass.Strong;
    }

    private UseClass None(Ignored why)
    {
        Ignore(why);
        return UseClass.None;
    }
}
