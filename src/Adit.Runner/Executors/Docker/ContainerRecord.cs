using System.Text.Json;

namespace Adit.Runner.Executors;

/// <summary>
/// The files of one attempt that runs as a container: <c>container</c>, the id, from before the start; <c>end.json</c>, how it ended; <c>read</c>, when its log was
/// read to the end and the container may go; <c>exec.ID</c>, a command beside it, from before it runs until it has ended.
/// </summary>
internal sealed class ContainerRecord(string directory)
{
    private const string ExecPrefix = "exec.";

    private readonly string _container = Path.Combine(directory, "container");
    private readonly string _end = Path.Combine(directory, "end.json");
    private readonly string _read = Path.Combine(directory, "read");

    /// <summary>Whether it may have been started.</summary>
    public bool WasStarted => File.Exists(_container);

    /// <summary>Whether its log was read to the end.</summary>
    public bool IsRead => File.Exists(_read);

    /// <summary>How it ended; null while that is not known.</summary>
    public ExecutionEnd? End => new AttemptFiles(directory).End;

    /// <summary>It is about to be started.</summary>
    public void Start(string container)
    {
        if (!WasStarted)
            TaskPlace.WriteFile(_container, container);
    }

    /// <summary>It was not started.</summary>
    public void Forget() => File.Delete(_container);

    /// <summary>It has ended.</summary>
    public void Finish(ExecutionEnd end) => TaskPlace.WriteFile(_end, JsonSerializer.Serialize(end, AttemptJson.Default.ExecutionEnd));

    /// <summary>The engine's ids of commands beside it that may run.</summary>
    public IReadOnlyList<string> Execs => [.. Directory.GetFiles(directory, ExecPrefix + "*").Select(static f => Path.GetFileName(f)[ExecPrefix.Length..])];

    /// <summary>A command beside it is about to run.</summary>
    /// <exception cref="ExecutorException">That cannot be written down.</exception>
    public void StartExec(string id)
    {
        var file = Path.Combine(directory, ExecPrefix + id);
        try
        {
            File.WriteAllBytes(file, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw HomeFiles.Trouble(file, e);
        }
    }

    /// <summary>It has ended.</summary>
    public void FinishExec(string id) => File.Delete(Path.Combine(directory, ExecPrefix + id));

    /// <summary>Its log was read to the end.</summary>
    public void FinishReading() => TaskPlace.WriteFile(_read, "");
}
