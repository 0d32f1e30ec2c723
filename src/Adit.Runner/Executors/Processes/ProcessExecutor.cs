using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>
/// Runs tasks as processes of this machine, on Linux: each in a session of its own (<see cref="TaskScript"/>), in a group of processes with limits
/// (<see cref="ITaskGroups"/>). Elsewhere it says that it does not work.
/// </summary>
internal sealed class ProcessExecutor : IExecutor
{
    private const string Shell = "/bin/sh";
    private static readonly string[] SetPrivPaths = ["/usr/bin/setpriv", "/bin/setpriv"];
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClaimPatience = TimeSpan.FromSeconds(10);

    private readonly ProcessExecutorOptions _options;
    private readonly ITaskGroups? _groups;
    private readonly PortPicker _ports;
    private readonly TimeProvider _time;

    /// <summary>Looks at what the machine has; starts nothing.</summary>
    /// <param name="options">How.</param>
    /// <param name="random">Chooses ports.</param>
    /// <param name="time">The clock.</param>
    public ProcessExecutor(ProcessExecutorOptions options, Random random, TimeProvider time)
        : this(options, OperatingSystem.IsLinux() ? TaskGroups.ForThisMachine() : null, random, time)
    {
    }

    /// <summary>The same with groups that are not the machine's best.</summary>
    internal ProcessExecutor(ProcessExecutorOptions options, ITaskGroups? groups, Random random, TimeProvider time)
    {
        _options = options;
        _groups = groups;
        _ports = new PortPicker(random);
        _time = time;
    }

    /// <inheritdoc/>
    public string Name => "process";

    /// <inheritdoc/>
    public Task<ExecutorCheck> CheckAsync(CancellationToken cancellationToken)
    {
        if (_groups is null || !OperatingSystem.IsLinux())
            return Task.FromResult(new ExecutorCheck(false, ["Tasks cannot run as processes here: that needs Linux. Use docker."]));
        if (!SessionLauncher.Works || !File.Exists(Shell))
            return Task.FromResult(new ExecutorCheck(false, [$"Tasks cannot run as processes here: {Shell} or setsid (package util-linux) is missing."]));
        var warnings = _groups.Warnings.ToList();
        if (Posix.EffectiveUser() != 0)
            warnings.Add("Tasks run as the runner's own user, whatever their template says: only a runner of root can run them as others.");
        else if (!SetPrivPaths.Any(File.Exists))
            warnings.Add("Tasks cannot run as another user: setpriv (package util-linux) is missing.");
        else
            warnings.Add("Tasks whose template names no user run as root here. Run the runner as a user of its own (deploy/systemd/adit-runner.service), or name 'user:' in templates.");
        return Task.FromResult(new ExecutorCheck(true, warnings));
    }

    /// <inheritdoc/>
    public Task PrepareAsync(TaskPlace place, TaskSpec spec, IProgress<string> progress, CancellationToken cancellationToken)
    {
        HomeFiles.Write(place, spec, User(spec));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<IExecution> StartAsync(TaskPlace place, TaskSpec spec, CancellationToken cancellationToken)
    {
        if (_groups is null || !OperatingSystem.IsLinux())
            throw new ExecutorException("Tasks cannot run as processes on this runner: that needs Linux.");
        cancellationToken.ThrowIfCancellationRequested();
        var files = new AttemptFiles(place.Attempt(spec.Attempt));
        if (files.Start is not null || files.IsDamaged)
            throw new ExecutorException($"Attempt {spec.Attempt} of the task was started before.");
        var taken = new List<int>();
        ITaskGroup? group = null;
        try
        {
            var ports = spec.Ports.ToDictionary(static p => p.Name, p => p.Port > 0 ? p.Port : Take(taken));
            var surroundings = TaskSurroundings.Of(place, spec, ports, User(spec), _options);
            var command = surroundings.Command(spec.Command);
            group = _groups.Create($"{spec.Id}.{spec.Attempt.ToString(CultureInfo.InvariantCulture)}", spec.Resources, _options.MostProcesses);
            var start = new AttemptStart { Claim = files.NextClaim(), Ports = ports, Group = group.Directories };
            files.Prepare(start, surroundings.Script);
            var process = Run(files, start, surroundings, surroundings.Secrets(spec), group, command);
            var identity = await ClaimedAsync(files, start, process);
            return new ProcessExecution(files, identity, () => surroundings, _groups.Open(group.Directories, identity), ports, process, Release(taken), _options, _time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            Undo(files, group, taken);
            throw HomeFiles.Trouble(files.Directory, e);
        }
        catch (ExecutorException)
        {
            Undo(files, group, taken);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IExecution?> AdoptAsync(TaskPlace place, TaskSpec spec, CancellationToken cancellationToken)
    {
        if (_groups is null || !OperatingSystem.IsLinux())
            return null;
        var files = new AttemptFiles(place.Attempt(spec.Attempt));
        if (files.Start is not { } start)
            return files.IsDamaged ? new EndedExecution(new ExecutionEnd(null, "The runner's machine crashed as it was started.")) : null;
        if (files.TryAbandon(start.Claim))
        {
            Undo(files, _groups.Open(start.Group, null), []);
            return null;
        }

        ProcessExec.EndLeft(files.Directory);
        var identity = await ClaimOfOtherAsync(files, start, cancellationToken);
        foreach (var port in start.Ports.Values)
            _ports.Keep(port);
        return new ProcessExecution(
            files, identity, () => TaskSurroundings.Of(place, spec, start.Ports, User(spec), _options), _groups.Open(start.Group, identity), start.Ports, null, Release([.. start.Ports.Values]), _options, _time);
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(TaskPlace place, int upTo, CancellationToken cancellationToken)
    {
        if (_groups is null || !OperatingSystem.IsLinux())
            return;
        foreach (var attempt in place.Attempts().Where(a => a <= upTo))
        {
            var files = new AttemptFiles(place.Attempt(attempt));
            if (files.Start is not { } start || files.TryAbandon(start.Claim))
                continue;
            var identity = files.Claimed(start.Claim);
            var group = _groups.Open(start.Group, identity);
            var began = _time.GetTimestamp();
            while (!group.TryKill() && _time.GetElapsedTime(began) < KillPatience)
                await Task.Delay(TimeSpan.FromMilliseconds(5), _time, cancellationToken);
            if (identity is not null && identity.IsAlive())
                Posix.Signal(-identity.Id, Posix.SigKill);
            while (!group.TryRemove() && _time.GetElapsedTime(began) < KillPatience)
                await Task.Delay(TimeSpan.FromMilliseconds(5), _time, cancellationToken);
        }
    }

    [SupportedOSPlatform("linux")]
    private static Process Run(
        AttemptFiles files, AttemptStart start, TaskSurroundings surroundings, IReadOnlyDictionary<string, string> secrets, ITaskGroup group, IReadOnlyList<string> command)
    {
        var process = SessionLauncher.Start(
            [Shell, "-c", TaskScript.Text, "adit-task", files.Directory, files.ClaimFile(start.Claim), .. surroundings.Identity, .. Joins(group), .. command], secrets);
        // The script has its own.
        process.StandardInput.Dispose();
        process.StandardOutput.Dispose();
        process.StandardError.Dispose();
        return process;
    }

    /// <summary>How the script is told which groups to join.</summary>
    internal static IEnumerable<string> Joins(ITaskGroup group) => group.JoinFiles.Prepend(group.JoinFiles.Count.ToString(CultureInfo.InvariantCulture));

    // The script says who it is within a few milliseconds. Null when it was killed before.
    private async Task<ProcessIdentity> ClaimedAsync(AttemptFiles files, AttemptStart start, Process process)
    {
        var ended = process.WaitForExitAsync(CancellationToken.None);
        var began = _time.GetTimestamp();
        for (var pause = 1; _time.GetElapsedTime(began) < ClaimPatience; pause = Math.Min(20, pause * 2))
        {
            var hasEnded = ended.IsCompleted;
            if (files.Claimed(start.Claim) is { } identity)
                return identity;
            if (hasEnded)
                break;
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(pause), _time));
        }

        if (!files.TryAbandon(start.Claim) && files.Claimed(start.Claim) is { } late)
            return late;
        var trouble = files.Trouble;
        throw new ExecutorException(trouble.Contains("No space left", StringComparison.Ordinal)
            ? $"The runner's disk is full: '{files.Directory}' cannot be written. Free some space there and start the task again."
            : $"The shell that starts the task did not begin within {ClaimPatience.TotalSeconds:0} s, or ended.{(trouble.Length > 0 ? " It says: " + trouble : "")}");
    }

    // Somebody began to write the claim, and may have been killed there. Then nothing of it runs, and this says an identity that does not live.
    private async Task<ProcessIdentity> ClaimOfOtherAsync(AttemptFiles files, AttemptStart start, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (_time.GetElapsedTime(began) < ClaimPatience)
        {
            if (files.Claimed(start.Claim) is { } identity)
                return identity;
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellationToken);
        }

        return new ProcessIdentity("", 0, 0);
    }

    private int Take(List<int> taken)
    {
        var port = _ports.Take();
        taken.Add(port);
        return port;
    }

    private Action Release(List<int> taken) => () =>
    {
        foreach (var port in taken)
            _ports.Release(port);
    };

    private void Undo(AttemptFiles files, ITaskGroup? group, List<int> taken)
    {
        Release(taken)();
        group?.TryRemove();
        files.DropSurroundings();
        files.Forget();
    }

    private static PosixUser? User(TaskSpec spec)
    {
        if (spec.User is not { } name || !OperatingSystem.IsLinux())
            return null;
        var user = Posix.User(name) ?? throw new ExecutorException($"The runner's machine has no user '{name}'.");
        var own = Posix.EffectiveUser();
        if (own == user.Id && own != 0)
            return null;
        if (own != 0)
            throw new ExecutorException($"The task is to run as '{name}', and only a runner that runs as root can do that.");
        return SetPrivPaths.Any(File.Exists)
            ? user
            : throw new ExecutorException($"The task is to run as '{name}', and setpriv (package util-linux) is missing on the runner.");
    }
}
