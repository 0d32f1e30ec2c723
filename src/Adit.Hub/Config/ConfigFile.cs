using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Adit.Hub.Config;

/// <summary>Reads <c>adit.yaml</c>: nested mappings become dotted keys, scalars and sequences of scalars become values.</summary>
internal static class ConfigFile
{
    private const int MaxBytes = 1024 * 1024;
    private const int MaxDepth = 8;

    /// <summary>What the file says, and what is wrong with it.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="lists">The keys that are lists of mappings.</param>
    public static (List<ConfigFileValue> Values, List<ConfigFileItem> Items, List<ConfigProblem> Problems) Read(string file, params string[] lists)
    {
        var values = new List<ConfigFileValue>();
        var items = new List<ConfigFileItem>();
        var problems = new List<ConfigProblem>();
        try
        {
            if (new FileInfo(file).Length > MaxBytes)
                throw new IOException("it is larger than 1 MiB");
            var yaml = new YamlStream();
            yaml.Load(new StringReader(File.ReadAllText(file)));
            foreach (var document in yaml.Documents)
            {
                TakeLists(file, document.RootNode, lists, items, problems);
                Flatten(file, "", document.RootNode, 0, values, problems);
            }
        }
        catch (YamlException e)
        {
            problems.Add(new ConfigProblem(new ConfigOrigin(ConfigSource.File, file, e.Start.Line), "this is not YAML: " + Sentence(e)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new ConfigProblem(new ConfigOrigin(ConfigSource.File, file), "the file cannot be read: " + e.Message));
        }

        return (values, items, problems);
    }

    // Out of the document, so that what flattens the rest need not know of them.
    private static void TakeLists(string file, YamlNode root, string[] lists, List<ConfigFileItem> items, List<ConfigProblem> problems)
    {
        if (root is not YamlMappingNode mapping)
            return;
        foreach (var list in lists)
        {
            if (!mapping.Children.TryGetValue(new YamlScalarNode(list), out var node))
                continue;
            mapping.Children.Remove(new YamlScalarNode(list));
            if (node is YamlScalarNode { Value: null or "" })
                continue;
            if (node is not YamlSequenceNode sequence || !sequence.Children.All(static item => item is YamlMappingNode))
            {
                problems.Add(new ConfigProblem(At(file, node), $"'{list}' has to be a list, each item with keys and values of its own"));
                continue;
            }

            foreach (var item in sequence.Children)
            {
                var values = new List<ConfigFileValue>();
                Flatten(file, "", item, 1, values, problems);
                items.Add(new ConfigFileItem(list, values, At(file, item)));
            }
        }
    }

    private static void Flatten(
        string file, string prefix, YamlNode node, int depth, List<ConfigFileValue> values, List<ConfigProblem> problems)
    {
        if (node is YamlScalarNode { Value: null or "" })
            return;
        if (node is not YamlMappingNode mapping || depth > MaxDepth)
        {
            problems.Add(new ConfigProblem(At(file, node), prefix.Length == 0 ? "the file has to be keys and values, such as 'domain: hub.example.com'" : $"'{prefix}' has to hold keys of its own"));
            return;
        }

        foreach (var (key, value) in mapping.Children)
        {
            var name = prefix.Length == 0 ? $"{key}" : $"{prefix}.{key}";
            var origin = At(file, key);
            switch (value)
            {
                // An empty value ("tcp-address:") says nothing; it is how people comment a value out.
                case YamlScalarNode { Value: null or "" } or YamlScalarNode { Style: ScalarStyle.Plain, Value: "null" or "~" }:
                    break;
                case YamlScalarNode scalar:
                    values.Add(new ConfigFileValue(name, [scalar.Value!], origin));
                    break;
                case YamlSequenceNode sequence when sequence.Children.All(static item => item is YamlScalarNode { Value: { Length: > 0 } }):
                    values.Add(
                        new ConfigFileValue(name, [.. sequence.Children.Select(static item => ((YamlScalarNode)item).Value!)], origin));
                    break;
                case YamlMappingNode:
                    Flatten(file, name, value, depth + 1, values, problems);
                    break;
                default:
                    problems.Add(new ConfigProblem(origin, $"'{name}' has to be a value or a list of values"));
                    break;
            }
        }
    }

    private static ConfigOrigin At(string file, YamlNode node) => new(ConfigSource.File, file, node.Start.Line);

    // The parser's message starts with its own idea of the position, which is already in front of ours.
    private static string Sentence(YamlException e) =>
        e.InnerException?.Message ?? e.Message[(e.Message.IndexOf("): ", StringComparison.Ordinal) is var at and >= 0 ? at + 3 : 0)..];
}

/// <summary>One key of the file.</summary>
internal sealed record ConfigFileValue(string Key, IReadOnlyList<string> Values, ConfigOrigin Origin);

/// <summary>One item of a list of mappings.</summary>
/// <param name="List">The list's key.</param>
/// <param name="Values">What it says.</param>
/// <param name="Origin">Where it begins.</param>
internal sealed record ConfigFileItem(string List, IReadOnlyList<ConfigFileValue> Values, ConfigOrigin Origin);
