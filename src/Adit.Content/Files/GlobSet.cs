using System.Text;

namespace Adit.Content.Files;

/// <summary>The sets of characters in patterns of gitignore(5), <c>[a-z]</c>, <c>[!x]</c>, <c>[[:digit:]]</c>: as glob(7) has them. None has the slash.</summary>
internal static class GlobSet
{
    /// <summary>As a regular expression; null when it does not end, or cannot be. <paramref name="at"/> is its bracket, and afterwards what follows it.</summary>
    public static string? Translate(string glob, ref int at)
    {
        var i = at + 1;
        var isNot = i < glob.Length && glob[i] is '!' or '^';
        if (isNot)
            i++;
        var set = new StringBuilder();
        for (var isFirst = true; ; isFirst = false)
        {
            if (i >= glob.Length)
                return null;
            if (glob[i] == ']' && !isFirst)
                break;
            if (glob.AsSpan(i).StartsWith("[:") && glob.IndexOf(":]", i + 2, StringComparison.Ordinal) is > 0 and var end)
            {
                if (Class(glob[(i + 2)..end]) is not { } known)
                    return null;
                set.Append(known);
                i = end + 2;
                continue;
            }

            if (!TryTake(glob, ref i, out var from))
                return null;
            var to = from;
            if (i + 1 < glob.Length && glob[i] == '-' && glob[i + 1] != ']')
            {
                i++;
                if (!TryTake(glob, ref i, out to))
                    return null;
            }

            // A range that ends before it begins has its first character, as git has it.
            set.Append(Escape(from)).Append('-').Append(Escape(to < from ? from : to));
        }

        at = i + 1;
        if (set.Length == 0)
            return isNot ? "[^/]" : null;
        return isNot ? $"[^/{set}]" : $"[{set}-[/]]";
    }

    private static bool TryTake(string glob, ref int i, out char taken)
    {
        if (glob[i] == '\\')
            i++;
        taken = i < glob.Length ? glob[i++] : default;
        return taken != default;
    }

    private static string Escape(char c) => $"\\u{(int)c:x4}";

    private static string? Class(string name) => name switch
    {
        "alpha" => "a-zA-Z",
        "digit" => "0-9",
        "alnum" => "a-zA-Z0-9",
        "upper" => "A-Z",
        "lower" => "a-z",
        "space" => "\\u0009-\\u000d\\u0020",
        "blank" => "\\u0009\\u0020",
        "punct" => "\\u0021-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007e",
        "xdigit" => "0-9a-fA-F",
        "cntrl" => "\\u0000-\\u001f\\u007f",
        "graph" => "\\u0021-\\u007e",
        "print" => "\\u0020-\\u007e",
        _ => null,
    };
}
