using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>POST /api/v1/tokens.</summary>
public sealed record CreateTokenRequest
{
    /// <summary>What people call it; 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The account it acts for; null is the caller's own. Only an admin may name another.</summary>
    public string? Account { get; init; }

    /// <summary>May do everything. Only an admin may make one.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>How long it is good, in seconds; null is until it is revoked.</summary>
    public long? ExpiresInSeconds { get; init; }

    /// <summary>Tunnels at one time.</summary>
    public int? MaxTunnels { get; init; }

    /// <summary>Streams at one time over one link.</summary>
    public int? MaxStreams { get; init; }

    /// <summary>Bytes per second in each direction, over all that it serves.</summary>
    public long? BytesPerSecond { get; init; }
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

    /// <summary>Bytes per second in each direction.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>What of its account's rights it may use (<c>tunnels:write</c>, <c>tunnels:read!project=churn</c>); null for all.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>The token itself. Only in the answer that made it; nobody can show it again.</summary>
    public string? Secret { get; init; }
}

/// <summary>GET /api/v1/tokens.</summary>
public sealed record TokenList
{
    /// <summary>The tokens, oldest first.</summary>
    public required IReadOnlyList<ApiToken> Items { get; init; }
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
[JsonSerializable(typeof(SignInLink))]
public sealed partial class TokensJson : JsonSerializerContext;
