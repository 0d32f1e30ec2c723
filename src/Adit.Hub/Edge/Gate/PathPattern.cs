namespace Adit.Hub.Edge.Gate;

/// <summary>
/// A path as rules name it: <c>*</c> stands for any characters, slashes too; <c>/x/*</c> means <c>/x</c> itself as well.
/// </summary>
internal sealed class PathPattern
{
    private readonly string _text;
    private readonly string _pattern;
    private readonly string? _itself;

    public PathPattern(string text)
    {
        _text = text;
        _pattern = text;
        _itself = text.EndsWith("/*", StringComparison.Ordinal) ? text[..^2] : null;
        if (_itself is "")
            _itself = "/";
    }

    /// <summary>What is wrong with a pattern; null when nothing is.</summary>
    public static string? Refusal(string text) =>
        text.Length is 0 or > 200 || text[0] != '/' || text.Any(static c => c is < ' ' or '\u007f' or '?' or '#' or '%' or '\\') || text.Contains("//", StringComparison.Ordinal)
            || text.Split('/').Any(static s => s is "." or "..")
            ? $"'{text}' is no path for a rule: it begins with '/', is written decoded (no %), and has neither '?', '#', '\\', '//' nor dot segments."
            : null;

    /// <summary>Whether a path fits.</summary>
    /// <param name="path">Decoded, without query.</param>
    /// <param name="ignoreCase">Whether capitals make no difference.</param>
    public bool Fits(ReadOnlySpan<char> path, bool ignoreCase)
    {
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return (_itself is not null && path.Equals(_itself, comparison)) || FitsGlob(path, ignoreCase);
    }

    /// <inheritdoc />
    public override string ToString() => _text;

    // Goes back to the last star only: linear in both lengths for all practical patterns, and never worse than their product.
    private bool FitsGlob(ReadOnlySpan<char> path, bool ignoreCase)
    {
        ReadOnlySpan<char> pattern = _pattern;
        var (p, t, star, mark) = (0, 0, -1, 0);
        while (t < path.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = t;
            }
            else if (p < pattern.Length && Same(pattern[p], path[t], ignoreCase))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    private static bool Same(char one, char other, bool ignoreCase) =>
        one == other || (ignoreCase && char.ToUpperInvariant(one) == char.ToUpperInvariant(other));
}
