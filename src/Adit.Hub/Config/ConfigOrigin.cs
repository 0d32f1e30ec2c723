using System.Globalization;

namespace Adit.Hub.Config;

/// <summary>Where the value of a key came from. Later ones win: default, file, environment, flag.</summary>
public enum ConfigSource
{
    /// <summary>Built in.</summary>
    Default,

    /// <summary><c>adit.yaml</c>.</summary>
    File,

    /// <summary>A variable of the environment.</summary>
    Environment,

    /// <summary>The command line.</summary>
    Flag,
}

/// <summary>The place of a value, precise enough to go and change it.</summary>
/// <param name="Source">Which kind of place.</param>
/// <param name="Name">The file, the variable or the flag; empty for a default.</param>
/// <param name="Line">The line in the file, from 1; 0 elsewhere.</param>
public sealed record ConfigOrigin(ConfigSource Source, string Name = "", long Line = 0)
{
    /// <summary>Built in.</summary>
    public static ConfigOrigin Default { get; } = new(ConfigSource.Default);

    /// <summary><c>default</c>, <c>FILE:LINE</c>, the variable or the flag.</summary>
    public override string ToString() => this switch
    {
        { Source: ConfigSource.Default } => "default",
        { Source: ConfigSource.File, Line: > 0 } => string.Create(CultureInfo.InvariantCulture, $"{Name}:{Line}"),
        _ => Name,
    };
}
