namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// Bounds on waiting that hold for all routes. They are generous where silence is normal (event streams, long polls, a paused video) and
/// none at all holds for a connection that was upgraded.
/// </summary>
internal sealed record ForwarderOptions
{
    /// <summary>How long a connection to an upstream is kept for the next request.</summary>
    public TimeSpan UpstreamIdle { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How long opening a connection to an upstream may take.</summary>
    public TimeSpan Open { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a visitor may take to the next piece of a request's body.</summary>
    public TimeSpan RequestBodyIdle { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long an upstream may be silent within a response's body.</summary>
    public TimeSpan ResponseBodyIdle { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long either side may take nothing while the hub has bytes for it.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an upstream may take to say 100 (Continue) before the body is sent without it (RFC 9110 section 10.1.1).</summary>
    public TimeSpan Continue { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>One request in this many is logged; failures of the upstream always are. 0 logs none.</summary>
    public int LogSampling { get; init; } = 100;
}
