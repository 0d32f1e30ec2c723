using System.Collections.Frozen;

namespace Adit.Hub.Edge;

/// <summary>
/// Host name to route. Readers take the current snapshot without a lock; writers (the slices that own routes) swap it.
/// Host names are compared without case and without port or trailing dot, so slices hand them over in lower case without either.
/// </summary>
internal sealed class RouteTable
{
    private readonly Lock _lock = new();
    private volatile Snapshot _snapshot = Snapshot.Empty;

    /// <summary>A host's route lets others pass than before. Handlers must not block.</summary>
    public event Action? PolicyChanged;

    /// <summary>How many host names lead somewhere.</summary>
    public int Count => _snapshot.Count;

    /// <summary>Finds the route of a host name without port: exact first, then <c>*.parent</c>. Allocates nothing.</summary>
    public Route? Find(ReadOnlySpan<char> host) => _snapshot.Find(host);

    /// <summary>Adds or replaces the routes of these normalised host names.</summary>
    public void Set(IReadOnlyCollection<string> hosts, Route route)
    {
        var isChanged = false;
        lock (_lock)
        {
            foreach (var host in hosts)
                isChanged |= _snapshot.Find(host) is { } before && before.Policy.Fingerprint != route.Policy.Fingerprint;
            _snapshot = _snapshot.With(hosts, route);
        }

        if (isChanged)
            PolicyChanged?.Invoke();
    }

    /// <summary>Removes these host names, where they still lead to <paramref name="route"/> or where that is null.</summary>
    public void Remove(IReadOnlyCollection<string> hosts, Route? route = null)
    {
        lock (_lock)
        {
            _snapshot = _snapshot.Without(hosts, route);
        }
    }

    // A snapshot is a frozen base and a small overlay of what changed since, so that 200 changes a second over 10,000 names cost a copy
    // of the overlay each and a rebuild of the base only once in a while. Null in the overlay is a name that was removed.
    private sealed class Snapshot(FrozenDictionary<string, Route> all, Dictionary<string, Route?> changes)
    {
        private const int MostChanges = 256;

        public static Snapshot Empty { get; } = new(FrozenDictionary<string, Route>.Empty, NewChanges());

        public int Count => all.Count + changes.Sum(c => (c.Value is null ? 0 : 1) - (all.ContainsKey(c.Key) ? 1 : 0));

        public Route? Find(ReadOnlySpan<char> host)
        {
            if (FindExact(host) is { } route)
                return route;
            var dot = host.IndexOf('.');
            if (dot <= 0 || host.Length - dot > 254)
                return null;
            Span<char> wildcard = stackalloc char[host.Length - dot + 1];
            wildcard[0] = '*';
            host[dot..].CopyTo(wildcard[1..]);
            return FindExact(wildcard);
        }

        public Snapshot With(IReadOnlyCollection<string> hosts, Route route)
        {
            var next = new Dictionary<string, Route?>(changes, StringComparer.OrdinalIgnoreCase);
            foreach (var host in hosts)
                next[host] = route;
            return Settle(next);
        }

        public Snapshot Without(IReadOnlyCollection<string> hosts, Route? route)
        {
            var next = new Dictionary<string, Route?>(changes, StringComparer.OrdinalIgnoreCase);
            foreach (var host in hosts)
            {
                var current = FindExact(host);
                if (current is not null && (route is null || ReferenceEquals(current, route)))
                    next[host] = null;
            }

            return Settle(next);
        }

        private static Dictionary<string, Route?> NewChanges() => new(StringComparer.OrdinalIgnoreCase);

        private Route? FindExact(ReadOnlySpan<char> host)
        {
            if (changes.Count > 0 && changes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(host, out var changed))
                return changed;
            return all.Count > 0 && all.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(host, out var route) ? route : null;
        }

        private Snapshot Settle(Dictionary<string, Route?> next)
        {
            if (next.Count <= MostChanges)
                return new Snapshot(all, next);
            var merged = new Dictionary<string, Route>(all, StringComparer.OrdinalIgnoreCase);
            foreach (var (host, route) in next)
            {
                if (route is null)
                    merged.Remove(host);
                else
                    merged[host] = route;
            }

            return new Snapshot(merged.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase), NewChanges());
        }
    }
}
