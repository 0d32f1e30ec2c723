namespace Adit;

/// <summary>Where clients keep the little they remember.</summary>
internal static class ClientFiles
{
    /// <summary>ADIT_DATA, else the user's own place for configuration.</summary>
    public static string Directory => Environment.GetEnvironmentVariable("ADIT_DATA") is { Length: > 0 } given
        ? Path.GetFullPath(given)
        : Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "adit");
}
