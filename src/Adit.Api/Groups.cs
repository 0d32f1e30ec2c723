using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>A group of accounts.</summary>
public sealed record AccountGroup
{
    /// <summary>Its name, as policies say it.</summary>
    public required string Name { get; init; }

    /// <summary>The platform role that its members have at least; null for none.</summary>
    public PlatformRole? Role { get; init; }

    /// <summary>How many accounts are in it.</summary>
    public required int Size { get; init; }

    /// <summary>Its members, by name; only in answers about one group.</summary>
    public IReadOnlyList<AccountGroupMember>? Members { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }
}

/// <summary>That somebody is in a group, and who says so.</summary>
public sealed record AccountGroupMember
{
    /// <summary>The account's name.</summary>
    public required string Account { get; init; }

    /// <summary><c>local</c> for an admin; otherwise the directory or provider.</summary>
    public required string Source { get; init; }
}

/// <summary>GET /api/v1/groups, by name.</summary>
public sealed record GroupList
{
    /// <summary>The groups.</summary>
    public required IReadOnlyList<AccountGroup> Items { get; init; }

    /// <summary>Give this as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>PUT /api/v1/groups/{name}: makes a group, or sets its role.</summary>
public sealed record SetGroupRequest
{
    /// <summary>The platform role that its members have at least; null for none.</summary>
    public PlatformRole? Role { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AccountGroup))]
[JsonSerializable(typeof(GroupList))]
[JsonSerializable(typeof(SetGroupRequest))]
public sealed partial class GroupsJson : JsonSerializerContext;
