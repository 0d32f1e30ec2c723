using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>Which secret a task gets.</summary>
/// <param name="Name">Its name.</param>
/// <param name="OfProject">Whether it is one of the task's project; otherwise of the hub.</param>
public sealed record SecretReference(string Name, bool OfProject = false);

/// <summary>PUT /api/v1/secrets/{name}: sets a secret, or gives it another value.</summary>
public sealed record SetSecretRequest
{
    /// <summary>Bytes of a value, as UTF-8.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>Its value: text of 1 byte to 64 KiB as UTF-8, without null characters. No answer ever has it.</summary>
    public required string Value { get; init; }

    /// <summary>Nothing of the value: a record prints all of itself.</summary>
    public override string ToString() => nameof(SetSecretRequest);
}

/// <summary>A secret as the API shows it: all but its value.</summary>
public sealed record ApiSecret
{
    /// <summary>Its name: 1 to 63 of a-z, 0-9 and hyphens inside.</summary>
    public required string Name { get; init; }

    /// <summary>The project whose it is; null for the hub's.</summary>
    public string? Project { get; init; }

    /// <summary>Counts its values, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>When it was first set.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it got the value that it has.</summary>
    public required DateTimeOffset Changed { get; init; }

    /// <summary>The account that gave it that.</summary>
    public required string ChangedBy { get; init; }

    /// <summary>Whether the hub can read it: false when the hub's key is not the one that it was sealed with. Set it anew then.</summary>
    public bool IsReadable { get; set; } = true;

    /// <summary>What the caller may do with it beside seeing it: <c>change</c>.</summary>
    public IReadOnlyList<string> May { get; set; } = [];
}

/// <summary>GET /api/v1/secrets: the hub's first, then projects', by name.</summary>
public sealed record SecretList
{
    /// <summary>One page.</summary>
    public required IReadOnlyList<ApiSecret> Items { get; init; }

    /// <summary>Pass as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SetSecretRequest))]
[JsonSerializable(typeof(ApiSecret))]
[JsonSerializable(typeof(SecretList))]
public sealed partial class SecretsJson : JsonSerializerContext;
