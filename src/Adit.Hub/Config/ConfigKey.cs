namespace Adit.Hub.Config;

/// <summary>
/// One thing that can be configured. The same row gives the key in <c>adit.yaml</c>, the variable, the flag, the help text, the line of
/// <c>adit config check</c> and the row of docs/reference/config.md.
/// </summary>
public sealed class ConfigKey
{
    private ConfigKey(
        string name,
        string flag,
        string word,
        string help,
        Func<HubOptions, IReadOnlyList<string>, HubOptions> apply,
        Func<HubOptions, IReadOnlyList<string>> read)
    {
        Apply = apply;
        Read = read;
        Name = name;
        Flag = flag;
        Word = word;
        Help = help;
        Variable = "ADIT_HUB_" + name.Replace('.', '_').Replace('-', '_').ToUpperInvariant();
    }

    /// <summary>The key in the file; a dot leads into a mapping.</summary>
    public string Name { get; }

    /// <summary>The variable of the environment. The values of a list are separated by commas.</summary>
    public string Variable { get; }

    /// <summary>The flag of <c>adit hub</c>. The values of a list are given by repeating it.</summary>
    public string Flag { get; }

    /// <summary>Stands for a value in help texts.</summary>
    public string Word { get; }

    /// <summary>What it does, one sentence without a full stop at its end.</summary>
    public string Help { get; }

    /// <summary>Whether it takes several values.</summary>
    public bool IsList { get; private init; }

    /// <summary>Whether the flag may stand alone for <c>true</c>.</summary>
    public bool IsSwitch { get; private init; }

    /// <summary>Whether its value is never shown.</summary>
    public bool IsSecret { get; private init; }

    /// <summary>Whether relative values are resolved to full paths.</summary>
    internal bool IsPath { get; private init; }

    /// <summary>Sets it; throws <see cref="FormatException"/>.</summary>
    internal Func<HubOptions, IReadOnlyList<string>, HubOptions> Apply { get; }

    /// <summary>Its values as text, secrets in clear.</summary>
    internal Func<HubOptions, IReadOnlyList<string>> Read { get; }

    /// <summary>The value for people: secrets masked, lists with commas, empty for none.</summary>
    public string Show(HubOptions options)
    {
        var values = Read(options);
        return IsSecret && values.Count > 0 ? "***" : string.Join(", ", values);
    }

    /// <summary>A key with one value; null in the options is none.</summary>
    internal static ConfigKey One<T>(
        string name,
        string flag,
        ConfigType<T> type,
        string help,
        Func<HubOptions, T?> get,
        Func<HubOptions, T, HubOptions> set,
        bool isSecret = false) =>
        new(
            name,
            flag,
            type.Word,
            help,
            (options, values) =>
                values is [{ Length: > 0 } value] ? set(options, type.Parse(value)) : throw new FormatException("has exactly one value"),
            options => get(options) is { } value ? [type.Show(value)] : [])
        {
            IsSwitch = typeof(T) == typeof(bool),
            IsSecret = isSecret,
            IsPath = type.IsPath,
        };

    /// <summary>A key with any number of values.</summary>
    internal static ConfigKey Many<T>(
        string name,
        string flag,
        ConfigType<T> type,
        string help,
        Func<HubOptions, IReadOnlyList<T>> get,
        Func<HubOptions, IReadOnlyList<T>, HubOptions> set) =>
        new(
            name,
            flag,
            type.Word,
            help,
            (options, values) => set(options, [.. values.Select(value => type.Parse(value))]),
            options => [.. get(options).Select(value => type.Show(value))])
        {
            IsList = true,
            IsPath = type.IsPath,
        };
}
