using System.Globalization;

namespace Adit.Api;

/// <summary>
/// Spans of time as people write them, the same for the hub's configuration and the command line: <c>500ms</c>, <c>90s</c>, <c>1.5h</c>,
/// <c>90d</c>. At most ten years.
/// </summary>
public static class Duration
{
    private const long MostTicks = 3660 * TimeSpan.TicksPerDay;

    // "ms" comes before "s", so the longest unit wins.
    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
        ("d", TimeSpan.TicksPerDay),
    ];

    /// <summary>Reads one, which has a unit.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        foreach (var (unit, ticks) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            var isAmount = decimal.TryParse(
                text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount);
            if (!isAmount || amount > MostTicks / ticks)
                return false;
            duration = TimeSpan.FromTicks((long)(amount * ticks));
            return true;
        }

        return false;
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none, nothing, or longer than ten years.</exception>
    public static TimeSpan Parse(string text) => TryParse(text, out var duration) && duration > TimeSpan.Zero
        ? duration
        : throw new FormatException($"'{text}' is no span of time; write 90s, 30m, 12h or 90d.");
}
