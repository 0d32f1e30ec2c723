using System.Globalization;
using Adit.Hub.Access;

namespace Adit.Hub.Templates.Documents;

/// <summary>A template as it was read. Immutable and complete: nothing in it can be wrong.</summary>
internal sealed record Template
{
    public required string Slug { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>Who sees and uses it; null for everybody.</summary>
    public AllowedPeople? VisibleTo { get; init; }

    public bool IsHidden { get; init; }

    /// <summary>That it is going away, as one sentence; null when it is not.</summary>
    public string? Deprecated { get; init; }

    public required IReadOnlyList<TemplateParameter> Parameters { get; init; }

    /// <summary>Its <c>spec</c> without parameters, placeholders and all.</summary>
    public required MapNode Spec { get; init; }

    /// <summary>The same with the defaults of its parameters, for lists and forms.</summary>
    public required TemplateBody Body { get; init; }

    /// <summary>Whether it uses secrets, by itself or with some choice of parameters.</summary>
    public required bool UsesSecrets { get; init; }

    /// <summary>Whether somebody may use it.</summary>
    public bool IsFor(Caller caller) => VisibleTo?.Include(caller) != false;
}

/// <summary>Reads templates. The only way to make one.</summary>
internal static class TemplateReader
{
    private const int MostVariants = 300;

    private static readonly TaskAddress Example = new("example", "https://example--you.hub.example.com");

    /// <summary>Reads a document.</summary>
    /// <returns>The template; null when something is wrong with it, as <paramref name="problems"/> say.</returns>
    public static Template? Read(string yaml, TemplateProblems problems)
    {
        if (TemplateYaml.Read(yaml, problems) is not { } root)
            return null;
        TemplateSchema.Current.Check(root, problems);
        if (problems.HasErrors || root is not MapNode document)
            return null;
        var metadata = (MapNode)document["metadata"]!;
        var visibility = metadata["visibility"] as MapNode;
        var spec = (MapNode)document["spec"]!;
        var parameters = new ParameterReader(problems).Read(spec["parameters"]);
        CheckPlaceholders(spec, parameters, problems);
        if (problems.HasErrors)
            return null;
        var slug = BodyReader.Text(metadata["slug"])!;
        var body = ReadBodies(slug, spec, parameters, problems);
        WarnOfShells(spec, problems);
        return problems.HasErrors ? null : new Template
        {
            Slug = slug,
            Name = BodyReader.Text(metadata["name"])!,
            Description = BodyReader.Text(metadata["description"]),
            VisibleTo = ParameterReader.People(visibility),
            IsHidden = BodyReader.Flag(visibility?["hidden"]) ?? false,
            Deprecated = Deprecation(slug, visibility?["deprecated"] as MapNode),
            Parameters = parameters,
            Spec = new MapNode(spec.At, [.. spec.Entries.Where(static e => e.Key != "parameters")]),
            Body = body!,
            UsesSecrets = UsesSecrets(spec),
        };
    }

    /// <summary>A <c>spec</c> with values for everything, as a body.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="values">Their values, allowed and read; one of each that has any.</param>
    /// <param name="known">What the other placeholders stand for; null for a name that nobody knows.</param>
    /// <param name="problems">Takes what is wrong then.</param>
    /// <returns>Null when something is wrong.</returns>
    public static TemplateBody? Fill(
        MapNode spec, IReadOnlyList<TemplateParameter> parameters, IReadOnlyDictionary<string, string> values, Func<string, string?> known, TemplateProblems problems)
    {
        string? Known(string name) => name.StartsWith("param.", StringComparison.Ordinal) ? values.GetValueOrDefault(name["param.".Length..]) : known(name);
        var filled = new FilledNodes(Known, problems).Spec(spec);
        foreach (var parameter in parameters)
        {
            if (!values.TryGetValue(parameter.Name, out var value) || OverrideOf(parameter, value) is not { } over)
                continue;
            var nodes = new FilledNodes(name => name == "value" ? value : Known(name), problems) { IsValuePlain = parameter.Kind is ParameterKind.Number or ParameterKind.Boolean };
            filled = filled.With(nodes.Spec(over));
        }

        TemplateSchema.Current.Check(filled, "spec", "spec", problems);
        if (problems.HasErrors)
            return null;
        var body = new BodyReader(filled, problems).Read();
        return problems.HasErrors ? null : body;
    }

    /// <summary>What the placeholders that are no parameters stand for.</summary>
    public static Func<string, string?> Known(TaskAddress address, string owner, string? project) => name => name switch
    {
        "name" => address.Name,
        "owner" or "user" => owner,
        "project" => project ?? "",
        "origin" => address.Origin,
        "host" => address.Host,
        "hostname" => address.Host.Split(':')[0],
        "basePath" => address.BasePath,
        _ => null,
    };

    private static MapNode? OverrideOf(TemplateParameter parameter, string value) => parameter.Kind switch
    {
        ParameterKind.Choice => parameter.Choices.FirstOrDefault(c => c.Value == value)?.Override,
        ParameterKind.Boolean => value == "true" ? parameter.Override : null,
        _ => parameter.Override,
    };

    // Every placeholder is one that will be known, wherever it stands; so a task never fails for a typo in its template.
    private static void CheckPlaceholders(MapNode spec, IReadOnlyList<TemplateParameter> parameters, TemplateProblems problems)
    {
        var ports = BodyReader.Items(spec["ports"]).Cast<MapNode>().Select(static p => BodyReader.Text(p["name"])!).ToList();
        var known = Known(Example, "you", null);
        string? Value(string name) => known(name) ?? (parameters.Any(p => "param." + p.Name == name) ? "" : null);
        var check = new PlaceholderCheck(ports, [.. parameters.Select(static p => p.Name)], problems);
        check.Run(spec, Value, isOverride: false);
        foreach (var over in parameters.SelectMany(static p => p.Choices.Select(static c => c.Override).Append(p.Override)).OfType<MapNode>())
            check.Run(over, name => name == "value" ? "" : Value(name), isOverride: true);
    }

    // With every default, and with each choice and each switch in turn. Not in all combinations: those are looked at when they are asked for.
    private static TemplateBody? ReadBodies(string slug, MapNode spec, IReadOnlyList<TemplateParameter> parameters, TemplateProblems problems)
    {
        var values = parameters.ToDictionary(static p => p.Name, Sample, StringComparer.Ordinal);
        var known = Known(Example with { Name = slug }, "you", "project");
        var guesses = new TemplateProblems();
        var body = Fill(spec, parameters, values, known, guesses);
        if (body is null && parameters.FirstOrDefault(static p => p is { Kind: ParameterKind.String, Default: null, Override: not null }) is { } guessed)
            problems.Add(guessed.At, $"spec.parameters: {guessed.Name}: it needs a default, because what it overrides cannot be checked without a value");
        foreach (var problem in body is null ? guesses.ToList() : [])
            problems.Add(new Place(problem.Line, problem.Column), problem.Message);
        if (body is null)
            return null;
        var variants = 0;
        foreach (var parameter in parameters)
        {
            var others = parameter.Kind switch
            {
                ParameterKind.Choice => parameter.Choices.Where(static c => c.RedirectTo is null).Select(static c => c.Value),
                ParameterKind.Boolean => ["true", "false"],
                ParameterKind.Number => [.. new[] { parameter.Min, parameter.Max }.OfType<decimal>().Select(static n => n.ToString(CultureInfo.InvariantCulture))],
                _ => Enumerable.Empty<string>(),
            };
            foreach (var other in others.Where(v => v != values[parameter.Name] && ++variants <= MostVariants))
                Fill(spec, parameters, new Dictionary<string, string>(values, StringComparer.Ordinal) { [parameter.Name] = other }, known, problems);
        }

        return body;
    }

    // Overrides too, which are deeper down.
    private static bool UsesSecrets(TemplateNode node) => node switch
    {
        MapNode map => map.Entries.Any(static e =>
            e is { Key: "credentialsSecret" } || (e is { Key: "env", Value: MapNode variables } && variables.Entries.Any(static v => v.Value is MapNode)) || UsesSecrets(e.Value)),
        ListNode list => list.Items.Any(UsesSecrets),
        _ => false,
    };

    private static string Sample(TemplateParameter parameter) => parameter.Default ?? parameter.Kind switch
    {
        ParameterKind.Choice => parameter.Choices.First(static c => c.RedirectTo is null).Value,
        ParameterKind.Boolean => "false",
        ParameterKind.Number => (parameter.Min ?? parameter.Max ?? 1).ToString(CultureInfo.InvariantCulture),
        _ => new string('x', Math.Clamp(1, parameter.MinLength, parameter.MaxLength)),
    };

    private static void WarnOfShells(MapNode spec, TemplateProblems problems)
    {
        var command = BodyReader.Items((spec["source"] as MapNode)?["command"]).OfType<TextNode>().ToList();
        for (var i = 1; i < command.Count; i++)
        {
            if (command[i - 1].Text is "-c" or "-lc" or "-ec" or "-e" && command[i].Text.Contains("{{param.", StringComparison.Ordinal))
                problems.Warn(command[i].At, "spec.source.command: a parameter becomes part of a program here, and whoever starts it can write more than a value; pass it by 'env' and use it as a variable");
        }
    }

    private static string? Deprecation(string slug, MapNode? node) => node is null ? null : string.Join(' ', new[]
    {
        $"The template '{slug}' is deprecated.",
        BodyReader.Text(node["message"]),
        BodyReader.Text(node["by"]) is { } by ? $"Use '{by}'." : null,
    }.Where(static part => part is not null));
}
