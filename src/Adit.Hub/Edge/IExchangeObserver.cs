namespace Adit.Hub.Edge;

/// <summary>
/// Sees the exchanges of a route: the inspector, or the live view of a client that watches. Called on the request's own path, so it must
/// neither block nor throw.
/// </summary>
internal interface IExchangeObserver
{
    /// <summary>Whether to look at the next request at all. Asked before anything is copied for it.</summary>
    bool IsLooking();

    /// <summary>
    /// A request's head is complete. Returns what wants to see its bodies, or null to see only <see cref="Completed"/>.
    /// </summary>
    /// <param name="exchange">What is known so far.</param>
    IBodyObserver? Started(Exchange exchange);

    /// <summary>The exchange is over; <paramref name="exchange"/> is complete.</summary>
    void Completed(Exchange exchange);
}

/// <summary>Sees the bytes of both bodies as they pass; must copy what it keeps and bound it.</summary>
internal interface IBodyObserver
{
    /// <summary>A piece of the request's body.</summary>
    void RequestBody(ReadOnlySpan<byte> bytes);

    /// <summary>A piece of the response's body.</summary>
    void ResponseBody(ReadOnlySpan<byte> bytes);
}

/// <summary>One request and its answer, filled in as it goes.</summary>
internal sealed class Exchange
{
    /// <summary>The request's id; also the X-Request-Id of the answer.</summary>
    public required string Id { get; init; }

    /// <summary>When the head was complete.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The request target as sent.</summary>
    public required string Target { get; init; }

    /// <summary>The visitor's address (after trusted proxies).</summary>
    public required string? Remote { get; init; }

    /// <summary>The visitor's headers, in order. Set only for an observer.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> RequestHeaders { get; init; } = [];

    /// <summary>The answer's headers, in order. Set only for an observer.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ResponseHeaders { get; set; } = [];

    /// <summary>The status answered; 0 when there was none.</summary>
    public int Status { get; set; }

    /// <summary>From head to last byte.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>Body bytes from the visitor.</summary>
    public long BytesIn { get; set; }

    /// <summary>Body bytes to the visitor.</summary>
    public long BytesOut { get; set; }

    /// <summary>What went wrong, when the hub answered instead of the upstream or the answer broke off.</summary>
    public string? Error { get; set; }

    /// <summary>
    /// What the observer keeps with it between <see cref="IExchangeObserver.Started"/> and <see cref="IExchangeObserver.Completed"/>.
    /// </summary>
    internal object? Observed { get; set; }
}
