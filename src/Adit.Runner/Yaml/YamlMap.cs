using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Adit.Runner.Yaml;

/// <summary>
/// A mapping of a YAML file, read key by key: what is missing, of the wrong shape or left over is reported with file and line. Each key is
/// asked for once, then <see cref="Finish"/> complains about the rest.
/// </summary>
public sealed class YamlMap
{
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly Dictionary<string, (YamlNode Node, long Line)> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private YamlMap(string file, YamlMappingNode node)
    {
        File = file;
        Line = node.Start.Line;
        foreach (var (key, value) in node.Children)
        {
            if (key is not YamlScalarNode { Value: { Length: > 0 } name })
                throw new YamlFileException(file, key.Start.Line, "a key has to be a plain word");
            _entries.Add(name, (value, key.Start.Line));
        }
    }

    /// <summary>The file, as it was named.</summary>
    public string File { get; }

    /// <summary>Where the mapping begins, from 1.</summary>
    public long Line { get; }

    /// <summary>Its keys, in order.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>Reads a file whose root is a mapping. An empty file is an empty mapping.</summary>
    /// <exception cref="YamlFileException">It is not YAML, or something else than one mapping.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static YamlMap Load(string file)
    {
        var length = new FileInfo(file).Length;
        if (length > MaxBytes)
            throw new YamlFileException(
                file, 1, string.Create(CultureInfo.InvariantCulture, $"the file has {length} bytes; at most {MaxBytes} are read"));
        return Parse(file, System.IO.File.ReadAllText(file));
    }

    /// <summary>Reads text.</summary>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static YamlMap Parse(string file, string text)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new YamlFileException(file, e.Start.Line, Sentence(e));
        }

        return yaml.Documents.Count switch
        {
            0 => new YamlMap(file, new YamlMappingNode()),
            1 when yaml.Documents[0].RootNode is YamlMappingNode root => new YamlMap(file, root),
            1 when yaml.Documents[0].RootNode is YamlScalarNode { Value: null or "" } => new YamlMap(file, new YamlMappingNode()),
            1 =>
                throw new YamlFileException(
                    file, yaml.Documents[0].RootNode.Start.Line, "the file has to begin with keys, such as 'name: value'"),
            _ => throw new YamlFileException(file, yaml.Documents[1].RootNode.Start.Line, "the file has to hold one document"),
        };
    }

    /// <summary>The line of a key; of the mapping when there is no such key.</summary>
    public long LineOf(string key) => _entries.TryGetValue(key, out var entry) ? entry.Line : Line;

    /// <summary>A problem with a key.</summary>
    public YamlFileException Problem(string key, string problem) => new(File, LineOf(key), $"{key}: {problem}");

    /// <summary>A scalar; null when the key is missing.</summary>
    public string? Text(string key) => Ask(key) switch
    {
        null => null,
        YamlScalarNode scalar => scalar.Value ?? "",
        _ => throw Problem(key, "one value is expected"),
    };

    /// <summary>A list of scalars, or one scalar; null when the key is missing.</summary>
    public IReadOnlyList<string>? Texts(string key) => Ask(key) switch
    {
        null => null,
        YamlScalarNode scalar => [scalar.Value ?? ""],
        YamlSequenceNode list => [.. list.Select(item => item is YamlScalarNode scalar
            ? scalar.Value ?? ""
            : throw new YamlFileException(File, item.Start.Line, $"{key}: a list of plain values is expected"))],
        _ => throw Problem(key, "a value or a list of values is expected"),
    };

    /// <summary>A mapping of scalars; null when the key is missing.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Pairs(string key) =>
        Map(key) is { } map ? [.. map.Keys.Select(k => KeyValuePair.Create(k, map.Text(k)!))] : null;

    /// <summary>A mapping; null when the key is missing.</summary>
    public YamlMap? Map(string key) => Ask(key) switch
    {
        null => null,
        YamlMappingNode map => new YamlMap(File, map),
        _ => throw Problem(key, "keys with values are expected"),
    };

    /// <summary>A list of mappings; null when the key is missing.</summary>
    public IReadOnlyList<YamlMap>? Maps(string key) => Ask(key) switch
    {
        null => null,
        YamlSequenceNode list => [.. list.Select(item => item is YamlMappingNode map
            ? new YamlMap(File, map)
            : throw new YamlFileException(File, item.Start.Line, $"{key}: a list of mappings is expected"))],
        _ => throw Problem(key, "a list is expected"),
    };

    /// <summary>A yes or no; null when the key is missing.</summary>
    public bool? Flag(string key) => Text(key) switch
    {
        null => null,
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        var other => throw Problem(key, $"'{other}' is neither true nor false"),
    };

    /// <summary>A whole number in a range; null when the key is missing.</summary>
    public long? Number(string key, long least, long most) => Text(key) switch
    {
        null => null,
        var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most => number,
        var other =>
            throw Problem(key, string.Create(CultureInfo.InvariantCulture, $"'{other}' is no whole number from {least} to {most}")),
    };

    /// <summary>Complains about keys that nobody asked for.</summary>
    /// <exception cref="YamlFileException">There is one.</exception>
    public void Finish()
    {
        foreach (var key in _entries.Keys)
        {
            if (_asked.Contains(key))
                continue;
            var near = _asked.MinBy(k => Distance(k, key));
            var hint = near is not null && Distance(near, key) <= 2
                ? $"; did you mean '{near}'?"
                : $"; known are {string.Join(", ", _asked.Order(StringComparer.Ordinal))}";
            throw new YamlFileException(File, LineOf(key), $"unknown key '{key}'{hint}");
        }
    }

    private YamlNode? Ask(string key)
    {
        _asked.Add(key);
        return _entries.TryGetValue(key, out var entry) ? entry.Node : null;
    }

    private static string Sentence(YamlException e)
    {
        var message = e.InnerException?.Message ?? e.Message;
        // The library begins some messages with the place, which ours has already.
        var end = message.StartsWith('(') ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        return "not valid YAML: " + (end > 0 ? message[(end + 3)..] : message).TrimEnd('.');
    }

    // Levenshtein's, for hints.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
