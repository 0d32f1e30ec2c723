namespace Adit.Link;

/// <summary>What both ends agree on before they speak (docs/reference/link.md).</summary>
public static class LinkProtocol
{
    /// <summary>
    /// The version this program speaks. History: 1 (0.1.0, November 2026): the first.
    /// </summary>
    public const int Version = 1;

    /// <summary>The oldest version it still understands.</summary>
    public const int MinVersion = 1;

    /// <summary>The path of control connections.</summary>
    public const string ControlPath = "/_adit/link";

    /// <summary>The path of data connections.</summary>
    public const string DataPath = "/_adit/link/data";

    /// <summary>The value of Upgrade on data connections, and the ALPN name by which a hub knows one before it reads a byte of it.</summary>
    public const string DataUpgrade = "adit-link";

    /// <summary>The WebSocket subprotocol of control connections, and of data connections in WebSocket framing.</summary>
    public const string SubProtocol = "adit-link";

    /// <summary>
    /// A client pings this often: as seldom as still finds a dead hub in 30 s (an unanswered ping, and the next beat), since two thousand
    /// idle links cost the hub little else.
    /// </summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(14);

    /// <summary>A peer that was not heard for this long is dead.</summary>
    public static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(30);

    /// <summary>
    /// An idle data connection is pinged when it was silent for this long. TCP keepalive finds a dead peer sooner and keeps a NAT's entry;
    /// this is for what it cannot see, a proxy between that lost its other side.
    /// </summary>
    public static readonly TimeSpan DataPingAfter = TimeSpan.FromSeconds(60);

    /// <summary>How long an idle data connection may leave a ping unanswered.</summary>
    public static readonly TimeSpan DataPongWithin = TimeSpan.FromSeconds(20);

    /// <summary>A client comes back after this long at most, whatever the hub says.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(10);

    /// <summary>How long a ticket is good.</summary>
    public static readonly TimeSpan TicketLife = TimeSpan.FromSeconds(30);

    /// <summary>The largest control message, in bytes.</summary>
    public const int MaxControlMessage = 64 * 1024;

    /// <summary>What this program can do beyond version 1.</summary>
    public static IReadOnlyList<string> Capabilities { get; } = [Notice];

    /// <summary>The capability of taking notices.</summary>
    internal const string Notice = "notice";
}
