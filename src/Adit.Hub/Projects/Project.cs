using System.Collections.Frozen;
using Adit.Api;

namespace Adit.Hub.Projects;

/// <summary>What owns everything below it, and who its members are. Immutable.</summary>
internal sealed record Project
{
    private readonly IReadOnlyList<ProjectMember> _members = [];
    private readonly FrozenDictionary<string, ProjectRole> _accounts = FrozenDictionary<string, ProjectRole>.Empty;
    private readonly FrozenDictionary<string, ProjectRole> _groups = FrozenDictionary<string, ProjectRole>.Empty;

    /// <summary>The name: a DNS label.</summary>
    public required string Name { get; init; }

    public string? Title { get; init; }

    public string? Description { get; init; }

    public ProjectVisibility Visibility { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>Since when it waits for its end; null when it does not.</summary>
    public DateTimeOffset? Deleted { get; init; }

    /// <summary>Counts its changes, of its members too.</summary>
    public long Version { get; init; } = 1;

    /// <summary>The members, in no order.</summary>
    public IReadOnlyList<ProjectMember> Members
    {
        get => _members;
        init
        {
            _members = value;
            _accounts = value.Where(static m => m.Kind == MemberKind.Account).ToFrozenDictionary(static m => m.Name, static m => m.Role, StringComparer.Ordinal);
            _groups = value.Where(static m => m.Kind == MemberKind.Group).ToFrozenDictionary(static m => m.Name, static m => m.Role, StringComparer.Ordinal);
        }
    }

    /// <summary>The validator of what is stored (RFC 9110 8.8.3).</summary>
    public string ETag => $"\"{Created.UtcTicks:x}-{Version}\"";

    /// <summary>The role of an account with these groups: its own or one of theirs, whichever is more.</summary>
    public ProjectRole? RoleOf(string account, IReadOnlySet<string> groups)
    {
        ProjectRole? best = _accounts.TryGetValue(account, out var own) ? own : null;
        if (_groups.Count == 0)
            return best;
        foreach (var group in groups)
        {
            if (_groups.TryGetValue(group, out var role) && !(best >= role))
                best = role;
        }

        return best;
    }
}

/// <summary>A member of a project.</summary>
/// <param name="Kind">Whether the name is an account's or a group's.</param>
/// <param name="Name">The account's or group's name.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Added">Since when.</param>
internal sealed record ProjectMember(MemberKind Kind, string Name, ProjectRole Role, DateTimeOffset Added);
