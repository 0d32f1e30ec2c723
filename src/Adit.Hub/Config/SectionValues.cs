namespace Adit.Hub.Config;

/// <summary>The values of one item of a list in <c>adit.yaml</c>. Whatever is wrong is noted with its line; reading goes on.</summary>
internal sealed class SectionValues(ConfigFileItem item, string directory, List<ConfigProblem> problems)
{
    private readonly HashSet<string> _known = [];

    /// <summary>A text; null when there is none.</summary>
    public string? Text(string key, bool isNeeded = false) => One(key, static text => text, isNeeded);

    /// <summary>One of a few words.</summary>
    public string? OneOf(string key, string? otherwise, params string[] words) =>
        One(key, text => words.Contains(text) ? text : throw new FormatException("is one of " + string.Join(", ", words)), otherwise is null) ?? otherwise;

    /// <summary>True, false, or null when it is not said.</summary>
    public bool? Switch(string key) => One(key, static text => (object)ConfigTypes.Switch.Parse(text), false) as bool?;

    /// <summary>A duration between bounds.</summary>
    public TimeSpan? Duration(string key, TimeSpan least, TimeSpan most) => One(
        key,
        text =>
        {
            var value = ConfigTypes.Duration.Parse(text);
            return value >= least && value <= most ? (object)value : throw new FormatException($"is from {ConfigTypes.Duration.Show(least)} to {ConfigTypes.Duration.Show(most)}");
        },
        false) as TimeSpan?;

    /// <summary>A file's full path.</summary>
    public string? File(string key) => One(key, text => Path.GetFullPath(text, directory), false);

    /// <summary>One value.</summary>
    public T? One<T>(string key, Func<string, T> parse, bool isNeeded)
        where T : class
    {
        var values = Many(key, parse, isNeeded);
        if (values.Count > 1)
            Complain(key, $"'{key}' has exactly one value");
        return values.Count > 0 ? values[0] : null;
    }

    /// <summary>Any number of values.</summary>
    public IReadOnlyList<T> Many<T>(string key, Func<string, T> parse, bool isNeeded = false)
        where T : class
    {
        _known.Add(key);
        if (item.Values.FirstOrDefault(v => v.Key == key) is not { } value)
        {
            if (isNeeded)
                problems.Add(new ConfigProblem(item.Origin, $"an item of '{item.List}' needs '{key}'."));
            return [];
        }

        try
        {
            return [.. value.Values.Select(parse)];
        }
        catch (FormatException e)
        {
            problems.Add(new ConfigProblem(value.Origin, $"'{key}' {e.Message}, not '{string.Join(", ", value.Values)}'."));
            return [];
        }
    }

    /// <summary>A mapping of texts to texts.</summary>
    public IReadOnlyDictionary<string, string> Map(string key)
    {
        var map = new Dictionary<string, string>();
        foreach (var value in item.Values.Where(v => v.Key.StartsWith(key + ".", StringComparison.Ordinal)))
        {
            _known.Add(value.Key);
            if (value.Values is [var text])
                map[value.Key[(key.Length + 1)..]] = text;
            else
                problems.Add(new ConfigProblem(value.Origin, $"'{value.Key}' has exactly one value."));
        }

        return map;
    }

    /// <summary>Notes that something is wrong with a key.</summary>
    public void Complain(string key, string message) =>
        problems.Add(new ConfigProblem(item.Values.FirstOrDefault(v => v.Key == key)?.Origin ?? item.Origin, message + "."));

    /// <summary>Notes every key that nobody asked for.</summary>
    public void ComplainOfRest()
    {
        foreach (var value in item.Values.Where(v => !_known.Contains(v.Key)))
        {
            var meant = Nearest.Of(value.Key, _known) is { } near ? $" Is '{near}' meant?" : "";
            problems.Add(new ConfigProblem(value.Origin, $"there is no key '{value.Key}' in an item of '{item.List}'.{meant}"));
        }
    }
}
