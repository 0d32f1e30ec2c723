namespace Adit.Api;

/// <summary>What becomes of a task that nobody uses, in short.</summary>
public sealed record TaskIdle
{
    /// <summary>When it is frozen if nothing counts as use before; null where that does not follow next.</summary>
    public DateTimeOffset? FreezesAt { get; init; }

    /// <summary>When it is stopped if nothing counts as use before; null for never.</summary>
    public DateTimeOffset? StopsAt { get; init; }

    /// <summary>Whether that is the end of the age that its template lets it have, which neither use nor keeping it puts off.</summary>
    public bool IsOfAge { get; init; }

    /// <summary>Whether that is so near that its owner is warned.</summary>
    public required bool IsWarned { get; init; }

    /// <summary>Whether its processes are halted until somebody comes.</summary>
    public required bool IsFrozen { get; init; }
}

/// <summary>What a template lets become of tasks that nobody uses.</summary>
public sealed record TaskIdleTerms
{
    /// <summary>After how many seconds without use they are frozen; null for never.</summary>
    public int? FreezeAfterSeconds { get; init; }

    /// <summary>After how many seconds without use they are stopped; null for never.</summary>
    public int? StopAfterSeconds { get; init; }

    /// <summary>How many seconds before that their owner is warned; null for not at all.</summary>
    public int? WarnSeconds { get; init; }

    /// <summary>After how many seconds they are stopped, used or not; null for never.</summary>
    public int? MaxAgeSeconds { get; init; }
}

/// <summary>GET /api/v1/tasks/{task}/idle: why a task is kept or not.</summary>
public sealed record TaskIdleReport
{
    /// <summary>The task's id.</summary>
    public required string Task { get; init; }

    /// <summary><c>used</c>, <c>idle</c>, <c>frozen</c>, or <c>off</c> where nothing ever follows, or it does not run.</summary>
    public required string State { get; init; }

    /// <summary>What was decided last: <c>keep</c>, <c>warn</c>, <c>freeze</c> or <c>stop</c>.</summary>
    public required string Decision { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>Since when nothing has counted as use; null while it does not run.</summary>
    public DateTimeOffset? IdleSince { get; init; }

    /// <summary>What follows next if nothing counts as use before: <c>freeze</c> or <c>stop</c>; null for nothing.</summary>
    public string? Next { get; init; }

    /// <summary>When that is.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>When it is stopped; null for never.</summary>
    public DateTimeOffset? StopsAt { get; init; }

    /// <summary>Whether that is the end of the age that its template lets it have, which neither use nor keeping it puts off.</summary>
    public bool IsOfAge { get; init; }

    /// <summary>When its owner was warned of that; null when it is not near.</summary>
    public DateTimeOffset? Warned { get; init; }

    /// <summary>After how long without use it is stopped, in seconds; null for never.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>What its template says of it.</summary>
    public required TaskIdleTerms Terms { get; init; }

    /// <summary>What was looked at, each with whether it counts.</summary>
    public required IReadOnlyList<TaskIdleSignal> Signals { get; init; }

    /// <summary>What looked like use and was not counted, since the hub started.</summary>
    public required IReadOnlyList<TaskIgnored> Ignored { get; init; }

    /// <summary>The lease that the program in it took; null for none.</summary>
    public TaskHold? Lease { get; init; }

    /// <summary>The time for which somebody asked to keep it; null for none.</summary>
    public TaskHold? Extension { get; init; }

    /// <summary>The last ten decisions, the newest first.</summary>
    public required IReadOnlyList<TaskIdleMoment> History { get; init; }
}

/// <summary>Something that may count as use.</summary>
/// <param name="Class"><c>request</c>, <c>message</c>, <c>terminal</c>, <c>push</c>, <c>kernel</c> or <c>compute</c>.</param>
/// <param name="Last">When it was seen last; null for never.</param>
/// <param name="Counts">Whether its template counts it as use.</param>
/// <param name="Detail">What it is, and why it does not count where it does not.</param>
/// <param name="Decides">Whether this is what keeps the task, or kept it longest.</param>
public sealed record TaskIdleSignal(string Class, DateTimeOffset? Last, bool Counts, string Detail, bool Decides);

/// <summary>What was not counted.</summary>
/// <param name="Kind">Why: <c>bot</c>, <c>probe</c>, <c>anonymous</c>, <c>path</c>, …</param>
/// <param name="Count">How often.</param>
public sealed record TaskIgnored(string Kind, long Count);

/// <summary>Keeps a task for a time.</summary>
/// <param name="Until">Until then.</param>
/// <param name="Reason">Why, or who said so.</param>
public sealed record TaskHold(DateTimeOffset Until, string? Reason);

/// <summary>A decision.</summary>
/// <param name="At">When.</param>
/// <param name="Decision">As of <see cref="TaskIdleReport.Decision"/>, and <c>thaw</c>.</param>
/// <param name="Reason">Why.</param>
public sealed record TaskIdleMoment(DateTimeOffset At, string Decision, string Reason);

/// <summary>POST /api/v1/tasks/{task}/lease: the program in a task is at work and wants to be kept.</summary>
public sealed record LeaseTaskRequest
{
    /// <summary>For how long from now, in seconds; 0 ends the lease.</summary>
    public required int TtlSeconds { get; init; }

    /// <summary>What it is at, for people; at most 200 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>POST /api/v1/tasks/{task}/extend: somebody wants to keep a task for a while.</summary>
public sealed record ExtendTaskRequest
{
    /// <summary>For how long from now, in seconds: a day at most; 0 ends it.</summary>
    public required int Seconds { get; init; }
}
