using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>Who knows that a project exists.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProjectVisibility>))]
public enum ProjectVisibility
{
    /// <summary>Its members, admins and auditors.</summary>
    [JsonStringEnumMemberName("private")] Private,

    /// <summary>Everyone who is signed in; what is in it is still its members' only.</summary>
    [JsonStringEnumMemberName("internal")] Internal,
}

/// <summary>What a member of a project is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MemberKind>))]
public enum MemberKind
{
    /// <summary>An account.</summary>
    [JsonStringEnumMemberName("account")] Account,

    /// <summary>A group: everybody in it, as long as they are.</summary>
    [JsonStringEnumMemberName("group")] Group,
}

/// <summary>POST /api/v1/projects. Whoever makes one is its first owner.</summary>
public sealed record CreateProjectRequest
{
    /// <summary>A DNS label (a-z, 0-9, hyphen; 1 to 63 characters), unique on the hub. It never changes.</summary>
    public required string Name { get; init; }

    /// <summary>What people call it; at most 200 characters.</summary>
    public string? Title { get; init; }

    /// <summary>What it is about; at most 4000 characters.</summary>
    public string? Description { get; init; }

    /// <summary>Who knows that it exists; private when not said.</summary>
    public ProjectVisibility? Visibility { get; init; }
}

/// <summary>PATCH /api/v1/projects/{name}: what is present replaces what was, an empty text removes it. For owners.</summary>
public sealed record ChangeProjectRequest
{
    /// <summary>What people call it.</summary>
    public string? Title { get; init; }

    /// <summary>What it is about.</summary>
    public string? Description { get; init; }

    /// <summary>Who knows that it exists.</summary>
    public ProjectVisibility? Visibility { get; init; }
}

/// <summary>A project as the API shows it.</summary>
public sealed record ApiProject
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What people call it.</summary>
    public string? Title { get; init; }

    /// <summary>What it is about.</summary>
    public string? Description { get; init; }

    /// <summary>Who knows that it exists.</summary>
    public required ProjectVisibility Visibility { get; init; }

    /// <summary>The caller's role in it, by itself or by a group; null for none.</summary>
    public ProjectRole? Role { get; init; }

    /// <summary>
    /// What the asker may do with it beside seeing it: change its <c>members</c> below maintainers; <c>change</c> everything, its settings and
    /// its end too.
    /// </summary>
    public IReadOnlyList<string> May { get; set; } = [];

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The account that made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was deleted; null when it was not.</summary>
    public DateTimeOffset? Deleted { get; init; }

    /// <summary>Until when a deleted one can be restored; then it goes with everything in it.</summary>
    public DateTimeOffset? Ends { get; init; }

    /// <summary>How many members it has, a group counting as one.</summary>
    public required int Members { get; init; }
}

/// <summary>GET /api/v1/projects.</summary>
public sealed record ProjectList
{
    /// <summary>The projects that the caller may see, by name.</summary>
    public required IReadOnlyList<ApiProject> Items { get; init; }

    /// <summary>Give this as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>A member of a project.</summary>
public sealed record ApiProjectMember
{
    /// <summary>Whether the name is an account's or a group's.</summary>
    public required MemberKind Kind { get; init; }

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do.</summary>
    public required ProjectRole Role { get; init; }

    /// <summary>Since when it is a member.</summary>
    public required DateTimeOffset Added { get; init; }
}

/// <summary>GET /api/v1/projects/{name}/members.</summary>
public sealed record ProjectMemberList
{
    /// <summary>The members, owners first.</summary>
    public required IReadOnlyList<ApiProjectMember> Items { get; init; }

    /// <summary>Always null: a project has at most 1000 members.</summary>
    public string? Next { get; init; }
}

/// <summary>PUT /api/v1/projects/{name}/members/{account:NAME|group:NAME}: makes a member, or changes its role.</summary>
public sealed record SetProjectMemberRequest
{
    /// <summary>What it may do.</summary>
    public required ProjectRole Role { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateProjectRequest))]
[JsonSerializable(typeof(ChangeProjectRequest))]
[JsonSerializable(typeof(ApiProject))]
[JsonSerializable(typeof(ProjectList))]
[JsonSerializable(typeof(ApiProjectMember))]
[JsonSerializable(typeof(ProjectMemberList))]
[JsonSerializable(typeof(SetProjectMemberRequest))]
public sealed partial class ProjectsJson : JsonSerializerContext;
