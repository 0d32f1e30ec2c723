namespace Adit.Api;

/// <summary>
/// PUT and GET /api/v1/volumes/{project}/{volume}/retention: which snapshots stay. Each part keeps by itself; what no part keeps goes, unless a branch or a tag names it.
/// One that says nothing keeps all. Times are UTC.
/// </summary>
public sealed record RetentionRule
{
    /// <summary>The newest so many.</summary>
    public int? KeepLast { get; init; }

    /// <summary>All of the last so many days.</summary>
    public int? KeepDays { get; init; }

    /// <summary>The newest of an hour, for so many hours that have one.</summary>
    public int? KeepHourly { get; init; }

    /// <summary>The newest of a day, likewise.</summary>
    public int? KeepDaily { get; init; }

    /// <summary>The newest of a week (ISO 8601), likewise.</summary>
    public int? KeepWeekly { get; init; }

    /// <summary>The newest of a month, likewise.</summary>
    public int? KeepMonthly { get; init; }

    /// <summary>The newest of a year, likewise.</summary>
    public int? KeepYearly { get; init; }
}

/// <summary>POST /api/v1/volumes/{project}/{volume}/prune: what its rule let go, or would.</summary>
public sealed record PruneReport
{
    /// <summary>Snapshots that went; with <c>dryRun</c>, that would go.</summary>
    public required int Removed { get; init; }

    /// <summary>Snapshots that stay.</summary>
    public required int Kept { get; init; }

    /// <summary>The ids of the newest thousand of those that went or would go.</summary>
    public required IReadOnlyList<string> Snapshots { get; init; }
}
