using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>POST /api/v1/tokens.</summary>
public sealed record CreateTokenRequest
{
    /// <summary>What people call it; 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The account it acts for; null is the caller's own. An admin may name any (one that is not there is made, as a service), a project's
    /// maintainer its service accounts.
    /// </summary>
    public string? Account { get; init; }

    /// <summary>Acts with its account's admin role; without it an admin's token does what a user's does. Only an admin may make one.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>
    /// What of its account's rights it may use: <c>tunnels:write</c>, <c>tunnels:read!project=churn</c>; GET /api/v1/permissions lists them.
    /// Null is all that the caller may.
    /// </summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>How long it is good, in seconds; null is until it is revoked.</summary>
    public long? ExpiresInSeconds { get; init; }

    /// <summary>Tunnels at one time.</summary>
    public int? MaxTunnels { get; init; }

    /// <summary>Streams at one time over one link.</summary>
    public int? MaxStreams { get; init; }

    /// <summary>Bytes per second, both directions together, over all that it serves.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Runners that it may register, and be afterwards; null is as many as its account may have.</summary>
    public int? MaxRunners { get; init; }
}

/// <summary>A token as the API shows it.</summary>
public sealed record ApiToken
{
    /// <summary>Its id: the part of its text after the prefix. No secret.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>The account it acts for.</summary>
    public required string Account { get; init; }

    /// <summary>May do everything.</summary>
    public required bool IsAdmin { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When it was revoked.</summary>
    public DateTimeOffset? Revoked { get; init; }

    /// <summary>When it was last used, to half a minute.</summary>
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>Tunnels at one time.</summary>
    public int? MaxTunnels { get; init; }

    /// <summary>Streams at one time over one link.</summary>
    public int? MaxStreams { get; init; }

    /// <summary>Bytes per second, both directions together.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Runners that it may register, and be afterwards; null is as many as its account may have.</summary>
    public int? MaxRunners { get; init; }

    /// <summary>The names of the runners that were here with it last.</summary>
    public IReadOnlyList<string> Runners { get; set; } = [];

    /// <summary>What of its account's rights it may use (<c>tunnels:write</c>, <c>tunnels:read!project=churn</c>); null for all.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>The token itself. Only in the answer that made it; nobody can show it again.</summary>
    public string? Secret { get; init; }

    /// <summary>What the asker may do with it beside seeing it: <c>revoke</c>. Only in lists.</summary>
    public IReadOnlyList<string>? May { get; init; }
}

/// <summary>GET /api/v1/tokens.</summary>
public sealed record TokenList
{
    /// <summary>How many a page has at most.</summary>
    public const int PageSize = 500;

    /// <summary>The tokens, oldest first.</summary>
    public required IReadOnlyList<ApiToken> Items { get; init; }

    /// <summary>Give this as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>DELETE /api/v1/tokens/{id}, where runners used it: what is cut off from the hub and goes on by itself.</summary>
public sealed record RevokedToken
{
    /// <summary>The runners, by name.</summary>
    public required IReadOnlyList<string> Runners { get; init; }

    /// <summary>The tasks that they have, <c>OWNER/NAME on RUNNER</c>.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }
}

/// <summary>GET /api/v1/permissions: what scopes there are.</summary>
public sealed record PermissionList
{
    /// <summary>All of them.</summary>
    public required IReadOnlyList<PermissionEntry> Items { get; init; }
}

/// <summary>A scope that a token can have.</summary>
public sealed record PermissionEntry
{
    /// <summary>Its text: <c>tunnels:write</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>What it allows.</summary>
    public required string Description { get; init; }

    /// <summary>Whether <c>!project=NAME</c> after it narrows it to a project.</summary>
    public required bool TakesProject { get; init; }
}

/// <summary>POST /api/v1/tunnels/{name}/sign-in-link: opens an owner's tunnel in a browser once, within a minute.</summary>
public sealed record SignInLink
{
    /// <summary>The tunnel's address with a one-time code in the fragment, which browsers send to no server.</summary>
    public required string Url { get; init; }

    /// <summary>When it ends.</summary>
    public required DateTimeOffset Expires { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateTokenRequest))]
[JsonSerializable(typeof(ApiToken))]
[JsonSerializable(typeof(TokenList))]
[JsonSerializable(typeof(RevokedToken))]
[JsonSerializable(typeof(PermissionList))]
[JsonSerializable(typeof(SignInLink))]
public sealed partial class TokensJson : JsonSerializerContext;
