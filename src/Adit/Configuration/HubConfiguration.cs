using System.Globalization;
using Adit.Runner.Yaml;

namespace Adit.Configuration;

/// <summary>
/// What a hub was told: flags before variables before adit.yaml. Values are text here; <see cref="HubOptionsReader"/> makes options of them.
/// </summary>
internal sealed class HubConfiguration
{
    /// <summary>The variable that names the file.</summary>
    public const string FileVariable = "ADIT_HUB_CONFIG";

    private readonly Dictionary<string, SettingValue> _values;

    private HubConfiguration(Dictionary<string, SettingValue> values, string? file)
    {
        _values = values;
        File = file;
    }

    /// <summary>The file that was read, if any.</summary>
    public string? File { get; }

    /// <summary>A setting's value; null when nobody set it.</summary>
    public SettingValue? Find(string key) => _values.GetValueOrDefault(key);

    /// <summary>Brings the sources together.</summary>
    /// <param name="file">adit.yaml; null for none.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="flag">Reads a flag's values: null when it was not given, empty for a switch without a value.</param>
    /// <exception cref="YamlFileException">The file is wrong.</exception>
    public static HubConfiguration Gather(string? file, Func<string, string?> variable, Func<HubSetting, IReadOnlyList<string>?> flag)
    {
        var values = new Dictionary<string, SettingValue>(StringComparer.Ordinal);
        if (file is not null)
            ReadFile(file, values);
        foreach (var setting in HubSettings.All)
        {
            if (variable(setting.Variable) is { Length: > 0 } text)
                values[setting.Key] = new SettingValue(setting.IsList ? Split(text) : [text], setting.Variable);
            if (flag(setting) is { } given)
                values[setting.Key] = new SettingValue(given.Count == 0 ? ["true"] : given, setting.Flag);
        }

        return new HubConfiguration(values, file);
    }

    private static void ReadFile(string file, Dictionary<string, SettingValue> values)
    {
        var map = YamlMap.Load(file);
        foreach (var setting in HubSettings.All)
        {
            var texts = setting.Shape == SettingShape.One ? (map.Text(setting.Key) is { } one ? [one] : null) : map.Texts(setting.Key);
            if (texts is { Count: > 0 })
                values[setting.Key] = new SettingValue(texts, string.Create(CultureInfo.InvariantCulture, $"{file}:{map.LineOf(setting.Key)}"));
        }

        map.Finish();
    }

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
