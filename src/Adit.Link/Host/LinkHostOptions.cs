namespace Adit.Link;

/// <summary>What a hub tells its side of the link protocol.</summary>
public sealed record LinkHostOptions
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Serves a stream that a client opened; must dispose it. Null refuses all.</summary>
    public Func<HubLink, LinkStream, Task>? OnStream { get; init; }

    /// <summary>Idle data connections kept warm per link.</summary>
    public int Warm { get; init; } = 1;

    /// <summary>Links at one time.</summary>
    public int MaxLinks { get; init; } = 50_000;

    /// <summary>Data connections per link, both kinds together.</summary>
    public int MaxConnectionsPerLink { get; init; } = 10_000;

    /// <summary>How long a stream waits for a data connection.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
