using Adit.Api;

namespace Adit.Hub.Access.Accounts;

/// <summary>A group of accounts. Immutable.</summary>
internal sealed record Group
{
    /// <summary>The name, as policies and directories say it.</summary>
    public required string Name { get; init; }

    /// <summary>The platform role that its members have at least; null for none.</summary>
    public PlatformRole? Role { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Counts its changes, for ETags.</summary>
    public long Version { get; init; } = 1;

    public IReadOnlyList<GroupMember> Members { get; init; } = [];
}

/// <summary>That somebody is in a group, and who says so.</summary>
/// <param name="Account">The account's name.</param>
/// <param name="Source"><see cref="Account.LocalSource"/> for an admin, otherwise the directory or provider.</param>
internal sealed record GroupMember(string Account, string Source);
