using System.Globalization;
using Adit.Api;

namespace Adit.Terminal;

/// <summary>Memory as people give and read it: powers of 1024, with the units of templates and of Kubernetes.</summary>
internal static class ByteWords
{
    private static readonly (string Unit, long Size)[] Units = [("Ti", 1L << 40), ("Gi", 1L << 30), ("Mi", 1L << 20), ("Ki", 1L << 10)];

    /// <summary><c>4.5Gi</c>.</summary>
    public static string Of(long bytes)
    {
        foreach (var (unit, size) in Units)
        {
            if (bytes >= size)
                return string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)size:0.#}{unit}");
        }

        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Reads <c>4Gi</c>, <c>2GB</c>, <c>1073741824</c>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static long Parse(string text, string flag) => ByteSize.TryParse(text, out var bytes) && bytes > 0
        ? bytes
        : throw new FormatException($"{flag} wants memory such as 4Gi, 2GB, 512Mi or a number of bytes, not '{text}'.");
}
