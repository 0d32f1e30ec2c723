using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Edge;

namespace Adit.Hub.Access;

/// <summary>Who asks, by a token or a browser's session: what every slice decides by. Immutable; a change of the token or account makes a new one.</summary>
internal sealed record Caller
{
    /// <summary>Who it is, as of now.</summary>
    public required Account Identity { get; init; }

    /// <summary>The role it acts with: the account's, or less.</summary>
    public required PlatformRole Role { get; init; }

    /// <summary>What of that it may use.</summary>
    public ScopeSet Scopes { get; init; } = ScopeSet.All;

    /// <summary>The token's id, for logs and revocation; of a session, the session's id after <c>session:</c>.</summary>
    public required string TokenId { get; init; }

    /// <summary>The token's name; of a session, the account's.</summary>
    public required string TokenName { get; init; }

    /// <summary>When the token or session ends; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Tunnels at one time; null is unlimited.</summary>
    public int? MaxTunnels { get; init; }

    /// <summary>Streams at one time over one link; null is the hub's default.</summary>
    public int? MaxStreams { get; init; }

    /// <summary>Bytes per second, both directions together, over everything this token serves; null is unlimited.</summary>
    public BandwidthLimit? Bandwidth { get; init; }

    /// <summary>Runners that it may register; null is unlimited.</summary>
    public int? MaxRunners { get; init; }

    /// <summary>The account it acts for.</summary>
    public string Account => Identity.Name;

    /// <summary>The names of the account's groups.</summary>
    public IReadOnlySet<string> Groups => Identity.Groups;

    /// <summary>May see and change everything that its scopes cover.</summary>
    public bool IsAdmin => Role == PlatformRole.Admin;

    /// <summary>Whether anything is counted against this token; expiry is no such limit.</summary>
    public bool HasLimits => MaxTunnels is not null || MaxStreams is not null || Bandwidth is not null || MaxRunners is not null;

    /// <summary>
    /// Whether it may do all that its account may. Only such a token may become a session or set a first password: either gives all of the
    /// account to whoever has it.
    /// </summary>
    public bool HasAllOfItsAccount => Scopes.IsAll && !HasLimits && Role == Identity.EffectiveRole;

    /// <summary>Whether it came by a browser's session and not by a token.</summary>
    public bool IsSession => TokenId.StartsWith(Session.Prefix, StringComparison.Ordinal);
}
