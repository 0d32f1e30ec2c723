using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>POST /api/v1/s3/keys.</summary>
public sealed record CreateS3KeyRequest
{
    /// <summary>What people call it, at most 100 characters; null for no name.</summary>
    public string? Name { get; init; }

    /// <summary>The only project that it reaches; null for all of its owner's.</summary>
    public string? Project { get; init; }

    /// <summary>It reads and never writes.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>How long it is good, in seconds; null is until it is removed.</summary>
    public long? ExpiresInSeconds { get; init; }
}

/// <summary>A key of the S3 endpoint as the API shows it.</summary>
public sealed record ApiS3Key
{
    /// <summary>Its id, no secret: what clients call the access key.</summary>
    public required string AccessKeyId { get; init; }

    /// <summary>Its secret. Only in the answer to its creation.</summary>
    public string? SecretAccessKey { get; init; }

    /// <summary>Where clients reach the endpoint: <c>http://s3.adit.localhost:8080</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>What people call it.</summary>
    public string? Name { get; init; }

    /// <summary>The account it acts for.</summary>
    public required string Account { get; init; }

    /// <summary>The only project that it reaches; null for all of its account's.</summary>
    public string? Project { get; init; }

    /// <summary>It reads and never writes.</summary>
    public required bool IsReadOnly { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When it was last used since the hub started; null for not.</summary>
    public DateTimeOffset? LastUsed { get; init; }
}

/// <summary>GET /api/v1/s3/keys.</summary>
public sealed record S3KeyList
{
    /// <summary>The keys, oldest first.</summary>
    public required IReadOnlyList<ApiS3Key> Items { get; init; }

    /// <summary>Cursor of the next page.</summary>
    public string? Next { get; init; }
}

/// <summary>JSON of keys of the S3 endpoint.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateS3KeyRequest))]
[JsonSerializable(typeof(ApiS3Key))]
[JsonSerializable(typeof(S3KeyList))]
public sealed partial class S3Json : JsonSerializerContext;
