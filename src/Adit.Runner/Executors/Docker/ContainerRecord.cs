using System.Text.Json;

namespace Adit.Runner.Executors;

/// <summary>
/// The files of one attempt that runs as a container: <c>container</c>, the id, from before the start; <c>end.json</c>, how it ended; <c>read</c>, when its log was
/// read to the end and the container may go.
/// </summary>
internal sealed class ContainerRecord(string directory)
{
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

    /// <summary>Its log was read to the end.</summary>
    public void FinishReading() => TaskPlace.WriteFile(_read, "");
}
