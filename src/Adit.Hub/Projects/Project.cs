using Adit.Api;

namespace Adit.Hub.Projects;

/// <summary>What owns everything below it, and who its members are. Immutable.</summary>
internal sealed record Project
{
    /// <summary>The name: a DNS label.</summary>
    public required string Name { get; init; }

    public string? Title { get; init; }

    public string? Description { get; init; }

    public ProjectVisibility Visibility { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>Since when it waits for its end; null when it does not.</summary>
    public DateTimeOffset? Deleted { get; init; }

    /// <summary>Counts its changes, for ETags.</summary>
    public long Version { get; init; } = 1;

    public IReadOnlyList<ProjectMember> Members { get; init; } = [];
}

/// <summary>A member of a project.</summary>
/// <param name="IsGroup">Whether the name is a group's.</param>
/// <param name="Name">The account's or group's name.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Added">Since when.</param>
internal sealed record ProjectMember(bool IsGroup, string Name, ProjectRole Role, DateTimeOffset Added);

/// <summary>Who knows that a project exists.</summary>
internal enum ProjectVisibility
{
    /// <summary>Its members.</summary>
    Private,

    /// <summary>Everyone who is signed in; what is in it is still its members' only.</summary>
    Internal,
}
