using System.Text.Json.Serialization;

namespace Adit.Bench.Report;

/// <summary>One line of the table: what was measured, beside the reference where there is one, and whether it meets its target.</summary>
internal sealed record Finding
{
    /// <summary>The measurement it belongs to: requests, throughput, …</summary>
    public required string Measurement { get; init; }

    /// <summary>What was measured.</summary>
    public required string What { get; init; }

    /// <summary>The value, in <see cref="Unit"/>.</summary>
    public required double Value { get; init; }

    /// <summary>Its unit.</summary>
    public required string Unit { get; init; }

    /// <summary>The reference's name, when the value stands beside one.</summary>
    public string? ReferenceName { get; init; }

    /// <summary>The reference's value in the same run.</summary>
    public double? Reference { get; init; }

    /// <summary>Median over the rounds of value by reference; not the quotient of the two medians.</summary>
    public double? Ratio { get; init; }

    /// <summary>What it should be; null for a line that only informs.</summary>
    public Target? Target { get; init; }

    /// <summary>Whether the target is met; null without a target.</summary>
    public bool? Pass => Target?.IsMetBy(Target.OfRatio ? Ratio ?? double.NaN : Value);
}

/// <summary>A bound that a value, or its ratio to the reference, must keep.</summary>
internal sealed record Target(double Bound, bool AtLeast, bool OfRatio)
{
    public static Target AtMostValue(double bound) => new(bound, AtLeast: false, OfRatio: false);

    public static Target AtLeastValue(double bound) => new(bound, AtLeast: true, OfRatio: false);

    public static Target AtMostTimes(double bound) => new(bound, AtLeast: false, OfRatio: true);

    public static Target AtLeastTimes(double bound) => new(bound, AtLeast: true, OfRatio: true);

    public bool IsMetBy(double value) => AtLeast ? value >= Bound : value <= Bound;
}

/// <summary>A whole run, as <c>--json</c> prints it.</summary>
internal sealed record RunReport(DateTimeOffset At, string Command, string Machine, IReadOnlyList<Finding> Findings, IReadOnlyDictionary<string, string> Failed);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
