using System.Globalization;

namespace Adit.Commands;

/// <summary>Spans of time as people write them: <c>90s</c>, <c>30m</c>, <c>12h</c>, <c>90d</c>.</summary>
internal static class ClientDuration
{
    private const int MostDays = 3660;

    /// <exception cref="FormatException">It is none, or longer than ten years.</exception>
    public static TimeSpan Parse(string text)
    {
        var unit = text.Length > 1 ? text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 } : 0;
        return unit > 0
            && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0
            && (long)count * unit <= MostDays * 86_400L
            ? TimeSpan.FromSeconds((long)count * unit)
            : throw new FormatException($"'{text}' is no span of time; write 90s, 30m, 12h or 90d.");
    }
}
