using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Adit.Hub.Config;

/// <summary>Reads <c>adit.yaml</c>: nested mappings become dotted keys, scalars and sequences of scalars become values.</summary>
internal static class ConfigFile
{
    private const int MaxBytes = 1024 * 1024;
    private const int MaxDepth = 8;

    /// <summary>What the file says, and what is wrong with it.</summary>
    public static (List<ConfigFileValue> Values, List<ConfigProblem> Problems) Read(string file)
    {
        var values = new List<ConfigFileValue>();
        var problems = new List<ConfigProblem>();
        try
        {
            if (new FileInfo(file).Length > MaxBytes)
                throw new IOException("it is larger than 1 MiB");
            var yaml = new YamlStream();
            yaml.Load(new StringReader(File.ReadAllText(file)));
            foreach (var document in yaml.Documents)
                Flatten(file, "", document.RootNode, 0, values, problems);
        }
        catch (YamlException e)
        {
            problems.Add(new ConfigProblem(new ConfigOrigin(ConfigSource.File, file, e.Start.Line), "this is not YAML: " + Sentence(e)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new ConfigProblem(new ConfigOrigin(ConfigSource.File, file), "the file cannot be read: " + e.Message));
        }

        return (values, problems);
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
