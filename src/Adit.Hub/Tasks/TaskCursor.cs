using System.Globalization;

namespace Adit.Hub.Tasks;

/// <summary>
/// Where a page of tasks ended: the moment and id of its last one, as text <c>TICKS.ID</c>. It holds also when that task is gone by the next page.
/// </summary>
internal sealed record TaskCursor(DateTimeOffset Created, string Id)
{
    /// <summary>That of a task.</summary>
    public static string Of(TaskRecord task) => string.Create(CultureInfo.InvariantCulture, $"{task.Created.UtcTicks}.{task.Id}");

    /// <summary>Reads one; null for what is none.</summary>
    public static TaskCursor? Parse(string? text) =>
        text?.Split('.') is [var ticks, { Length: > 0 } id] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= DateTimeOffset.MaxValue.UtcTicks
            ? new TaskCursor(new DateTimeOffset(at, TimeSpan.Zero), id)
            : null;

    /// <summary>Whether a task, in the order of pages (the newest first), was on the page or one before it.</summary>
    public bool IsAtOrAfter(TaskRecord task) =>
        task.Created.CompareTo(Created) is not 0 and var byAge ? byAge > 0 : string.CompareOrdinal(task.Id, Id) >= 0;
}
