using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.Versioning;

namespace Adit.Runner.Executors;

/// <summary>Starts programs that lead a session of their own, with nothing of this process but three pipes: no environment, no ignored signal.</summary>
[SupportedOSPlatform("linux")]
internal static class SessionLauncher
{
    /// <summary>Where the scripts find the few programs that they need.</summary>
    public const string SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private const string Env = "/usr/bin/env";
    private const string DefaultPipe = "--default-signal=PIPE";
    private static readonly string? SetSid = new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    // .NET ignores SIGPIPE and lets its children inherit that; a shell cannot undo it. Coreutils 8.31 (2019) can.
    private static readonly Lazy<bool> CanResetPipe = new(static () =>
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Env, [DefaultPipe, "true"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });

    /// <summary>Whether the machine has what this needs.</summary>
    public static bool Works => SetSid is not null;

    /// <summary>Starts a program by its path. Its standard streams are pipes. The process is the leader of its session and of its group.</summary>
    /// <param name="command">The program's path and its arguments.</param>
    /// <param name="secrets">What it shall find in its environment; null for nothing but a PATH.</param>
    /// <exception cref="Win32Exception">It could not be started.</exception>
    public static Process Start(IEnumerable<string> command, IReadOnlyDictionary<string, string>? secrets = null)
    {
        string[] words = [.. CanResetPipe.Value ? [Env, DefaultPipe] : Array.Empty<string>(), SetSid ?? "/usr/bin/setsid", .. command];
        var info = new ProcessStartInfo(words[0], words[1..])
        {
            WorkingDirectory = "/",
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment.Clear();
        info.Environment["PATH"] = SystemPath;
        foreach (var (name, value) in secrets ?? new Dictionary<string, string>())
            info.Environment[name] = value;
        Posix.KeepOpenFiles();
        return Process.Start(info)!;
    }
}
