using System.Globalization;

namespace Adit.Api;

/// <summary>
/// Sizes as people write them, the same for the hub's configuration and the command line: <c>4096</c>, <c>64KB</c>, <c>10 GB</c> (powers of
/// 1000), <c>64KiB</c> or <c>64Ki</c> (of 1024), <c>2G</c> (of 1000, as Kubernetes has it). Units in any case; fractions are rounded down.
/// </summary>
public static class ByteSize
{
    private const decimal Most = 1_000_000_000_000m; // Before it is multiplied, so that no unit can overflow.

    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("Ti", 1L << 40), ("Gi", 1L << 30), ("Mi", 1L << 20), ("Ki", 1L << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("T", 1_000_000_000_000), ("G", 1_000_000_000), ("M", 1_000_000), ("K", 1_000), ("B", 1), ("", 1),
    ];

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        var plain = text.Trim();
        var (unit, factor) = Units.First(u => plain.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        var amount = plain.AsSpan(0, plain.Length - unit.Length).Trim();
        var isSize = decimal.TryParse(amount, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= Most;
        bytes = isSize ? (long)Math.Min(number * factor, long.MaxValue) : 0;
        return isSize;
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static long Parse(string text) =>
        TryParse(text, out var bytes) ? bytes : throw new FormatException($"'{text}' is no size; write 4096, 64KB, 100MB or 2GiB.");

    /// <summary>For people, in powers of 1024: <c>4.5 GiB</c>.</summary>
    public static string Of(long bytes)
    {
        foreach (var (unit, size) in Units.Take(4))
        {
            if (bytes >= size)
                return string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)size:0.#} {unit}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
    }
}
