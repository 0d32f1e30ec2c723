using System.Net;

namespace Adit.Link;

/// <summary>What a client is told about its link.</summary>
public sealed record LinkClientOptions
{
    /// <summary>What a hub of ours allows per link, so that no honest hub ever meets it.</summary>
    public const int DefaultMaxConnections = 10_000;

    /// <summary>The hub: <c>http://</c> or <c>https://</c>, host, port, no path.</summary>
    public required Uri Hub { get; init; }

    /// <summary>The token to authenticate with.</summary>
    public required string Token { get; init; }

    /// <summary>The client's name: 1 to 63 characters of a-z, 0-9, '-', '.', '_'.</summary>
    public required string Name { get; init; }

    /// <summary>The program's version, for the hub's lists.</summary>
    public string? Version { get; init; }

    /// <summary>Serves a stream that the hub opened; must dispose it. Null refuses all.</summary>
    public Func<LinkStream, Task>? OnStream { get; init; }

    /// <summary>
    /// The most data connections at one time; 0 for no limit. Without one a hostile hub decides how many sockets this machine has.
    /// </summary>
    public int MaxConnections { get; init; } = DefaultMaxConnections;

    /// <summary>Decides whether the hub's certificate is the hub's.</summary>
    public TlsTrust Trust { get; init; } = TlsTrust.System;

    /// <summary>
    /// The proxy to go through; <see cref="HttpClient.DefaultProxy"/> reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Null for none.
    /// </summary>
    public IWebProxy? Proxy { get; init; } = HttpClient.DefaultProxy;

    /// <summary>Use WebSocket framing for data connections from the start, instead of when plain upgrades turn out not to pass.</summary>
    public bool WebSocketData { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Jitter.</summary>
    public Random Random { get; init; } = new();
}
