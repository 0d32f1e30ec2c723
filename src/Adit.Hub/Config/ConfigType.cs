namespace Adit.Hub.Config;

/// <summary>How the values of a key are written.</summary>
/// <param name="Word">Stands for a value in help texts: <c>DURATION</c>.</param>
/// <param name="Parse">Reads one value; throws <see cref="FormatException"/> with what would be right.</param>
/// <param name="Show">Writes it back.</param>
internal sealed record ConfigType<T>(string Word, Func<string, T> Parse, Func<T, string> Show)
{
    /// <summary>Relative values are resolved: in the file against the file's directory, elsewhere against the working directory.</summary>
    public bool IsPath { get; init; }
}
