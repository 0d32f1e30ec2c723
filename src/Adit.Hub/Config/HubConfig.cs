using Adit.Hub.Access.SignIn;

namespace Adit.Hub.Config;

/// <summary>
/// Puts the hub's options together: defaults, overlaid by <c>adit.yaml</c>, by <c>ADIT_HUB_…</c> variables and by flags, key by key.
/// Everything that is wrong is found in one go, so that nobody fixes a file one error at a time.
/// </summary>
public static class HubConfig
{
    /// <summary>Names the configuration file when <c>--config</c> does not.</summary>
    public const string FileVariable = "ADIT_HUB_CONFIG";

    /// <summary>The file looked for in the data directory when none is named.</summary>
    public const string FileName = "adit.yaml";

    private const string Prefix = "ADIT_HUB_";

    /// <summary>Reads everything.</summary>
    /// <param name="file">The configuration file; null for <see cref="FileVariable"/>, else DATA/adit.yaml where there is one.</param>
    /// <param name="environment">The variables of the environment.</param>
    /// <param name="flags">Flag (<c>--listen</c>) to values; a switch that stands alone is <c>true</c>.</param>
    /// <returns>The options, null when the report has problems.</returns>
    public static (HubOptions? Options, ConfigReport Report) Load(
        string? file,
        IReadOnlyDictionary<string, string> environment,
        IReadOnlyDictionary<string, IReadOnlyList<string>> flags)
    {
        var problems = new List<ConfigProblem>();
        var said = new Dictionary<ConfigKey, Saying>();
        var workingDirectory = Directory.GetCurrentDirectory();

        foreach (var key in ConfigKeys.All)
        {
            if (flags.TryGetValue(key.Flag, out var values) && values.Count > 0)
                said[key] = new Saying(values, new ConfigOrigin(ConfigSource.Flag, key.Flag), workingDirectory);
            else if (environment.TryGetValue(key.Variable, out var text) && text.Length > 0)
                said[key] = new Saying(Split(key, text), new ConfigOrigin(ConfigSource.Environment, key.Variable), workingDirectory);
        }

        FindUnknownVariables(environment, problems);
        var signIn = ReadFile(FindFile(file, environment, said), said, problems);

        var options = new HubOptions { DataDirectory = DefaultDataDirectory(environment), SignIn = signIn };
        var entries = new List<ConfigEntry>();
        foreach (var key in ConfigKeys.All)
        {
            if (said.TryGetValue(key, out var saying))
                options = Apply(options, key, saying, problems);
        }

        foreach (var key in ConfigKeys.All)
            entries.Add(
                new ConfigEntry(key.Name, key.Show(options), said.TryGetValue(key, out var saying) ? saying.Origin : ConfigOrigin.Default));

        if (signIn.Count > 0)
            entries.Add(new ConfigEntry(SignInSection.Key, string.Join(", ", signIn.Select(static s => s.Name)), new ConfigOrigin(ConfigSource.File, FileName)));
        ConfigRules.Check(
            options,
            name => said.TryGetValue(ConfigKeys.All.First(key => key.Name == name), out var saying) ? saying.Origin : ConfigOrigin.Default,
            problems);
        return (problems.Count == 0 ? options : null, new ConfigReport(entries, problems));
    }

    /// <summary>Where the hub keeps everything when nobody says: the user's data folder, as the XDG base directories have it.</summary>
    internal static string DefaultDataDirectory(IReadOnlyDictionary<string, string> environment)
    {
        // systemd's StateDirectory= is the answer of whoever wrote the unit.
        if (environment.GetValueOrDefault("STATE_DIRECTORY") is { Length: > 0 } state)
            return state.Split(':')[0];
        if (environment.GetValueOrDefault("XDG_DATA_HOME") is { Length: > 0 } data)
            return Path.Combine(data, "adit");
        if (environment.GetValueOrDefault("LOCALAPPDATA") is { Length: > 0 } local)
            return Path.Combine(local, "adit");
        return environment.GetValueOrDefault("HOME") is { Length: > 0 } home
            ? Path.Combine(home, ".local", "share", "adit")
            : Path.GetFullPath("adit-data");
    }

    private static string[] Split(ConfigKey key, string text) =>
        key.IsList ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [text.Trim()];

    private static (string? Path, bool MustExist) FindFile(
        string? file, IReadOnlyDictionary<string, string> environment, Dictionary<ConfigKey, Saying> said)
    {
        if (file is not null)
            return (file, true);
        if (environment.GetValueOrDefault(FileVariable) is { Length: > 0 } named)
            return (named, true);
        var data = said.TryGetValue(ConfigKeys.All[0], out var saying) ? saying.Values[0] : DefaultDataDirectory(environment);
        return (Path.Combine(data, FileName), false);
    }

    private static IReadOnlyList<SignInOptions> ReadFile((string? Path, bool MustExist) file, Dictionary<ConfigKey, Saying> said, List<ConfigProblem> problems)
    {
        if (file.Path is null || (!file.MustExist && !File.Exists(file.Path)))
            return [];
        var directory = Path.GetDirectoryName(Path.GetFullPath(file.Path))!;
        var (values, items, wrong) = ConfigFile.Read(file.Path, SignInSection.Key);
        problems.AddRange(wrong);
        foreach (var (name, list, origin) in values)
        {
            if (ConfigKeys.All.FirstOrDefault(key => key.Name == name) is { } key)
                said.TryAdd(key, new Saying(list, origin, directory));
            else
                problems.Add(
                    new ConfigProblem(origin, $"there is no key '{name}'." + Suggest(name, ConfigKeys.All.Select(static key => key.Name))));
        }

        return SignInSection.Read(items, directory, problems);
    }

    // A misspelt variable that is passed over in silence has cost people nights.
    private static void FindUnknownVariables(IReadOnlyDictionary<string, string> environment, List<ConfigProblem> problems)
    {
        foreach (var name in environment.Keys.Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal) && name != FileVariable).Order(StringComparer.Ordinal))
        {
            if (!ConfigKeys.All.Any(key => key.Variable == name))
                problems.Add(new ConfigProblem(new ConfigOrigin(ConfigSource.Environment, name), "there is no such variable." + Suggest(name, ConfigKeys.All.Select(static key => key.Variable))));
        }
    }

    private static string Suggest(string name, IEnumerable<string> words) =>
        Nearest.Of(name, words) is { } meant ? $" Is '{meant}' meant?" : " 'adit config check' lists all there are.";

    private static HubOptions Apply(HubOptions options, ConfigKey key, Saying saying, List<ConfigProblem> problems)
    {
        try
        {
            return key.Apply(
                options, key.IsPath ? [.. saying.Values.Select(value => Path.GetFullPath(value, saying.Directory))] : saying.Values);
        }
        catch (FormatException e)
        {
            var value = key.IsSecret ? "" : $", not '{string.Join(", ", saying.Values)}'";
            problems.Add(new ConfigProblem(saying.Origin, $"'{key.Name}' {e.Message}{value}."));
            return options;
        }
    }

    private sealed record Saying(IReadOnlyList<string> Values, ConfigOrigin Origin, string Directory);
}
