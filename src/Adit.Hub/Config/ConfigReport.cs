namespace Adit.Hub.Config;

/// <summary>What <c>adit config check</c> shows: each key with its effective value and origin, and all that is wrong.</summary>
/// <param name="Entries">Every key, in the order of the reference; secrets masked.</param>
/// <param name="Problems">Everything that keeps the hub from starting; empty when it would start.</param>
public sealed record ConfigReport(IReadOnlyList<ConfigEntry> Entries, IReadOnlyList<ConfigProblem> Problems)
{
    /// <summary>Whether a hub would start with it.</summary>
    public bool IsValid => Problems.Count == 0;
}

/// <summary>One key as it is in effect.</summary>
/// <param name="Key">Its name: <c>tls.acme.directory</c>.</param>
/// <param name="Value">The value as it could be written in the file; a list with commas; empty for none.</param>
/// <param name="Origin">Where it came from.</param>
public sealed record ConfigEntry(string Key, string Value, ConfigOrigin Origin);

/// <summary>Something that is wrong.</summary>
/// <param name="Origin">Where.</param>
/// <param name="Message">What, and what to do.</param>
public sealed record ConfigProblem(ConfigOrigin Origin, string Message)
{
    /// <summary><c>adit.yaml:3: …</c>.</summary>
    public override string ToString() => Origin.Source == ConfigSource.Default ? Message : $"{Origin}: {Message}";
}
