using Adit.Api;

namespace Adit.Terminal;

/// <summary>States of tasks as people read them.</summary>
internal static class TaskWords
{
    public static string Of(TaskState state) => state.ToString().ToLowerInvariant();

    /// <summary><c>3 min</c>, <c>5 h</c>, <c>2 d</c>.</summary>
    public static string Age(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => $"{Math.Max(0, (int)span.TotalSeconds)} s",
        { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes} min",
        { TotalHours: < 48 } => $"{(int)span.TotalHours} h",
        _ => $"{(int)span.TotalDays} d",
    };
}
