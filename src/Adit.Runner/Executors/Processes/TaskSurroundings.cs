using System.Globalization;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>What a task's command, and whatever is run beside it, finds around it: user, directory, environment, with all placeholders filled.</summary>
internal sealed class TaskSurroundings
{
    private readonly Placeholders _placeholders;
    private readonly Dictionary<string, string> _environment;
    private readonly string[] _secrets;
    private readonly string? _program;

    private TaskSurroundings(Placeholders placeholders, string workingDirectory, Dictionary<string, string> environment, string[] secrets, PosixUser? user, string? program)
    {
        _secrets = secrets;
        _placeholders = placeholders;
        _environment = environment;
        _program = program;
        WorkingDirectory = workingDirectory;
        Identity = user is { } u
            ? [u.Id.ToString(CultureInfo.InvariantCulture), u.Group.ToString(CultureInfo.InvariantCulture)]
            : ["", ""];
        Script = TaskScript.Surroundings(workingDirectory, environment, secrets);
    }

    /// <summary>Where it runs.</summary>
    public string WorkingDirectory { get; }

    /// <summary>The numbers of its user and group, or two empty words for the runner's own.</summary>
    public IReadOnlyList<string> Identity { get; }

    /// <summary>As the script of a task reads it.</summary>
    public string Script { get; }

    /// <summary>Works it out.</summary>
    /// <exception cref="ExecutorException">A placeholder is unknown, a directory missing, a variable impossible.</exception>
    public static TaskSurroundings Of(
        TaskPlace place, TaskSpec spec, IReadOnlyDictionary<string, int> ports, PosixUser? user, ProcessExecutorOptions options)
    {
        var home = place.Home(spec.Home);
        var placeholders = new Placeholders(ports, spec.Ports.Count > 0 ? spec.Ports[0].Name : null, home);
        var directory = spec.WorkingDirectory is { } wanted ? placeholders.Fill(wanted, "the working directory") : home;
        directory = Path.GetFullPath(directory, home);
        if (!Directory.Exists(directory))
            throw new ExecutorException($"The working directory '{directory}' is not there on the runner.");
        var environment = new Dictionary<string, string> { ["PATH"] = options.Path, ["HOME"] = home, ["LANG"] = options.Language };
        foreach (var (name, value) in spec.Environment)
            environment[name] = placeholders.Fill(value, $"the environment variable {name}");
        if (spec.GpuDevices is { } gpus)
        {
            // Empty is none: a program that asks for no GPU takes none by chance.
            environment["CUDA_VISIBLE_DEVICES"] = string.Join(',', gpus);
            environment["NVIDIA_VISIBLE_DEVICES"] = gpus.Count == 0 ? "none" : string.Join(',', gpus);
            environment["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"; // As nvidia-smi counts them.
        }

        // In one order, by which the script of a task that an earlier process started has them too.
        string[] secrets = [.. (spec.Secrets?.Keys ?? []).Order(StringComparer.Ordinal)];
        foreach (var name in secrets)
            environment.Remove(name);
        return new TaskSurroundings(
            placeholders, directory, environment, secrets, user, spec.Command.Count > 0 ? placeholders.Fill(spec.Command[0], "the command") : null);
    }

    /// <summary>A command with its placeholders filled.</summary>
    /// <exception cref="ExecutorException">It is empty, or a placeholder is unknown.</exception>
    public IReadOnlyList<string> Command(IReadOnlyList<string> command)
    {
        if (command.Count == 0 || command[0].Length == 0)
            throw new ExecutorException("There is no command to run.");
        if (command.Any(static w => w.Contains('\0', StringComparison.Ordinal)))
            throw new ExecutorException("The command has a zero byte in it.");
        return _placeholders.Fill(command, "the command");
    }

    /// <summary>As <see cref="Script"/>, with further variables.</summary>
    /// <exception cref="ExecutorException">A variable is impossible, or a placeholder unknown.</exception>
    public string ScriptWith(IReadOnlyDictionary<string, string> further)
    {
        var environment = new Dictionary<string, string>(_environment);
        foreach (var (name, value) in further)
            environment[name] = _placeholders.Fill(value, $"the environment variable {name}");
        return TaskScript.Surroundings(WorkingDirectory, environment, _secrets);
    }

    /// <summary>The secrets of a specification as a script wants them in its own environment.</summary>
    /// <exception cref="ExecutorException">One is missing, or cannot be in an environment.</exception>
    public IReadOnlyDictionary<string, string> Secrets(TaskSpec spec)
    {
        var all = new Dictionary<string, string>();
        for (var i = 0; i < _secrets.Length; i++)
        {
            if (spec.SecretValues?.GetValueOrDefault(_secrets[i]) is not { } value)
                throw new ExecutorException($"The secret for the environment variable {_secrets[i]} is missing.");
            all[TaskScript.SecretVariable(i)] = value.Contains('\0', StringComparison.Ordinal)
                ? throw new ExecutorException($"The secret for the environment variable {_secrets[i]} has a zero byte in it.")
                : value;
        }

        return all;
    }

    /// <summary>The same from the script of a task that runs: no file has them.</summary>
    /// <exception cref="IOException">It has ended.</exception>
    public IReadOnlyDictionary<string, string> SecretsOf(int process)
    {
        if (_secrets.Length == 0)
            return new Dictionary<string, string>();
        var wanted = Enumerable.Range(0, _secrets.Length).Select(TaskScript.SecretVariable).ToHashSet(StringComparer.Ordinal);
        return File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/environ").Split('\0')
            .Select(static v => v.Split('=', 2)).Where(v => v.Length == 2 && wanted.Contains(v[0])).ToDictionary(static v => v[0], static v => v[1], StringComparer.Ordinal);
    }

    /// <summary>
    /// What an exit code of the shell means, one sentence for people; null when it is the program's own. A shell ends with 127 when it does not
    /// find a command and with 126 when it may not run it; programs can end with these too, so the command is looked for.
    /// </summary>
    public string? Explain(int code)
    {
        if (_program is null || code is not (126 or 127))
            return null;
        if (_program.Contains('/', StringComparison.Ordinal))
        {
            var path = Path.GetFullPath(_program, WorkingDirectory);
            if (!Path.Exists(path))
                return $"The command '{_program}' was not found on the runner.";
            return code == 126 && !MayRun(path) ? $"The command '{_program}' is not executable on the runner: permission denied." : null;
        }

        var found = _environment["PATH"].Split(':').Where(static d => d.Length > 0)
            .Select(d => Path.Combine(Path.GetFullPath(d, WorkingDirectory), _program)).Where(File.Exists).ToArray();
        if (found.Length == 0)
            return $"The command '{_program}' was not found on the runner, in none of the directories of PATH ({_environment["PATH"]}).";
        return code == 126 && !found.Any(MayRun) ? $"The command '{found[0]}' is not executable on the runner: permission denied." : null;
    }

    private static bool MayRun(string path) =>
        OperatingSystem.IsWindows()
        || (File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
