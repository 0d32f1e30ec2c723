using System.Globalization;

namespace Adit.Commands;

/// <summary>
/// Sizes as people write them: <c>4096</c>, <c>64KB</c>, <c>100MB</c>, <c>10 GB</c> (powers of 1000), <c>64KiB</c> (of 1024).
/// </summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Factor)[] Units =
    [
        ("KIB", 1024), ("MIB", 1024 * 1024), ("GIB", 1024L * 1024 * 1024), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("", 1),
    ];

    /// <exception cref="FormatException">It is no size.</exception>
    public static long Parse(string text)
    {
        var plain = text.Trim().ToUpperInvariant();
        var (suffix, factor) = Units.First(u => plain.EndsWith(u.Suffix, StringComparison.Ordinal));
        return decimal.TryParse(
            plain[..^suffix.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * factor <= long.MaxValue
            ? (long)(number * factor)
            : throw new FormatException($"'{text}' is no size; write 4096, 64KB, 100MB or 2GiB.");
    }
}
