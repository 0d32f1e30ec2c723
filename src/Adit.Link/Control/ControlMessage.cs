using System.Text.Json.Serialization;

namespace Adit.Link;

/// <summary>
/// A message on the control connection: one JSON object per WebSocket text message (docs/reference/link.md, "Control connection"). Members
/// that a type does not use are absent; unknown members and types are ignored.
/// </summary>
internal sealed record ControlMessage
{
    /// <summary>hello, welcome, ping, pong, dial, refused, want, tickets, notice, drain, bye.</summary>
    [JsonPropertyName("type")]
    public required string Type { get; init; }

    /// <summary>hello: the newest protocol version the client speaks; welcome: the one that both use.</summary>
    public int Protocol { get; init; }

    /// <summary>hello: the oldest version the client speaks.</summary>
    public int MinProtocol { get; init; }

    /// <summary>hello, welcome: what the sender can do beyond the version's base.</summary>
    public IReadOnlyList<string>? Capabilities { get; init; }

    /// <summary>hello: who the client says it is.</summary>
    public ClientDescription? Client { get; init; }

    /// <summary>hello: the most data connections the client will hold; 0 for no limit of its own.</summary>
    public int MaxConnections { get; init; }

    /// <summary>welcome: the link's id.</summary>
    public string? Link { get; init; }

    /// <summary>welcome: how often to ping, in milliseconds.</summary>
    public int HeartbeatMs { get; init; }

    /// <summary>ping, pong: a stamp of the sender of the ping.</summary>
    public long Stamp { get; init; }

    /// <summary>dial, tickets: single-use tickets for data connections; refused: those that are not used.</summary>
    public IReadOnlyList<string>? Tickets { get; init; }

    /// <summary>want: how many tickets the client asks for.</summary>
    public int Count { get; init; }

    /// <summary>bye: why, as a word for programs.</summary>
    public string? Code { get; init; }

    /// <summary>notice: what it is about.</summary>
    public string? Subject { get; init; }

    /// <summary>bye, refused, drain, notice: why, as a sentence for people.</summary>
    public string? Reason { get; init; }

    /// <summary>drain, bye: come back after this many milliseconds.</summary>
    public int RetryAfterMs { get; init; }
}

/// <summary>Who a client says it is.</summary>
public sealed record ClientDescription
{
    /// <summary>The client's name: 1 to 63 characters of a-z, 0-9, '-', '.', '_'.</summary>
    public required string Name { get; init; }

    /// <summary>A random word that one process keeps over its reconnects, so that the hub knows the link that a new one replaces.</summary>
    public string? Instance { get; init; }

    /// <summary>The program's version.</summary>
    public string? Version { get; init; }

    /// <summary>The operating system and architecture (<c>linux-x64</c>).</summary>
    public string? Platform { get; init; }
}
