using System.Buffers;
using System.Text;
using Adit.Hub.Edge.Forwarding;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// All the ways in which an application may read the path of a request target. Applications differ: one decodes once, another twice, one
/// takes a backslash for a slash, cuts off <c>;parameters</c>, or folds wide letters. A rule that refuses fits when any reading does; one
/// that allows, only when every reading does: so a spelling can neither slip past the first nor borrow the second.
/// </summary>
internal sealed class PathReadings
{
    private const int MostRounds = 4;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("/-_~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    private readonly List<string> _readings = [];

    private PathReadings()
    {
    }

    /// <summary>Whether nobody can say how an application will read it: broken escapes, control characters, bytes that are no text.</summary>
    public bool IsStrange { get; private set; }

    /// <summary>The readings; the first is the usual one.</summary>
    public IReadOnlyList<string> All => _readings;

    /// <summary>Reads a request target as it was sent (RFC 9112 section 3.2).</summary>
    public static PathReadings Of(string target)
    {
        var readings = new PathReadings();
        ReadOnlySpan<char> path = RequestTarget.OriginForm(target);

        // Most paths have one reading, which is what they say.
        var cut = path.IndexOfAny('?', '#');
        var bare = cut < 0 ? path : path[..cut];
        if (bare.Length > 0 && bare[0] == '/' && !bare.ContainsAnyExcept(Plain) && !bare.Contains("//", StringComparison.Ordinal))
        {
            readings._readings.Add(bare.ToString());
            return readings;
        }

        // Some servers decode before they look for the query, so '%3F' may end the path, and '#' may be part of it.
        var question = path.IndexOf('?');
        var upToQuery = question < 0 ? path : path[..question];
        readings.Decode(bare.Length == 0 ? "/" : bare.ToString());
        if (upToQuery.Length != bare.Length)
            readings.Decode(upToQuery.ToString());
        return readings;
    }

    /// <summary>Whether a rule about these paths fits.</summary>
    /// <param name="patterns">Any of them.</param>
    /// <param name="allows">Whether the rule allows.</param>
    public bool Fit(IReadOnlyList<PathPattern> patterns, bool allows)
    {
        if (IsStrange)
            return !allows;
        return allows
            ? _readings.All(reading => patterns.Any(p => p.Fits(reading, ignoreCase: false)))
            : _readings.Any(reading => patterns.Any(p => p.Fits(reading, ignoreCase: true) || p.Fits(Bare(reading), ignoreCase: true)));
    }

    // A slash at the end makes no difference to most applications, nor do dots and spaces there on some file systems.
    private static ReadOnlySpan<char> Bare(string reading) => reading.AsSpan().TrimEnd("/. ") is { Length: > 0 } bare ? bare : "/";

    private void Decode(string text)
    {
        for (var round = 0; ; round++)
        {
            if (round > 0 || !text.Contains('%'))
                Take(text);
            if (!text.Contains('%'))
                return;
            if (round == MostRounds || TryDecode(text) is not { } decoded)
            {
                IsStrange = true;
                return;
            }

            text = decoded;
        }
    }

    private void Take(string text)
    {
        if (text.Any(static c => char.IsControl(c) || c == '\ufeff'))
            IsStrange = true;
        Add(Resolved(text));
        Add(Resolved(WithoutParameters(text)));
        if (text.IndexOfAny('?', '#') is >= 0 and var end)
            Add(Resolved(text[..end]));
        if (!Ascii.IsValid(text))
        {
            var folded = Folded(text);
            if (folded != text)
                Add(Resolved(WithoutParameters(folded)));
        }
    }

    // What Unicode's compatibility forms make ASCII of, as far as it matters in paths. (The hub runs without the library that knows them all.)
    private static string Folded(string text) => string.Create(text.Length, text, static (folded, text) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            folded[i] = text[i] switch
            {
                >= '\uff01' and <= '\uff5e' => (char)(text[i] - 0xfee0),
                '\u3002' or '\uff61' or '\u2024' or '\ufe52' => '.',
                '\u2044' or '\u2215' or '\u29f8' => '/',
                '\ufe68' or '\u2216' or '\u29f5' => '\\',
                '\u212a' => 'K',
                '\u017f' => 's',
                var plain => plain,
            };
        }
    });

    private void Add(string reading)
    {
        if (!_readings.Contains(reading, StringComparer.Ordinal))
            _readings.Add(reading);
    }

    // RFC 3986 section 5.2.4, with a backslash as a slash and several slashes as one.
    private static string Resolved(string path)
    {
        var segments = new List<string>();
        var all = path.Replace('\\', '/').Split('/');
        for (var i = 0; i < all.Length; i++)
        {
            var segment = all[i];
            if (segment == ".." && segments.Count > 0)
                segments.RemoveAt(segments.Count - 1);
            if (segment is not ("" or "." or ".."))
                segments.Add(segment);
        }

        var text = "/" + string.Join('/', segments);
        return text.Length > 1 && all[^1] is "" or "." or ".." ? text + "/" : text;
    }

    private static string WithoutParameters(string path) => !path.Contains(';')
        ? path
        : string.Join('/', path.Split('/').Select(static s => s.IndexOf(';') is >= 0 and var at ? s[..at] : s));

    private static string? TryDecode(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                count += Encoding.UTF8.GetBytes(text.AsSpan(i, char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1), bytes.AsSpan(count));
                i += char.IsHighSurrogate(text[i]) ? 1 : 0;
            }
            else if (i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes[count++] = Convert.ToByte(text.Substring(i + 1, 2), 16);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        try
        {
            return Strict.GetString(bytes, 0, count);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
