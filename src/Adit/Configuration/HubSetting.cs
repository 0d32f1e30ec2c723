namespace Adit.Configuration;

/// <summary>The shape of a setting's value.</summary>
internal enum SettingShape
{
    /// <summary>One value.</summary>
    One,

    /// <summary>Any number of values; in a variable they are separated by commas.</summary>
    Many,

    /// <summary>True or false.</summary>
    Switch,
}

/// <summary>One key of a hub's configuration. Its name is the key in adit.yaml; flag and variable follow from it.</summary>
/// <param name="Key">Lower case words with hyphens.</param>
/// <param name="Shape">What it holds.</param>
/// <param name="ValueName">What help calls the value.</param>
/// <param name="Default">What it is when nobody says anything, as help shows it.</param>
/// <param name="Help">One or two sentences.</param>
internal sealed record HubSetting(string Key, SettingShape Shape, string ValueName, string Default, string Help)
{
    /// <summary><c>--listen-tls</c>.</summary>
    public string Flag => "--" + Key;

    /// <summary><c>ADIT_HUB_LISTEN_TLS</c>.</summary>
    public string Variable => "ADIT_HUB_" + Key.ToUpperInvariant().Replace('-', '_');

    /// <summary>Whether it may have several values: a switch with a value name may be given names instead of true.</summary>
    public bool IsList => Shape == SettingShape.Many || (Shape == SettingShape.Switch && ValueName.Length > 0);
}

/// <summary>A setting's values and where they came from.</summary>
/// <param name="Values">At least one; as text.</param>
/// <param name="Source">For people: <c>--listen</c>, <c>ADIT_HUB_LISTEN</c>, <c>adit.yaml:3</c>, <c>default</c>.</param>
internal sealed record SettingValue(IReadOnlyList<string> Values, string Source);
