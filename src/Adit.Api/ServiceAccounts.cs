using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>
/// POST /api/v1/projects/{name}/service-accounts: an account for programs that work for the project. It is a member, its tokens are made by
/// maintainers, and it ends with the project.
/// </summary>
public sealed record CreateServiceAccountRequest
{
    /// <summary>The account's name, unique on the hub for ever: 1 to 63 of a-z, 0-9, '-', '_' and '.', a letter or digit first.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do; member when not said. At most the maker's own role, and no owner.</summary>
    public ProjectRole? Role { get; init; }
}

/// <summary>PATCH /api/v1/projects/{name}/service-accounts/{account}. Its role is that of the member, and changed there.</summary>
public sealed record ChangeServiceAccountRequest
{
    /// <summary><c>active</c> or <c>disabled</c>: while it is disabled none of its tokens is good, and what they hold open is closed.</summary>
    public required string State { get; init; }
}

/// <summary>A service account of a project, as the project's members see it.</summary>
public sealed record ServiceAccount
{
    /// <summary>Its name: never changes, and is never given to another.</summary>
    public required string Name { get; init; }

    /// <summary>The project that it works for.</summary>
    public required string Project { get; init; }

    /// <summary>What it may do there; null when it is no member any more, and may do nothing there.</summary>
    public ProjectRole? Role { get; init; }

    /// <summary><c>active</c> or <c>disabled</c>.</summary>
    public required string State { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>How many tokens it has that are neither revoked nor over; null for callers who may not see tokens.</summary>
    public int? Tokens { get; init; }

    /// <summary>When one of its tokens was last used, to half a minute; null for never, and for callers who may not see tokens.</summary>
    public DateTimeOffset? LastUsed { get; init; }
}

/// <summary>GET /api/v1/projects/{name}/service-accounts.</summary>
public sealed record ServiceAccountList
{
    /// <summary>The accounts, by name.</summary>
    public required IReadOnlyList<ServiceAccount> Items { get; init; }

    /// <summary>Always null: a project has at most 100.</summary>
    public string? Next { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateServiceAccountRequest))]
[JsonSerializable(typeof(ChangeServiceAccountRequest))]
[JsonSerializable(typeof(ServiceAccount))]
[JsonSerializable(typeof(ServiceAccountList))]
public sealed partial class ServiceAccountsJson : JsonSerializerContext;
