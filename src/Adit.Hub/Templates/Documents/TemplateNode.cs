using System.Globalization;
using System.Text.RegularExpressions;

namespace Adit.Hub.Templates.Documents;

/// <summary>Where something is in a document, both from 1. Nowhere (0) for what no document says.</summary>
internal readonly record struct Place(int Line, int Column);

/// <summary>A part of a document that knows where it is: what YAML's mappings, lists and scalars have in common with JSON. Immutable.</summary>
internal abstract class TemplateNode(Place at)
{
    public Place At { get; } = at;

    /// <summary>What it is, in the words of JSON Schema: object, array, string, number, integer, boolean, null.</summary>
    public abstract string Type { get; }
}

/// <summary>Keys with values, in the document's order.</summary>
internal sealed class MapNode(Place at, IReadOnlyList<MapEntry> entries) : TemplateNode(at)
{
    private readonly Dictionary<string, TemplateNode> _values = entries.ToDictionary(static e => e.Key, static e => e.Value, StringComparer.Ordinal);

    public IReadOnlyList<MapEntry> Entries => entries;

    public override string Type => "object";

    /// <summary>The value of a key; null when there is no such key.</summary>
    public TemplateNode? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>
    /// This mapping with another over it: mappings are merged key by key, all else is replaced as a whole. What comes from the other keeps
    /// its place, so that a problem is reported where it was written.
    /// </summary>
    public MapNode With(MapNode over)
    {
        var merged = new List<MapEntry>(entries.Count + over.Entries.Count);
        foreach (var entry in entries)
        {
            merged.Add((entry.Value, over[entry.Key]) switch
            {
                (_, null) => entry,
                (MapNode mine, MapNode theirs) => entry with { Value = mine.With(theirs) },
                var (_, theirs) => entry with { Value = theirs },
            });
        }

        merged.AddRange(over.Entries.Where(e => this[e.Key] is null));
        return new MapNode(At, merged);
    }
}

/// <summary>One key with its value.</summary>
internal sealed record MapEntry(string Key, Place At, TemplateNode Value);

/// <summary>A list.</summary>
internal sealed class ListNode(Place at, IReadOnlyList<TemplateNode> items) : TemplateNode(at)
{
    public IReadOnlyList<TemplateNode> Items => items;

    public override string Type => "array";
}

/// <summary>One value. What it is follows from how it is written, by the core schema of YAML 1.2.2 (10.3); its text is kept as written.</summary>
internal sealed partial class TextNode(Place at, string text, string type) : TemplateNode(at)
{
    /// <summary>As written: <c>3.10</c> stays <c>3.10</c>.</summary>
    public string Text => text;

    public override string Type => type;

    /// <summary>Of a number: its value.</summary>
    public double Number => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>Of a boolean: its value.</summary>
    public bool IsTrue => text is "true" or "True" or "TRUE";

    /// <summary>A scalar as a document has it.</summary>
    /// <param name="at">Where it is.</param>
    /// <param name="text">What it says.</param>
    /// <param name="isPlain">Whether it is written without quotes.</param>
    public static TextNode Of(Place at, string text, bool isPlain) => new(at, text, isPlain ? Plain(text) : "string");

    private static string Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => "null",
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => "boolean",
        _ when text.Length > 40 => "string",
        _ when Integer.IsMatch(text) => "integer",
        _ when Float.IsMatch(text) => "number",
        _ => "string",
    };

    // Octal and hexadecimal numbers, infinity and not-a-number stay text: nothing here wants them.
    [GeneratedRegex("^[-+]?[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Integer { get; }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?$", RegexOptions.CultureInvariant)]
    private static partial Regex Float { get; }
}
