using System.Buffers;
using System.Globalization;
using Adit.Api;

namespace Adit.Hub.Tasks.Usage;

/// <summary>
/// Usage as a table for spreadsheets: CSV (RFC 4180), UTF-8, a heading first. A cell that a spreadsheet would take for a formula begins with an
/// apostrophe: names and currencies are others' to choose.
/// </summary>
internal static class UsageCsv
{
    private const double BytesPerGiB = 1L << 30;

    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n;\t ");

    /// <summary>The heading of lines by what they are counted.</summary>
    public static string LineHead(UsageBy by) => Row(Word(by), "attempts", "hours", "cpu_hours", "memory_gib_hours", "gpu_hours", "cost", "currency");

    /// <summary>A line of one currency.</summary>
    public static string Line(UsageLine line)
    {
        var cost = line.Costs is [var one, ..] ? one : null;
        return Row(
            Safe(line.Key), Number(line.Attempts), Number(line.Hours), Number(line.CpuHours), Number(line.MemoryGiBHours), Number(line.GpuHours),
            cost?.Amount.ToString(CultureInfo.InvariantCulture), Safe(cost?.Currency));
    }

    /// <summary>The heading of attempts.</summary>
    public static string AttemptHead => Row(
        "task", "attempt", "name", "user", "project", "template", "runner", "state", "started", "ended", "hours", "cpu", "memory_gib", "gpus", "cpu_hours",
        "memory_gib_hours", "gpu_hours", "price_per_hour", "cost", "currency");

    /// <summary>An attempt.</summary>
    public static string Attempt(UsageAttempt a)
    {
        var gib = a.MemoryBytes / BytesPerGiB;
        return Row(
            a.Task, Number(a.Attempt), Safe(a.Name), Safe(a.User), Safe(a.Project), Safe(a.Template), Safe(a.Runner), a.Ended is null ? a.Lost is null ? "running" : "lost" : "ended",
            Time(a.Started), Time(a.Ended ?? a.Lost), Number(a.Hours), Number(a.Cpu), Number(gib), Number(a.Gpus), Number(a.Cpu * a.Hours), Number(gib * a.Hours),
            Number(a.Gpus * a.Hours), a.PricePerHour is { } price ? UsageSum.Plain(price).ToString(CultureInfo.InvariantCulture) : null, a.Cost?.ToString(CultureInfo.InvariantCulture), Safe(a.Currency));
    }

    /// <summary>The word of it.</summary>
    public static string Word(UsageBy by) => by.ToString().ToLowerInvariant();

    /// <summary>A cell whose text others chose.</summary>
    public static string? Safe(string? text)
    {
        if (text is null or "")
            return text;
        // What a spreadsheet runs begins so, also after blanks.
        return text.TrimStart() is ['=' or '+' or '-' or '@', ..] || text[0] is '\t' or '\r' or '\n' ? "'" + text : text;
    }

    private static string Row(params string?[] cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    private static string? Cell(string? text) =>
        text is not null && text.AsSpan().ContainsAny(Quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    private static string Number(double number) => Math.Round(number, 6).ToString("0.######", CultureInfo.InvariantCulture);

    private static string? Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
