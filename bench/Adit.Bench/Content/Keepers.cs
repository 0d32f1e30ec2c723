using System.Diagnostics;
using Adit.Bench.Processes;

namespace Adit.Bench.Content;

/// <summary>What one piece of work took.</summary>
/// <param name="Wall">Seconds until it ended.</param>
/// <param name="Cpu">Seconds of user and system time of all its processes.</param>
/// <param name="Peak">Most bytes resident; 0 when not known.</param>
internal readonly record struct Work(double Wall, double Cpu, long Peak);

/// <summary>Something that keeps versions of a directory: Adit's content store, restic, borg. Each is used as its makers say, without encryption where it can.</summary>
internal abstract class Keeper(string repository)
{
    public abstract string Name { get; }

    protected string Repository => repository;

    public abstract Task InitAsync(CancellationToken cancellationToken);

    public abstract Task<Work> SnapshotAsync(string directory, CancellationToken cancellationToken);

    /// <summary>Writes the last snapshot beneath a directory that is made for it.</summary>
    public abstract Task<Work> RestoreAsync(string directory, CancellationToken cancellationToken);

    /// <summary>Bytes of the repository on the disk.</summary>
    public virtual long Stored() => new DirectoryInfo(repository).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static f => f.Length);

    protected static async Task<Work> RunAsync(
        string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string? workingDirectory, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingDirectory ?? "" };
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        var cpu = ProcFs.EndedChildrenCpuTime();
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} could not be started.");
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var wall = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}{output}");
        var last = output.TrimEnd().Split('\n')[^1].Split(' ');
        return new Work(wall, (ProcFs.EndedChildrenCpuTime() - cpu).TotalSeconds, last[0] == "done" ? long.Parse(last[^1]) : 0);
    }
}

/// <summary>Adit's content store, by a process for each piece of work as the others have one.</summary>
internal sealed class AditKeeper(string repository) : Keeper(repository)
{
    private static readonly Dictionary<string, string> Nothing = [];

    public override string Name => "adit";

    public override Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task<Work> SnapshotAsync(string directory, CancellationToken cancellationToken) =>
        RunAsync(Environment.ProcessPath!, [typeof(AditKeeper).Assembly.Location, "store-snapshot", directory, Repository], Nothing, null, cancellationToken);

    public override Task<Work> RestoreAsync(string directory, CancellationToken cancellationToken) =>
        RunAsync(Environment.ProcessPath!, [typeof(AditKeeper).Assembly.Location, "store-restore", directory, Repository], Nothing, null, cancellationToken);

    public override long Stored() => new DirectoryInfo(Path.Combine(Repository, "content")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static f => f.Length);
}

/// <summary>restic: it always encrypts; compression as it chooses (zstd).</summary>
internal sealed class ResticKeeper(string repository) : Keeper(repository)
{
    private readonly Dictionary<string, string> _environment = new() { ["RESTIC_PASSWORD"] = "x", ["RESTIC_CACHE_DIR"] = repository + ".cache" };

    public override string Name => "restic";

    public override Task InitAsync(CancellationToken cancellationToken) =>
        RunAsync("restic", ["-q", "-r", Repository, "init"], _environment, null, cancellationToken);

    public override Task<Work> SnapshotAsync(string directory, CancellationToken cancellationToken) =>
        RunAsync("restic", ["-q", "-r", Repository, "backup", directory], _environment, null, cancellationToken);

    public override Task<Work> RestoreAsync(string directory, CancellationToken cancellationToken) =>
        RunAsync("restic", ["-q", "-r", Repository, "restore", "latest", "--target", directory], _environment, null, cancellationToken);
}

/// <summary>borg without encryption, with lz4, which is what is fastest.</summary>
internal sealed class BorgKeeper(string repository) : Keeper(repository)
{
    private readonly Dictionary<string, string> _environment = new()
    {
        ["BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"] = "yes",
        ["BORG_BASE_DIR"] = repository + ".base",
    };

    private int _archives;

    public override string Name => "borg";

    public override Task InitAsync(CancellationToken cancellationToken) => RunAsync("borg", ["init", "-e", "none", Repository], _environment, null, cancellationToken);

    public override Task<Work> SnapshotAsync(string directory, CancellationToken cancellationToken) =>
        RunAsync("borg", ["create", "-C", "lz4", $"{Repository}::a{++_archives}", directory], _environment, null, cancellationToken);

    public override Task<Work> RestoreAsync(string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        return RunAsync("borg", ["extract", $"{Repository}::a{_archives}"], _environment, directory, cancellationToken);
    }
}
