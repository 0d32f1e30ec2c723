using System.Globalization;

namespace Adit.Hub.Templates.Documents;

/// <summary>Makes parameters of a list that fits the schema, and checks what a schema cannot say.</summary>
internal sealed class ParameterReader(TemplateProblems problems)
{
    public IReadOnlyList<TemplateParameter> Read(TemplateNode? list)
    {
        var all = new List<TemplateParameter>();
        foreach (var map in BodyReader.Items(list).Cast<MapNode>())
        {
            var parameter = One(map);
            if (all.Any(p => p.Name == parameter.Name))
                problems.Add(map["name"]!.At, $"spec.parameters: there are two parameters '{parameter.Name}'");
            else
                all.Add(parameter);
        }

        return all;
    }

    /// <summary>The people of an <c>allowedFor</c> or <c>visibility</c>; null when nobody is named.</summary>
    public static AllowedPeople? People(TemplateNode? node) =>
        node is MapNode map && (map["groups"] ?? map["users"]) is not null ? new AllowedPeople(BodyReader.Texts(map["groups"]), BodyReader.Texts(map["users"])) : null;

    private TemplateParameter One(MapNode map)
    {
        var name = BodyReader.Text(map["name"])!;
        var kind = Enum.Parse<ParameterKind>(BodyReader.Text(map["type"])!, ignoreCase: true);
        CheckKeys(map, name, kind);
        var parameter = new TemplateParameter
        {
            At = map["name"]!.At,
            Name = name,
            Label = BodyReader.Text(map["label"]),
            Description = BodyReader.Text(map["description"]),
            Kind = kind,
            Pattern = BodyReader.Text(map["pattern"]),
            MinLength = BodyReader.Whole(map["minLength"]) ?? 0,
            MaxLength = BodyReader.Whole(map["maxLength"]) ?? 1000,
            Min = Decimal(map["min"]),
            Max = Decimal(map["max"]),
            IsInteger = BodyReader.Flag(map["integer"]) ?? false,
            Choices = [.. BodyReader.Items(map["choices"]).Cast<MapNode>().Select(Choice)],
            AllowedFor = People(map["allowedFor"]),
            Override = map["override"] as MapNode,
        };
        if (map["pattern"] is TextNode pattern)
        {
            // All of a value has to match, so that nobody forgets an anchor.
            var expression = IdleReader.Expression($@"\A(?:{pattern.Text})\z", out var why);
            if (expression is null)
                problems.Add(pattern.At, $"spec.parameters: {name}: '{TemplateProblems.Shown(pattern.Text)}' is no regular expression that is taken: {why}");
            parameter = parameter with { Expression = expression };
        }

        if (parameter.Min > parameter.Max || parameter.MinLength > parameter.MaxLength)
            problems.Add(parameter.At, $"spec.parameters: {name}: the least is more than the most");
        CheckChoices(parameter);
        return map["default"] is TextNode value ? parameter with { Default = Default(parameter, value) } : parameter;
    }

    private string Default(TemplateParameter parameter, TextNode value)
    {
        var text = parameter.Read(parameter.Kind == ParameterKind.Boolean ? value.Text.ToLowerInvariant() : value.Text, out var wrong);
        if (wrong is not null)
            problems.Add(value.At, $"spec.parameters: {parameter.Name}: '{TemplateProblems.Shown(value.Text)}' cannot be the default; {wrong}");
        else if (parameter.Choices.FirstOrDefault(c => c.Value == text) is { RedirectTo: not null })
            problems.Add(value.At, $"spec.parameters: {parameter.Name}: '{TemplateProblems.Shown(value.Text)}' cannot be the default; it is not offered any more");
        return text;
    }

    private void CheckKeys(MapNode map, string name, ParameterKind kind)
    {
        foreach (var (key, at, _) in map.Entries)
        {
            var of = key switch
            {
                "pattern" or "minLength" or "maxLength" => ParameterKind.String,
                "min" or "max" or "integer" => ParameterKind.Number,
                "choices" => ParameterKind.Choice,
                _ => kind,
            };
            if (of != kind)
                problems.Add(at, $"spec.parameters: {name}: '{key}' is for the type {of.ToString().ToLowerInvariant()}, and this is a {kind.ToString().ToLowerInvariant()}");
        }

        if (kind == ParameterKind.Choice && map["choices"] is null)
            problems.Add(map.At, $"spec.parameters: {name}: a choice lacks 'choices'");
        if (kind == ParameterKind.Choice && map["override"] is { } both)
            problems.Add(both.At, $"spec.parameters: {name}: of a choice, each of its choices has its own 'override'");
    }

    private void CheckChoices(TemplateParameter parameter)
    {
        foreach (var choice in parameter.Choices)
        {
            if (parameter.Choices.First(c => c.Value == choice.Value) != choice)
                problems.Add(choice.At, $"spec.parameters: {parameter.Name}: there are two choices '{TemplateProblems.Shown(choice.Value)}'");
            if (choice.RedirectTo is { } to && parameter.Choices.FirstOrDefault(c => c.Value == to) is not { RedirectTo: null })
                problems.Add(choice.At, $"spec.parameters: {parameter.Name}: redirectTo: there is no choice '{TemplateProblems.Shown(to)}' that is offered");
            if (choice is { RedirectTo: not null, Override: { } dead })
                problems.Add(dead.At, $"spec.parameters: {parameter.Name}: '{TemplateProblems.Shown(choice.Value)}' is replaced by another choice, so its override changes nothing");
        }

        if (parameter.Choices.Count > 0 && parameter.Choices.All(static c => c.RedirectTo is not null))
            problems.Add(parameter.At, $"spec.parameters: {parameter.Name}: none of its choices is offered");
    }

    private static TemplateChoice Choice(MapNode map) => new()
    {
        At = map["value"]!.At,
        Value = BodyReader.Text(map["value"])!,
        Label = BodyReader.Text(map["label"]),
        Description = BodyReader.Text(map["description"]),
        AllowedFor = People(map["allowedFor"]),
        RedirectTo = BodyReader.Text(map["redirectTo"]),
        Message = BodyReader.Text(map["message"]),
        Override = map["override"] as MapNode,
    };

    private decimal? Decimal(TemplateNode? node)
    {
        if (node is not TextNode text)
            return null;
        if (decimal.TryParse(text.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return number;
        problems.Add(text.At, $"'{TemplateProblems.Shown(text.Text)}' is too large a number");
        return null;
    }
}
