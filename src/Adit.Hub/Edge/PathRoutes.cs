using System.Runtime.CompilerServices;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge;

/// <summary>
/// Path mode, for where nobody can have a wildcard name: <c>/w/OWNER/NAME/</c> of one host leads to the http tunnel NAME of OWNER. To a
/// browser all of that is one origin, so that it leads its owner and nobody else, whatever the tunnel's policy says; what the policy
/// refuses it refuses the owner too. A path that leads nowhere asks to sign in as any other does.
/// </summary>
internal sealed partial class PathRoutes
{
    private readonly ConditionalWeakTable<Route, Route> _own = [];
    private readonly string _host;
    private readonly string _domain;
    private readonly RouteTable _routes;

    public PathRoutes(string host, string domain, RouteTable routes, ILogger<PathRoutes> log)
    {
        _host = host;
        _domain = domain;
        _routes = routes;
        LogWarning(log, host);
    }

    /// <summary>Whether a host without port is the one.</summary>
    public bool IsHost(ReadOnlySpan<char> host) => host.Equals(_host, StringComparison.OrdinalIgnoreCase);

    /// <summary>Leads a visit that has begun: from then on its target is the one within the application.</summary>
    /// <returns>The route, which may be one that leads nowhere; null when the target is none of a tunnel.</returns>
    public Route? Lead(Visit visit)
    {
        if (PathPlace.Of(visit.Target) is not { } place)
            return null;
        visit.Mount(place.Prefix, place.Rest);
        return Find(place) ?? Nowhere(place);
    }

    /// <summary>The route of a place as tickets name it, <c>HOST/w/OWNER/NAME</c>; null when there is none.</summary>
    public Route? Find(string place) =>
        place.Length > _host.Length && place[_host.Length] == '/' && IsHost(place.AsSpan(0, _host.Length))
            && PathPlace.Of(place[_host.Length..]) is { Rest: "" } found
            ? Find(found)
            : null;

    private Route? Find(PathPlace place) =>
        _routes.Find($"{place.Name}.{_domain}") is { Kind: RouteKind.Http } route && route.Policy.Owner == place.Owner
            ? _own.GetValue(route, static r => r.ForOwnerOnly())
            : null;

    private static Route Nowhere(PathPlace place) => new()
    {
        Name = place.Name,
        Kind = RouteKind.Http,
        Policy = new RoutePolicy { IsOwnerOnly = true },
        Upstream = NoUpstream.Instance,
        Meter = new RouteMeter(),
    };

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Path mode is on at {Host}: to a browser all tunnels of one owner are one origin there, so that each of them can act as the others. "
            + "Use it only where a wildcard name cannot be had.")]
    private static partial void LogWarning(ILogger log, string host);

    private sealed class NoUpstream : Upstream
    {
        public static readonly NoUpstream Instance = new();

        public override UpstreamProtocol Protocol => UpstreamProtocol.Http1;

        public override bool IsUp => false;

        public override string Authority => "none";

        public override ValueTask<Link.LinkStream> OpenAsync(string? from, CancellationToken cancellationToken) =>
            throw new Link.LinkStreamException(Link.ResetCode.Unreachable, "Nothing is served at this path.");
    }
}

/// <summary>The place that a target of path mode names: <c>/w/OWNER/NAME</c> and what follows, byte for byte as it was sent.</summary>
/// <param name="Owner">The account.</param>
/// <param name="Name">The tunnel.</param>
/// <param name="Prefix"><c>/w/OWNER/NAME</c>.</param>
/// <param name="Rest">What the application gets: from the slash on; empty or a query where there is none.</param>
internal sealed record PathPlace(string Owner, string Name, string Prefix, string Rest)
{
    private const string Root = "/w/";
    private const int LongestName = 63;

    /// <summary>Reads a target in origin form; null when it is no place. Names are taken as they are written: no spelling of one is another.</summary>
    public static PathPlace? Of(string target)
    {
        if (!target.StartsWith(Root, StringComparison.Ordinal))
            return null;
        var slash = target.IndexOf('/', Root.Length);
        if (slash < 0)
            return null;
        var end = target.AsSpan(slash + 1).IndexOfAny('/', '?');
        end = end < 0 ? target.Length : slash + 1 + end;
        var (owner, name) = (target[Root.Length..slash], target[(slash + 1)..end]);
        return IsName(owner) && IsName(name) ? new PathPlace(owner, name, target[..end], target[end..]) : null;
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(text[0]) && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.');
}
