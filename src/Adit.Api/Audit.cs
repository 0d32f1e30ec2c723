using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>One line of the audit log: who did what to what, from where. Never holds a secret.</summary>
public sealed record AuditRecord
{
    /// <summary>Its number: later entries have larger ones.</summary>
    public required long Id { get; init; }

    /// <summary>When, in UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The account that did it; null for a stranger, who has an address, and for the hub itself, which has none.</summary>
    public string? Actor { get; init; }

    /// <summary>What it used: <c>token:ID</c> or <c>session:ID</c>; null for neither.</summary>
    public string? Via { get; init; }

    /// <summary>What was done: <c>token.create</c>, <c>policy.change</c>, <c>sign-in</c>, <c>door</c>.</summary>
    public required string Action { get; init; }

    /// <summary>What it was done to: <c>account:anna</c>, <c>tunnel:demo</c>; of a refused request, its method and path.</summary>
    public string? Target { get; init; }

    /// <summary><c>allowed</c>, <c>denied</c> (somebody known asked for what it may not) or <c>failed</c> (a credential was wrong, say).</summary>
    public required string Outcome { get; init; }

    /// <summary>The address it came from.</summary>
    public string? Address { get; init; }

    /// <summary>What else is worth knowing.</summary>
    public IReadOnlyDictionary<string, string>? Detail { get; init; }
}

/// <summary>GET /api/v1/audit: a page, newest first. GET /api/v1/audit/export sends the same entries as lines of JSON, oldest first.</summary>
public sealed record AuditList
{
    /// <summary>The entries.</summary>
    public required IReadOnlyList<AuditRecord> Items { get; init; }

    /// <summary>Give this as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditRecord))]
[JsonSerializable(typeof(AuditList))]
public sealed partial class AuditRecordsJson : JsonSerializerContext;
