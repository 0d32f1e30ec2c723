using Adit.Api;

namespace Adit.Hub.Tasks.Usage;

/// <summary>How long an attempt of a task had what it reserved: from when it had a place on a runner until it ended (docs/guide/limits.md).</summary>
/// <param name="Start">When it got its place.</param>
/// <param name="End">When it ended, or was lost; null while it goes on.</param>
/// <param name="IsLost">Whether that end is only since when its runner is not heard of: it goes on when the runner comes back with it.</param>
internal readonly record struct UsageSpan(DateTimeOffset Start, DateTimeOffset? End, bool IsLost)
{
    /// <summary>The span of a task's current attempt; null when it never had a place.</summary>
    public static UsageSpan? Of(TaskRecord task)
    {
        if (task.Steps.FirstOrDefault(static s => s.State == TaskState.Scheduled) is not { } placed)
            return null;
        if (task.HasEnded)
            return new UsageSpan(placed.At, Later(placed.At, task.UsedUntil ?? task.Ended ?? placed.At), IsLost: false);
        return task.State == TaskState.Lost
            ? new UsageSpan(placed.At, Later(placed.At, task.Steps[^1].At), IsLost: true)
            : new UsageSpan(placed.At, null, IsLost: false);
    }

    /// <summary>How much of it is between two times; what goes on goes on until the second.</summary>
    public TimeSpan Within(DateTimeOffset from, DateTimeOffset to)
    {
        var start = Later(Start, from);
        var end = End is { } over && over < to ? over : to;
        return end > start ? end - start : TimeSpan.Zero;
    }

    /// <summary>All of it up to now.</summary>
    public TimeSpan Until(DateTimeOffset now) => Within(Start, now);

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
