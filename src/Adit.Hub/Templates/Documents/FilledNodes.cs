namespace Adit.Hub.Templates.Documents;

/// <summary>Fills in the placeholders of a part of a document; what has none stays as it is.</summary>
/// <param name="value">What stands for a name; null for one that nobody knows.</param>
/// <param name="problems">Takes what cannot be filled in, with its place.</param>
internal sealed class FilledNodes(Func<string, string?> value, TemplateProblems problems)
{
    private const string Value = "value";

    /// <summary>Whether a text that is nothing but <c>{{value}}</c> becomes a number or a boolean, as if it were written without quotes.</summary>
    public bool IsValuePlain { get; init; }

    /// <summary>A <c>spec</c> or an override, without its parameters.</summary>
    public MapNode Spec(MapNode spec) => new(spec.At, [.. spec.Entries.Where(static e => e.Key != "parameters").Select(e => e with
    {
        Value = e.Key == "source" ? Source(e.Value) : Of(e.Value, isForRunner: e.Key is "env" or "files"),
    })]);

    private TemplateNode Source(TemplateNode source) => source is not MapNode map
        ? source
        : new MapNode(map.At, [.. map.Entries.Select(e => e with { Value = Of(e.Value, isForRunner: e.Key is "command" or "workingDir") })]);

    private TemplateNode Of(TemplateNode node, bool isForRunner) => node switch
    {
        MapNode map => new MapNode(map.At, [.. map.Entries.Select(e => e with { Value = Of(e.Value, isForRunner) })]),
        ListNode list => new ListNode(list.At, [.. list.Items.Select(item => Of(item, isForRunner))]),
        TextNode { Type: "string" } text when text.Text.Contains("{{", StringComparison.Ordinal) => Filled(text, isForRunner),
        _ => node,
    };

    private TextNode Filled(TextNode text, bool isForRunner)
    {
        try
        {
            return TextNode.Of(text.At, Placeholders.Fill(text.Text, value, isForRunner), IsValuePlain && Placeholders.IsAll(text.Text, Value));
        }
        catch (FormatException e)
        {
            problems.Add(text.At, e.Message);
            return text;
        }
    }
}
