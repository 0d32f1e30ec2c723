using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Api;
using Adit.Runner.Executors;

namespace Adit.Runner.Agent;

/// <summary>
/// What a runner remembers of a task over its own restarts, in <c>task.json</c> of its place: what should be, and how it ended. That an attempt
/// was started is the executor's to know.
/// </summary>
internal sealed record TaskMemory
{
    private const string FileName = "task.json";

    /// <summary>The attempt that holds.</summary>
    public required TaskSpec Spec { get; init; }

    /// <summary>Whether it should run.</summary>
    public required bool Run { get; init; }

    /// <summary>Whether its ports have answered.</summary>
    public bool WasReady { get; init; }

    /// <summary>How the attempt ended; null while it has not.</summary>
    public ObservedTask? End { get; init; }

    /// <summary>Whether the hub wants to hear no more of it.</summary>
    public bool IsForgotten { get; init; }

    /// <summary>Whether its own home directory stays when the attempt is forgotten, for the next one.</summary>
    public bool KeepsHome { get; init; }

    /// <summary>Whether nothing is left of it but that home.</summary>
    public bool IsReleased { get; init; }

    /// <summary>What a place has; null when there is nothing that can be understood.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static TaskMemory? Read(TaskPlace place)
    {
        try
        {
            return place.Read(FileName) is { } text ? JsonSerializer.Deserialize(text, TaskMemoryJson.Default.TaskMemory) : null;
        }
        catch (JsonException)
        {
            return null; // Of another version: the hub says again what should be.
        }
    }

    /// <summary>Keeps it. Secrets are not kept: a start that is still to come gets them by what the hub says next.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Write(TaskPlace place) => place.Write(
        FileName, JsonSerializer.Serialize(this with { Spec = Spec.WithoutSecrets() }, TaskMemoryJson.Default.TaskMemory));
}

/// <summary>JSON of it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TaskMemory))]
internal sealed partial class TaskMemoryJson : JsonSerializerContext;
