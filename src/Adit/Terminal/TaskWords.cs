using Adit.Api;

namespace Adit.Terminal;

/// <summary>States of tasks as people read them.</summary>
internal static class TaskWords
{
    public static string Of(TaskState state) => state.ToString().ToLowerInvariant();

    /// <summary>With its verb: <c>is ready</c>, <c>has failed</c>.</summary>
    public static string Is(TaskState state) => state == TaskState.Failed ? "has failed" : "is " + Of(state);

    /// <summary><c>3 min</c>, <c>5 h</c>, <c>2 d</c>: to the nearest.</summary>
    public static string Age(TimeSpan span) => span switch
    {
        { TotalSeconds: < 59.5 } => $"{Math.Max(0, Math.Round(span.TotalSeconds)):0} s",
        { TotalMinutes: < 119.5 } => $"{Math.Round(span.TotalMinutes):0} min",
        { TotalHours: < 47.5 } => $"{Math.Round(span.TotalHours):0} h",
        _ => $"{Math.Round(span.TotalDays):0} d",
    };

    /// <summary>
    /// What becomes of a task that nobody uses, as a sentence: <c>It is frozen after 15 min and stopped after 60 min without use, and after 7 d in any case.</c>
    /// </summary>
    /// <param name="terms">What its template says; something follows.</param>
    public static string Of(TaskIdleTerms terms)
    {
        var (freeze, stop, age) = (Span(terms.FreezeAfterSeconds), Span(terms.StopAfterSeconds), Span(terms.MaxAgeSeconds));
        var unused = string.Join(" and ", new[] { freeze is null ? null : "frozen after " + freeze, stop is null ? null : "stopped after " + stop }.OfType<string>());
        return unused.Length == 0 ? $"It is stopped after {age}, used or not."
            : age is null ? $"It is {unused} without use."
            : $"It is {unused} without use, and {(stop is null ? "stopped " : "")}after {age} in any case.";
    }

    private static string? Span(int? seconds) => seconds is { } s ? Age(TimeSpan.FromSeconds(s)) : null;
}
