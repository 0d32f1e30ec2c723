using System.Globalization;
using System.Text;

namespace Adit.Runner.Executors;

/// <summary>
/// Fills in what only the runner knows, in a task's command, environment and working directory: <c>{{port}}</c> (the main port),
/// <c>{{port.NAME}}</c>, <c>{{home}}</c>. Anything else between two pairs of braces is an error, because it would be a typo; <c>{{{{</c> stands for <c>{{</c>.
/// What is filled in is not looked at again.
/// </summary>
internal sealed class Placeholders
{
    private const string Opening = "{{";
    private const string Closing = "}}";
    private const string PortPrefix = "port.";

    private readonly IReadOnlyDictionary<string, int> _ports;
    private readonly string? _main;
    private readonly string _home;

    /// <summary>Knows the values.</summary>
    /// <param name="ports">The port that the program shall listen on, by name.</param>
    /// <param name="main">Which of them is the main one; null when there is none.</param>
    /// <param name="home">The home directory as the program sees it.</param>
    public Placeholders(IReadOnlyDictionary<string, int> ports, string? main, string home)
    {
        _ports = ports;
        _main = main;
        _home = home;
    }

    /// <summary>The text with all values in place.</summary>
    /// <param name="text">The text.</param>
    /// <param name="where">What it is, for the message: <c>the command</c>.</param>
    /// <exception cref="ExecutorException">A placeholder is unknown or not closed; the message names it.</exception>
    public string Fill(string text, string where)
    {
        var open = text.IndexOf(Opening, StringComparison.Ordinal);
        if (open < 0)
            return text;
        var filled = new StringBuilder(text.Length + 32);
        var done = 0;
        while (open >= 0)
        {
            filled.Append(text, done, open - done);
            if (string.CompareOrdinal(text, open, "{{{{", 0, 4) == 0)
            {
                filled.Append(Opening);
                done = open + 4;
            }
            else
            {
                var close = text.IndexOf(Closing, open, StringComparison.Ordinal);
                if (close < 0)
                    throw new ExecutorException($"In {where} a placeholder that begins with '{Excerpt(text[open..])}' is not closed by '}}}}'.");
                filled.Append(Value(text[(open + 2)..close].Trim(), where));
                done = close + 2;
            }

            open = text.IndexOf(Opening, done, StringComparison.Ordinal);
        }

        return filled.Append(text, done, text.Length - done).ToString();
    }

    /// <summary>The same for each of a list.</summary>
    /// <exception cref="ExecutorException">As of the other.</exception>
    public IReadOnlyList<string> Fill(IReadOnlyList<string> texts, string where) => [.. texts.Select(t => Fill(t, where))];

    private string Value(string name, string where)
    {
        switch (name)
        {
            case "home":
                return _home;
            case "port" when _main is not null:
                return Text(_ports[_main]);
            case "port":
                throw new ExecutorException($"{{{{port}}}} in {where} has no value: the task has no ports.");
        }

        if (name.StartsWith(PortPrefix, StringComparison.Ordinal) && _ports.TryGetValue(name[PortPrefix.Length..], out var port))
            return Text(port);
        var known = string.Join(", ", _ports.Keys.Select(k => $"{{{{port.{k}}}}}").Prepend("{{home}}"));
        throw new ExecutorException($"{{{{{Excerpt(name)}}}}} in {where} is unknown; there are {known}.");
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static string Excerpt(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
