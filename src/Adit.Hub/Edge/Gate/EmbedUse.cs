namespace Adit.Hub.Edge.Gate;

/// <summary>
/// How much of a grant is used: the visitors that are there, and the requests of the day (UTC). In memory: a restart of the hub begins
/// anew. A visitor is there while it has something open, and for <see cref="Memory"/> after that.
/// </summary>
/// <param name="mostVisitors">Visitors at a time; null for any number.</param>
/// <param name="mostRequests">Requests a day; null for any number.</param>
/// <param name="time">The clock.</param>
internal sealed class EmbedUse(int? mostVisitors, int? mostRequests, TimeProvider time)
{
    /// <summary>How long a visitor counts that has nothing open.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    /// <summary>Visitors that are known at a time, at most, and so the most that a grant can allow.</summary>
    public const int MostKnown = 10_000;

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Presence> _visitors = new(StringComparer.Ordinal);
    private long? _looked;
    private DateTimeOffset _tomorrow;
    private long _requests;

    /// <summary>Visitors that are there now.</summary>
    public int Visitors
    {
        get
        {
            lock (_lock)
            {
                Forget();
                return _visitors.Count;
            }
        }
    }

    /// <summary>Requests of today.</summary>
    public long RequestsToday
    {
        get
        {
            lock (_lock)
            {
                TurnDay(time.GetUtcNow());
                return _requests;
            }
        }
    }

    /// <summary>Somebody comes: keeps a place for its first request.</summary>
    /// <param name="visitor">By its ticket.</param>
    /// <param name="wait">When there is no place, after how long to try again.</param>
    public EmbedLimit Reserve(string visitor, out TimeSpan wait)
    {
        lock (_lock)
        {
            return Place(visitor, out wait, out _);
        }
    }

    /// <summary>A request begins. Pair with <see cref="Leave"/> when it may.</summary>
    /// <inheritdoc cref="Reserve" path="/param"/>
    public EmbedLimit Enter(string visitor, out TimeSpan wait)
    {
        lock (_lock)
        {
            var limit = Place(visitor, out wait, out var presence);
            if (limit == EmbedLimit.None)
            {
                _requests++;
                if (presence is not null)
                    presence.Open++;
            }

            return limit;
        }
    }

    /// <summary>A request is over.</summary>
    public void Leave(string visitor)
    {
        lock (_lock)
        {
            if (!_visitors.TryGetValue(visitor, out var presence))
                return;
            presence.Open = Math.Max(0, presence.Open - 1);
            presence.Seen = time.GetTimestamp();
        }
    }

    private EmbedLimit Place(string visitor, out TimeSpan wait, out Presence? presence)
    {
        var now = time.GetUtcNow();
        presence = null;
        TurnDay(now);
        wait = _tomorrow - now;
        if (_requests >= mostRequests)
            return EmbedLimit.Requests;
        wait = TimeSpan.Zero;
        if (_visitors.TryGetValue(visitor, out presence))
        {
            presence.Seen = time.GetTimestamp();
            return EmbedLimit.None;
        }

        if (_visitors.Count >= (mostVisitors ?? MostKnown))
            Forget();
        if (_visitors.Count >= (mostVisitors ?? MostKnown))
        {
            wait = mostVisitors is null ? TimeSpan.Zero : TimeSpan.FromMinutes(1);
            return mostVisitors is null ? EmbedLimit.None : EmbedLimit.Visitors;
        }

        _visitors[visitor] = presence = new Presence { Seen = time.GetTimestamp() };
        return EmbedLimit.None;
    }

    // Not more often than every second: whoever is turned away again and again must not cost a walk through all each time.
    private void Forget()
    {
        if (_looked is { } looked && time.GetElapsedTime(looked) < LookAgain)
            return;
        _looked = time.GetTimestamp();
        foreach (var (visitor, presence) in _visitors)
        {
            if (presence.Open == 0 && time.GetElapsedTime(presence.Seen) >= Memory)
                _visitors.Remove(visitor); // Allowed while it is walked through.
        }
    }

    // A clock that is set back does not give back what was used.
    private void TurnDay(DateTimeOffset now)
    {
        if (now < _tomorrow)
            return;
        _tomorrow = new DateTimeOffset(now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        _requests = 0;
    }

    private sealed class Presence
    {
        public int Open { get; set; }

        public long Seen { get; set; }
    }
}

/// <summary>What of a grant is used up.</summary>
internal enum EmbedLimit : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>As many visitors are there as may.</summary>
    Visitors,

    /// <summary>The requests of the day.</summary>
    Requests,
}
