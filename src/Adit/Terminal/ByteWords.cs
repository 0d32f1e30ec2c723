using System.Globalization;

namespace Adit.Terminal;

/// <summary>Memory as people give and read it: powers of 1024, with the units of templates and of Kubernetes.</summary>
internal static class ByteWords
{
    private static readonly (string Unit, long Size)[] Units = [("Ti", 1L << 40), ("Gi", 1L << 30), ("Mi", 1L << 20), ("Ki", 1L << 10), ("T", 1_000_000_000_000), ("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000)];

    /// <summary><c>4.5Gi</c>.</summary>
    public static string Of(long bytes)
    {
        foreach (var (unit, size) in Units.Take(4))
        {
            if (bytes >= size)
                return string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)size:0.#}{unit}");
        }

        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Reads <c>4Gi</c>, <c>512Mi</c>, <c>2G</c>, <c>1073741824</c>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static long Parse(string text, string flag)
    {
        foreach (var (unit, size) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal) && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1e6)
                return (long)(number * size);
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes > 0
            ? bytes
            : throw new FormatException($"{flag} wants memory such as 4Gi, 512Mi or a number of bytes, not '{text}'.");
    }
}
