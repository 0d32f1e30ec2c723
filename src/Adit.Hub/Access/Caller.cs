using Adit.Hub.Edge;

namespace Adit.Hub.Access;

/// <summary>Who asks, as the token says: what every slice decides by. Immutable; a change of the token makes a new one.</summary>
internal sealed record Caller
{
    /// <summary>The token's id, for logs and revocation.</summary>
    public required string TokenId { get; init; }

    /// <summary>The token's name.</summary>
    public required string TokenName { get; init; }

    /// <summary>The account it acts for.</summary>
    public required string Account { get; init; }

    /// <summary>May see and change everything.</summary>
    public required bool IsAdmin { get; init; }

    /// <summary>When the token ends; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Tunnels at one time; null is unlimited.</summary>
    public int? MaxTunnels { get; init; }

    /// <summary>Streams at one time over one link; null is the hub's default.</summary>
    public int? MaxStreams { get; init; }

    /// <summary>Bytes per second, each direction, over everything this token serves; null is unlimited.</summary>
    public BandwidthLimit? Bandwidth { get; init; }

    /// <summary>Whether anything is counted against this token; expiry is no such limit.</summary>
    public bool HasLimits => MaxTunnels is not null || MaxStreams is not null || Bandwidth is not null;

    /// <summary>Whether this caller may see and change what an account owns.</summary>
    public bool MayManage(string account) => IsAdmin || Account == account;
}
