using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Api;

namespace Adit.Doctor;

/// <summary>What <c>adit doctor --json</c> prints.</summary>
internal sealed record Diagnosis
{
    /// <summary>The hub that was looked at; null when none is named.</summary>
    public string? Hub { get; init; }

    /// <summary>The way to it.</summary>
    public required IReadOnlyList<Check> Way { get; init; }

    /// <summary>What it found in itself; null where it was not reached or does not tell.</summary>
    public CheckList? Own { get; init; }

    /// <summary>This machine as a runner.</summary>
    public required IReadOnlyList<Check> Machine { get; init; }

    /// <summary>All of them.</summary>
    [JsonIgnore]
    public IEnumerable<Check> All => Way.Concat(Own?.Items ?? []).Concat(Machine);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Diagnosis))]
internal sealed partial class DiagnosisJson : JsonSerializerContext;
