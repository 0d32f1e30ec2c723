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
}
