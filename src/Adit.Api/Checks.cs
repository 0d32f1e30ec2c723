using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>What a check came to.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckOutcome>))]
public enum CheckOutcome
{
    /// <summary>As it should be.</summary>
    [JsonStringEnumMemberName("ok")] Ok,

    /// <summary>It works, and somebody should know something about it.</summary>
    [JsonStringEnumMemberName("warning")] Warning,

    /// <summary>It does not work.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}

/// <summary>One thing that was looked at.</summary>
public sealed record Check
{
    /// <summary>A word for it: <c>database</c>, <c>clock</c>; or <c>runner NAME</c> for the one that was looked at.</summary>
    public required string Name { get; init; }

    /// <summary>What came of it.</summary>
    public required CheckOutcome Outcome { get; init; }

    /// <summary>What was found, one sentence or less.</summary>
    public required string Finding { get; init; }

    /// <summary>What to do about it; null where there is nothing to do.</summary>
    public string? Remedy { get; init; }

    /// <summary>One that is as it should be.</summary>
    public static Check Ok(string name, string finding) => new() { Name = name, Outcome = CheckOutcome.Ok, Finding = finding };

    /// <summary>One that somebody should know about.</summary>
    public static Check Warning(string name, string finding, string? remedy) => new() { Name = name, Outcome = CheckOutcome.Warning, Finding = finding, Remedy = remedy };

    /// <summary>One that does not work.</summary>
    public static Check Failed(string name, string finding, string? remedy) => new() { Name = name, Outcome = CheckOutcome.Failed, Finding = finding, Remedy = remedy };
}

/// <summary>GET /api/v1/checks: what the hub finds when it looks at itself, its runners and tasks.</summary>
public sealed record CheckList
{
    /// <summary>The hub's version.</summary>
    public required string Version { get; init; }

    /// <summary>The domain whose sub-domains are tunnels.</summary>
    public required string Domain { get; init; }

    /// <summary>The checks, in the order in which one would mend what they find.</summary>
    public required IReadOnlyList<Check> Items { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CheckList))]
public sealed partial class ChecksJson : JsonSerializerContext;
