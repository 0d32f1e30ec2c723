using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>What something cost.</summary>
/// <param name="Amount">How much, rounded once to six places.</param>
/// <param name="Currency">Of what; null where prices name none.</param>
public sealed record UsageCost(decimal Amount, string? Currency);

/// <summary>What one user, project, template or runner used in a time.</summary>
public sealed record UsageLine
{
    /// <summary>Whose; null for what was in no project, and in a total.</summary>
    public string? Key { get; init; }

    /// <summary>Attempts of tasks that had a place on a runner in that time.</summary>
    public required int Attempts { get; init; }

    /// <summary>How long they had it, all together.</summary>
    public required double Hours { get; init; }

    /// <summary>Reserved cores times hours.</summary>
    public required double CpuHours { get; init; }

    /// <summary>Reserved GiB of memory times hours.</summary>
    public required double MemoryGiBHours { get; init; }

    /// <summary>GPUs times hours.</summary>
    public required double GpuHours { get; init; }

    /// <summary>What it cost, one for each currency; empty where nothing had a price.</summary>
    public required IReadOnlyList<UsageCost> Costs { get; init; }
}

/// <summary>What one attempt of a task used in a time.</summary>
public sealed record UsageAttempt
{
    /// <summary>The task's id.</summary>
    public required string Task { get; init; }

    /// <summary>Which start of it.</summary>
    public required int Attempt { get; init; }

    /// <summary>What its owner called it.</summary>
    public required string Name { get; init; }

    /// <summary>The account whose it was.</summary>
    public required string User { get; init; }

    /// <summary>The project it was in.</summary>
    public string? Project { get; init; }

    /// <summary>Its template with its version: <c>jupyter@3</c>.</summary>
    public required string Template { get; init; }

    /// <summary>The runner that had it.</summary>
    public required string Runner { get; init; }

    /// <summary>Cores that were reserved for it.</summary>
    public required double Cpu { get; init; }

    /// <summary>Memory in bytes, likewise.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>GPUs, likewise.</summary>
    public required int Gpus { get; init; }

    /// <summary>What an hour of it cost when it started, unrounded; null where nothing was known of prices.</summary>
    public decimal? PricePerHour { get; init; }

    /// <summary>The currency of that.</summary>
    public string? Currency { get; init; }

    /// <summary>When it got its place.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Since when its runner is not heard of; it counts to there, and in full when it comes back.</summary>
    public DateTimeOffset? Lost { get; init; }

    /// <summary>How long of the asked time it had its place.</summary>
    public required double Hours { get; init; }

    /// <summary>What that cost, rounded to six places; null without a price.</summary>
    public decimal? Cost { get; init; }
}

/// <summary>GET /api/v1/usage.</summary>
public sealed record UsageReport
{
    /// <summary>From when on.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Until when; what goes on counts up to now.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>By what it is counted: <c>user</c>, <c>project</c>, <c>template</c>, <c>runner</c> or <c>task</c>.</summary>
    public required string By { get; init; }

    /// <summary>A line for each, what cost most first; null by task. At most 10,000: the total has the rest too.</summary>
    public IReadOnlyList<UsageLine>? Lines { get; init; }

    /// <summary>All of it together; null by task.</summary>
    public UsageLine? Total { get; init; }

    /// <summary>By task: one page of attempts, the newest first.</summary>
    public IReadOnlyList<UsageAttempt>? Attempts { get; init; }

    /// <summary>By task: pass as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UsageReport))]
[JsonSerializable(typeof(IReadOnlyList<UsageAttempt>))]
public sealed partial class UsageJson : JsonSerializerContext;
