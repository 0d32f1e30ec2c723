using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Edge;

/// <summary>
/// What the edge resolves a host name to. Compiled once from what a slice stored, then immutable: a change makes a new route and swaps
/// the <see cref="RouteTable"/>; requests under way keep the one they started with.
/// </summary>
internal sealed class Route
{
    /// <summary>The name in metrics, logs and error pages.</summary>
    public required string Name { get; init; }

    /// <summary>What the edge does with a connection or request for it.</summary>
    public required RouteKind Kind { get; init; }

    /// <summary>Who may pass.</summary>
    public required RoutePolicy Policy { get; init; }

    /// <summary>Where it leads.</summary>
    public required Upstream Upstream { get; init; }

    /// <summary>How requests and responses are changed on the way.</summary>
    public RouteTransforms Transforms { get; init; } = RouteTransforms.None;

    /// <summary>What may pass at most.</summary>
    public RouteLimits Limits { get; init; } = RouteLimits.Default;

    /// <summary>Where its traffic is counted; lives longer than any one route object.</summary>
    public required RouteMeter Meter { get; init; }

    /// <summary>Whether it goes on; shared by all route objects of one thing.</summary>
    public RouteLife Life { get; init; } = new();

    /// <summary>Receives each exchange, for the inspector and the live view; null when nobody looks.</summary>
    public IExchangeObserver? Observer { get; init; }

    /// <summary>Stands in for what it leads to while that is not there; null where nothing does.</summary>
    public IRouteKeeper? Keeper { get; init; }

    /// <summary>The same for its owner alone, for path mode.</summary>
    public Route ForOwnerOnly() => new()
    {
        Name = Name, Kind = Kind, Policy = Policy.ForOwnerOnly(), Upstream = Upstream, Transforms = Transforms, Limits = Limits, Meter = Meter, Observer = Observer, Life = Life,
        Keeper = Keeper,
    };

    /// <summary>Where visitors of an external route reach the hub, without a slash at the end; null when that follows from the rest.</summary>
    public string? HubUrl { get; init; }

    /// <summary>Of an external route, scheme, host and port by host: where its visitors come back to.</summary>
    public IReadOnlyDictionary<string, string>? Origins { get; init; }
}

/// <summary>Whether what a route leads to was taken away by somebody: what is open through it is to be closed then.</summary>
internal sealed class RouteLife
{
    private volatile bool _isOver;

    /// <summary>Whether it is.</summary>
    public bool IsOver => _isOver;

    /// <summary>It is from now on.</summary>
    public void End() => _isOver = true;
}

/// <summary>How a route is served.</summary>
internal enum RouteKind
{
    /// <summary>The edge terminates HTTP and forwards requests.</summary>
    Http,

    /// <summary>The edge reads the server name of a TLS ClientHello and passes the bytes on untouched.</summary>
    TlsPassthrough,

    /// <summary>Somebody else's proxy serves it and asks the hub who may pass; the edge answers the gate's own paths only.</summary>
    External,
}

/// <summary>Changes to heads on the way through.</summary>
internal sealed record RouteTransforms
{
    /// <summary>No change.</summary>
    public static RouteTransforms None { get; } = new();

    /// <summary>The Host header the upstream sees; null keeps the visitor's.</summary>
    public string? Host { get; init; }

    /// <summary>Set on requests, replacing what the visitor sent.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> SetRequestHeaders { get; init; } = [];

    /// <summary>Removed from requests.</summary>
    public IReadOnlyList<string> RemoveRequestHeaders { get; init; } = [];

    /// <summary>Set on responses, replacing what the upstream sent.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> SetResponseHeaders { get; init; } = [];

    /// <summary>Removed from responses.</summary>
    public IReadOnlyList<string> RemoveResponseHeaders { get; init; } = [];
}

/// <summary>Bounds of one route.</summary>
internal sealed record RouteLimits
{
    /// <summary>The hub's defaults.</summary>
    public static RouteLimits Default { get; } = new();

    /// <summary>The largest request body in bytes; null is unlimited.</summary>
    public long? MaxRequestBytes { get; init; }

    /// <summary>From the request's last byte to the response's head.</summary>
    public TimeSpan ResponseHeadTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Requests and streams at one time; more are answered 503.</summary>
    public int MaxConcurrent { get; init; } = 10_000;

    /// <summary>Bytes per second, both directions together, over all streams of the owner's token; null is unlimited.</summary>
    public BandwidthLimit? Bandwidth { get; init; }
}
