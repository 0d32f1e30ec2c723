using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Adit.Hub.Config;

namespace Adit.Hub.Templates.Documents;

/// <summary>
/// The published JSON Schema of templates (draft 2020-12), and a check of documents by it that says where and what instead. Knows exactly
/// the keywords that the schema uses and refuses to start with any other; tests compare its judgement with an independent implementation.
/// </summary>
/// <remarks>
/// Two keywords of its own, which other implementations pass over: <c>x-expects</c> says in words what a pattern means; <c>x-later</c> lists
/// values that are no mistake but not there yet.
/// </remarks>
internal sealed class TemplateSchema
{
    private const string Resource = "template.schema.json";

    private static readonly Lazy<TemplateSchema> Loaded = new(static () => new TemplateSchema(Embedded()));

    private readonly Dictionary<string, Rule> _definitions;
    private readonly Rule _root;

    /// <summary>Reads a schema.</summary>
    /// <exception cref="InvalidOperationException">It uses what is not understood here.</exception>
    public TemplateSchema(string json)
    {
        Text = json;
        using var document = JsonDocument.Parse(json);
        var definitions = document.RootElement.GetProperty("$defs").EnumerateObject().ToDictionary(static d => d.Name, static d => d.Value, StringComparer.Ordinal);
        _definitions = definitions.Keys.ToDictionary(static name => name, static _ => new Rule(), StringComparer.Ordinal);
        foreach (var (name, rule) in _definitions)
            Compile(definitions[name], rule);
        _root = Compile(document.RootElement, new Rule());
    }

    /// <summary>The schema of this program.</summary>
    public static TemplateSchema Current => Loaded.Value;

    /// <summary>It as JSON.</summary>
    public string Text { get; }

    /// <summary>Checks a whole document.</summary>
    public void Check(TemplateNode node, TemplateProblems problems) => Check(node, "", _root, problems);

    /// <summary>Checks a part by one of the definitions.</summary>
    /// <param name="node">The part.</param>
    /// <param name="path">What it is called in messages: <c>spec</c>.</param>
    /// <param name="definition">The name under <c>$defs</c>.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public void Check(TemplateNode node, string path, string definition, TemplateProblems problems) => Check(node, path, _definitions[definition], problems);

    private static void Check(TemplateNode node, string path, Rule rule, TemplateProblems problems)
    {
        if (rule.Reference is not null)
            Check(node, path, rule.Reference, problems);
        if (rule.Types is { } types && !types.Any(type => type == node.Type || (type == "number" && node.Type == "integer")))
        {
            problems.Add(node.At, Wrong(node, path, rule, types));
            return;
        }

        switch (node)
        {
            case MapNode map:
                CheckMap(map, path, rule, problems);
                break;
            case ListNode list:
                CheckCount(list.Items.Count, "items", list.At, path, rule.MinItems, rule.MaxItems, problems);
                if (rule.Items is not null)
                {
                    for (var i = 0; i < list.Items.Count; i++)
                        Check(list.Items[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), rule.Items, problems);
                }

                break;
            case TextNode text:
                CheckText(text, path, rule, problems);
                break;
        }
    }

    private static void CheckMap(MapNode map, string path, Rule rule, TemplateProblems problems)
    {
        foreach (var name in rule.Required.Where(name => map[name] is null))
            problems.Add(map.At, $"{Shown(path)} lacks '{name}'");
        CheckCount(map.Entries.Count, "keys", map.At, path, rule.MinProperties, rule.MaxProperties, problems);
        foreach (var (key, at, value) in map.Entries)
        {
            if (rule.PropertyNames is { } names)
                CheckText(new TextNode(at, key, "string"), Join(path, key), names.Reference ?? names, problems);
            if (rule.Properties.TryGetValue(key, out var known))
                Check(value, Join(path, key), known, problems);
            else if (rule.Others is not null)
                Check(value, Join(path, key), rule.Others, problems);
            else if (rule.IsClosed)
                problems.Add(at, Unknown(key, path, rule));
        }
    }

    private static void CheckText(TextNode node, string path, Rule rule, TemplateProblems problems)
    {
        var (text, type) = (node.Text, node.Type);
        if (rule.Words is { } words && !(type == "string" && words.Contains(text)))
        {
            problems.Add(node.At, rule.Later.Contains(text)
                ? $"{path}: '{text}' is not there yet; {List(words)} is"
                : $"{path}: '{TemplateProblems.Shown(text)}' is not {List(words)}");
        }

        if (type is "number" or "integer")
        {
            if (node.Number < rule.Minimum || node.Number > rule.Maximum)
                problems.Add(node.At, $"{path}: {TemplateProblems.Shown(text)} is not {Range(rule.Minimum, rule.Maximum)}");
        }
        else if (type == "string")
        {
            if (text.Length < rule.MinLength || text.Length > rule.MaxLength)
                problems.Add(node.At, $"{path}: it has {Number(text.Length)} characters; {Range(rule.MinLength, rule.MaxLength)} are taken");
            else if (rule.Pattern?.IsMatch(text) == false)
                problems.Add(node.At, $"{path}: '{TemplateProblems.Shown(text)}' is not {rule.Expects}");
        }
    }

    private static void CheckCount(int count, string what, Place at, string path, int? least, int? most, TemplateProblems problems)
    {
        if (count < least || count > most)
            problems.Add(at, $"{path}: it has {Number(count)} {what}; {Range(least, most)} are taken");
    }

    private static string Wrong(TemplateNode node, string path, Rule rule, IReadOnlyList<string> types)
    {
        var wanted = rule.Expects ?? string.Join(" or ", types.Select(Name));
        if (node is not TextNode text)
            return $"{Shown(path)}: {Name(node.Type)} is here instead of {wanted}";
        if (text.Type == "null")
            return $"{Shown(path)}: nothing is here instead of {wanted}; leave the key out to say nothing";
        return types.Contains("string")
            ? $"{Shown(path)}: {TemplateProblems.Shown(text.Text)} is {Name(text.Type)}; write it in quotes"
            : $"{Shown(path)}: '{TemplateProblems.Shown(text.Text)}' is not {wanted}";
    }

    private static string Unknown(string key, string path, Rule rule)
    {
        var shown = TemplateProblems.Shown(key);
        var hint = Nearest.Of(key, rule.Properties.Keys) is { } near
            ? $"did you mean '{near}'?"
            : "known are " + string.Join(", ", rule.Properties.Keys);
        return $"unknown key '{shown}' in {(path.Length == 0 ? "the document" : path)}; {hint}";
    }

    private static string Name(string type) => type switch
    {
        "object" => "keys with values",
        "array" => "a list",
        "string" => "text",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "null" => "nothing",
        _ => "a number",
    };

    private static string Range(double? least, double? most) => (least, most) switch
    {
        ({ } a, { } b) => $"{Number(a)} to {Number(b)}",
        ({ } a, null) => $"{Number(a)} or more",
        _ => $"{Number(most ?? 0)} or less",
    };

    private static string Number(double number) => number.ToString("0.##########", CultureInfo.InvariantCulture);

    private static string List(IReadOnlyCollection<string> words) => words.Count == 1 ? words.First() : string.Join(", ", words.SkipLast(1)) + " or " + words.Last();

    private static string Join(string path, string key) => path.Length == 0 ? TemplateProblems.Shown(key) : path + "." + TemplateProblems.Shown(key);

    private static string Shown(string path) => path.Length == 0 ? "the document" : path;

    private static string Embedded()
    {
        using var stream = typeof(TemplateSchema).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The program lacks {Resource}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private Rule Compile(JsonElement schema, Rule rule)
    {
        foreach (var (key, value) in schema.EnumerateObject().Select(static p => (p.Name, p.Value)))
        {
            switch (key)
            {
                case "$schema" or "$id" or "$defs" or "title" or "description":
                    break;
                case "$ref":
                    rule.Reference = _definitions[value.GetString()!["#/$defs/".Length..]];
                    break;
                case "type":
                    rule.Types = value.ValueKind == JsonValueKind.Array ? Strings(value) : [value.GetString()!];
                    break;
                case "const":
                    rule.Words = [value.GetString()!];
                    break;
                case "enum":
                    rule.Words = Strings(value);
                    break;
                case "pattern":
                    rule.Pattern = new Regex(value.GetString()!, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
                    break;
                case "x-expects":
                    rule.Expects = value.GetString();
                    break;
                case "x-later":
                    rule.Later = Strings(value);
                    break;
                case "required":
                    rule.Required = Strings(value);
                    break;
                case "properties":
                    rule.Properties = value.EnumerateObject().ToDictionary(static p => p.Name, p => Compile(p.Value, new Rule()), StringComparer.Ordinal);
                    break;
                case "propertyNames":
                    rule.PropertyNames = Compile(value, new Rule());
                    break;
                case "additionalProperties" when value.ValueKind == JsonValueKind.False:
                    rule.IsClosed = true;
                    break;
                case "additionalProperties":
                    rule.Others = Compile(value, new Rule());
                    break;
                case "items":
                    rule.Items = Compile(value, new Rule());
                    break;
                default:
                    rule.Bound(key, value);
                    break;
            }
        }

        return rule;
    }

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(static item => item.GetString()!)];

    private sealed class Rule
    {
        public Rule? Reference { get; set; }

        public IReadOnlyList<string>? Types { get; set; }

        public IReadOnlyList<string>? Words { get; set; }

        public IReadOnlyList<string> Later { get; set; } = [];

        public Regex? Pattern { get; set; }

        public string? Expects { get; set; }

        public IReadOnlyList<string> Required { get; set; } = [];

        public IReadOnlyDictionary<string, Rule> Properties { get; set; } = new Dictionary<string, Rule>();

        public Rule? PropertyNames { get; set; }

        public bool IsClosed { get; set; }

        public Rule? Others { get; set; }

        public Rule? Items { get; set; }

        public double? Minimum { get; private set; }

        public double? Maximum { get; private set; }

        public int? MinLength { get; private set; }

        public int? MaxLength { get; private set; }

        public int? MinItems { get; private set; }

        public int? MaxItems { get; private set; }

        public int? MinProperties { get; private set; }

        public int? MaxProperties { get; private set; }

        public void Bound(string key, JsonElement value)
        {
            switch (key)
            {
                case "minimum":
                    Minimum = value.GetDouble();
                    break;
                case "maximum":
                    Maximum = value.GetDouble();
                    break;
                case "minLength":
                    MinLength = value.GetInt32();
                    break;
                case "maxLength":
                    MaxLength = value.GetInt32();
                    break;
                case "minItems":
                    MinItems = value.GetInt32();
                    break;
                case "maxItems":
                    MaxItems = value.GetInt32();
                    break;
                case "minProperties":
                    MinProperties = value.GetInt32();
                    break;
                case "maxProperties":
                    MaxProperties = value.GetInt32();
                    break;
                default:
                    throw new InvalidOperationException($"The schema uses the keyword '{key}', which is not understood here.");
            }
        }
    }
}
