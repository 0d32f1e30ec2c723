using System.Text;

namespace Adit.Hub.Templates.Documents;

/// <summary>
/// What stands between two pairs of braces. The hub fills in what it knows when a task is made; <c>{{port}}</c>, <c>{{port.NAME}}</c> and
/// <c>{{home}}</c> are the runner's, in a command, environment, files and working directory. <c>{{{{</c> stands for <c>{{</c>.
/// </summary>
internal static class Placeholders
{
    private const string Opening = "{{";
    private const string Closing = "}}";
    private const string Escaped = "{{{{";

    /// <summary>Whether a name is the runner's to fill in.</summary>
    public static bool IsRunners(string name) => name is "home" or "port" || name.StartsWith("port.", StringComparison.Ordinal);

    /// <summary>Fills in a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">What stands for a name; null for a name that nobody knows.</param>
    /// <param name="isForRunner">
    /// Whether the runner reads it next: its placeholders are left, and what is filled in is made so that the runner finds none in it.
    /// </param>
    /// <exception cref="FormatException">One is unknown or not closed; the message says which.</exception>
    public static string Fill(string text, Func<string, string?> value, bool isForRunner)
    {
        var open = text.IndexOf(Opening, StringComparison.Ordinal);
        if (open < 0)
            return text;
        var filled = new StringBuilder(text.Length + 64);
        var done = 0;
        while (open >= 0)
        {
            filled.Append(text, done, open - done);
            if (IsEscape(text, open))
            {
                filled.Append(isForRunner ? Escaped : Opening);
                done = open + Escaped.Length;
            }
            else
            {
                var close = text.IndexOf(Closing, open, StringComparison.Ordinal);
                if (close < 0)
                    throw new FormatException($"'{TemplateProblems.Shown(text[open..])}' is not closed by }}}}; write {{{{{{{{ for two braces that are meant");
                var name = text[(open + 2)..close].Trim();
                if (IsRunners(name))
                    filled.Append(isForRunner ? text[open..(close + 2)] : throw new FormatException($"{{{{{name}}}}} is known in commands, environment, files and working directories only"));
                else
                    Append(filled, value(name) ?? throw new FormatException($"{{{{{TemplateProblems.Shown(name)}}}}} is unknown"), isForRunner);
                done = close + 2;
            }

            open = text.IndexOf(Opening, done, StringComparison.Ordinal);
        }

        return filled.Append(text, done, text.Length - done).ToString();
    }

    /// <summary>
    /// Text of a request as the runner shall read it: its own placeholders work there too, <c>{{{{</c> stands for two braces, and two braces
    /// before anything else are meant.
    /// </summary>
    /// <param name="text">As it was asked for.</param>
    /// <param name="ports">The names of the task's ports.</param>
    public static string ForRunner(string text, IReadOnlyCollection<string> ports)
    {
        var open = text.IndexOf(Opening, StringComparison.Ordinal);
        if (open < 0)
            return text;
        var made = new StringBuilder(text.Length + 8);
        var done = 0;
        while (open >= 0)
        {
            made.Append(text, done, open - done);
            var close = text.IndexOf(Closing, open, StringComparison.Ordinal);
            if (close >= 0 && !IsEscape(text, open) && IsKnown(text[(open + 2)..close].Trim(), ports))
            {
                made.Append(text, open, close + 2 - open);
                done = close + 2;
            }
            else
            {
                made.Append(Escaped);
                done = open + (IsEscape(text, open) ? Escaped.Length : Opening.Length);
            }

            open = text.IndexOf(Opening, done, StringComparison.Ordinal);
        }

        return made.Append(text, done, text.Length - done).ToString();
    }

    /// <summary>Whether one name stands for all of a text: then its value keeps its kind.</summary>
    public static bool IsAll(string text, string name) =>
        text.StartsWith(Opening, StringComparison.Ordinal) && text.EndsWith(Closing, StringComparison.Ordinal) && text.Length > 4 && text[2..^2].Trim() == name;

    private static bool IsKnown(string name, IReadOnlyCollection<string> ports) => name switch
    {
        "home" => true,
        "port" => ports.Count > 0,
        _ => name.StartsWith("port.", StringComparison.Ordinal) && ports.Contains(name["port.".Length..]),
    };

    private static bool IsEscape(string text, int at) => string.CompareOrdinal(text, at, Escaped, 0, Escaped.Length) == 0;

    private static void Append(StringBuilder filled, string value, bool isForRunner) =>
        filled.Append(isForRunner ? value.Replace(Opening, Escaped, StringComparison.Ordinal) : value);
}
