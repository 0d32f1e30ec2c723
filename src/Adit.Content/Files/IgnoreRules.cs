using System.Text;
using System.Text.RegularExpressions;
using Adit.Content.Chunks;

namespace Adit.Content.Files;

/// <summary>
/// What is left out of a directory and those below: patterns with the syntax and the meaning of gitignore(5), from the file <c>.aditignore</c> in each directory.
/// The last pattern that fits decides; those of a deeper directory come after those above. Immutable.
/// </summary>
internal sealed class IgnoreRules
{
    public const string FileName = ".aditignore";
    public const int MaxBytes = 256 << 10;
    private const int MaxPatterns = 2000;

    private readonly IgnoreRules? _above;
    private readonly string _at;
    private readonly Pattern[] _patterns;

    private IgnoreRules(IgnoreRules? above, string at, Pattern[] patterns, ulong hash)
    {
        _above = above;
        _at = at;
        _patterns = patterns;
        Hash = hash;
    }

    /// <summary>Nothing is left out.</summary>
    public static IgnoreRules None { get; } = new(null, "", [], 0);

    /// <summary>Equal for equal rules, as good as certainly different for others.</summary>
    public ulong Hash { get; }

    public bool IsEmpty => _patterns.Length == 0 && _above is not { IsEmpty: false };

    /// <summary>These and the ones of a directory below.</summary>
    /// <param name="at">The directory, beneath the topmost one: <c>a/b</c>, empty for that itself.</param>
    /// <param name="lines">Its patterns.</param>
    /// <exception cref="FormatException">There are too many.</exception>
    public IgnoreRules With(string at, IEnumerable<string> lines)
    {
        var patterns = lines.Select(Pattern.Parse).OfType<Pattern>().ToArray();
        if (patterns.Length > MaxPatterns)
            throw new FormatException($"'{FileName}' has more than {MaxPatterns} patterns.");
        if (patterns.Length == 0)
            return this;
        var said = Encoding.UTF8.GetBytes($"{Hash}\n{at}\n{string.Join('\n', patterns.Select(static p => p.Text))}");
        return new IgnoreRules(this, at, patterns, ChunkId.Of(said).Prefix);
    }

    /// <summary>The patterns of a file's bytes, line by line.</summary>
    public static string[] Lines(ReadOnlySpan<byte> file) => file.Length <= MaxBytes
        ? Encoding.UTF8.GetString(file).Split('\n')
        : throw new FormatException($"'{FileName}' has more than {MaxBytes} bytes.");

    /// <summary>Whether a path beneath the topmost directory is left out. What is in a directory that is left out is not asked for.</summary>
    public bool Ignores(string path, bool isDirectory)
    {
        for (var rules = this; rules is not null; rules = rules._above)
        {
            var beneath = rules._at.Length == 0 ? path : path[(rules._at.Length + 1)..];
            for (var i = rules._patterns.Length - 1; i >= 0; i--)
            {
                if (rules._patterns[i].Fits(beneath, isDirectory))
                    return !rules._patterns[i].IsNegated;
            }
        }

        return false;
    }

    private sealed record Pattern(string Text, Regex Regex, bool IsNegated, bool IsForDirectories)
    {
        public static Pattern? Parse(string line)
        {
            var text = TrimSpaces(line.EndsWith('\r') ? line[..^1] : line);
            if (text.Length == 0 || text[0] == '#')
                return null;
            var rest = text;
            var isNegated = rest[0] == '!';
            if (isNegated)
                rest = rest[1..];
            var isForDirectories = rest.EndsWith('/');
            if (isForDirectories)
                rest = rest[..^1];
            if (rest.Length == 0)
                return null;
            // A slash at the beginning or in the middle ties it to the directory of the file; otherwise it fits at any depth.
            var isTied = rest.Contains('/', StringComparison.Ordinal);
            if (rest[0] == '/')
                rest = rest[1..];
            if (Translate(rest, isTied) is not { } regex)
                return null;
            return new Pattern(
                text, new Regex($"^{(isTied ? "" : "(?:.*/)?")}{regex}\\z", RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant), isNegated, isForDirectories);
        }

        public bool Fits(string path, bool isDirectory) => (isDirectory || !IsForDirectories) && Regex.IsMatch(path);

        // Spaces at the end count only when they are escaped.
        private static string TrimSpaces(string line)
        {
            var end = 0;
            for (var i = 0; i < line.Length; i++)
            {
                if (line[i] == '\\')
                    end = Math.Min(++i + 1, line.Length);
                else if (line[i] != ' ')
                    end = i + 1;
            }

            return line[..end];
        }

        // Null for what fits nothing.
        private static string? Translate(string glob, bool isTied)
        {
            var regex = new StringBuilder();
            for (var i = 0; i < glob.Length;)
            {
                if (glob[i] == '*')
                {
                    var end = i;
                    while (end < glob.Length && glob[end] == '*')
                        end++;
                    var isAlone = isTied && end - i > 1 && (i == 0 || glob[i - 1] == '/') && (end == glob.Length || glob[end] == '/');
                    regex.Append(!isAlone ? "[^/]*" : end == glob.Length ? ".*" : "(?:.*/)?");
                    i = isAlone ? end + 1 : end;
                }
                else if (glob[i] == '?')
                {
                    regex.Append("[^/]");
                    i++;
                }
                else if (glob[i] == '[')
                {
                    if (GlobSet.Translate(glob, ref i) is not { } set)
                        return null;
                    regex.Append(set);
                }
                else
                {
                    if (glob[i] == '\\' && ++i == glob.Length)
                        return null;
                    regex.Append(Regex.Escape(glob[i++].ToString()));
                }
            }

            return regex.ToString();
        }
    }
}
