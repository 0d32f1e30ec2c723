namespace Adit.Testing;

/// <summary>
/// Starts the real executable. Which one: the environment variable ADIT_EXE, else the newest of out/adit (<c>./run build</c>) and what
/// the solution's last build made.
/// </summary>
public static class AditProcess
{
    private static readonly Lazy<string> LazyPath = new(Find);

    /// <summary>The executable's absolute path.</summary>
    public static string Executable => LazyPath.Value;

    /// <summary>Starts <c>adit ARGUMENTS</c>. Nothing of the caller's own ADIT_* settings reaches it.</summary>
    public static ChildProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? workingDirectory = null) =>
        ChildProcess.Start(Executable, arguments, Environment(environment), workingDirectory);

    /// <summary>Runs <c>adit ARGUMENTS</c> to its end and returns what it wrote.</summary>
    public static Task<string> RunAsync(
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        int expectedExitCode = 0,
        TimeSpan? within = null) =>
        ChildProcess.RunAsync(Executable, arguments, Environment(environment), expectedExitCode, within);

    /// <summary>The token that a command makes, among whatever else it says on either stream.</summary>
    public static async Task<string> TokenAsync(IEnumerable<string> command, IReadOnlyDictionary<string, string?> environment) =>
        (await RunAsync(command, environment)).Split('\n').First(static l => l.StartsWith("adit_", StringComparison.Ordinal)).Trim();

    private static Dictionary<string, string?> Environment(IReadOnlyDictionary<string, string?>? wanted)
    {
        var environment = new Dictionary<string, string?>();
        foreach (string name in System.Environment.GetEnvironmentVariables().Keys)
        {
            if (name.StartsWith("ADIT_", StringComparison.Ordinal) || name.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase))
            {
                environment[name] = null;
            }
        }

        foreach (var (name, value) in wanted ?? new Dictionary<string, string?>())
        {
            environment[name] = value;
        }

        return environment;
    }

    private static string Find()
    {
        if (System.Environment.GetEnvironmentVariable("ADIT_EXE") is { Length: > 0 } given)
        {
            return File.Exists(given) ? given : throw new FileNotFoundException($"ADIT_EXE names {given}, which does not exist.");
        }

        string[] places = [Repository.Find("out"), .. Candidates(Repository.Find("artifacts", "bin", "Adit"))];
        return places
            .Select(place => Path.Combine(place, OperatingSystem.IsWindows() ? "adit.exe" : "adit"))
            .Where(File.Exists)
            .MaxBy(WrittenAt)
            ?? throw new FileNotFoundException("The adit executable is not built: run ./run build, or dotnet build src/Adit.");
    }

    private static string[] Candidates(string folder) => Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];

    // The host program beside adit.dll is not rewritten when only code changed; the assembly is.
    private static DateTime WrittenAt(string executable) =>
        File.GetLastWriteTimeUtc(File.Exists(executable + ".dll") ? executable + ".dll" : executable);
}
