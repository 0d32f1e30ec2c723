using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Runner.Executors;

namespace Adit.Runner.Workspaces;

/// <summary>
/// What a runner remembers of a task's workspace, in <c>workspace.json</c> of its place: which snapshot its home directory comes from, and whether there may be more in it than the hub has. As long as
/// there may, the home stays.
/// </summary>
internal sealed record WorkspaceMemory
{
    private const string FileName = "workspace.json";

    /// <summary>The start of the task that works in it.</summary>
    public required int Attempt { get; init; }

    /// <summary>The volume's id.</summary>
    public required string Volume { get; init; }

    /// <summary>The snapshot that it comes from: checked out, or made here last. Null for none.</summary>
    public string? Snapshot { get; init; }

    /// <summary>The tree of that.</summary>
    public string? Root { get; init; }

    /// <summary>The branch that goes on with it.</summary>
    public string Branch { get; set; } = "main";

    /// <summary>Whether something may have been changed that the hub does not have.</summary>
    public bool IsOpen { get; init; }

    /// <summary>What a place has; null for nothing.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static WorkspaceMemory? Read(TaskPlace place)
    {
        try
        {
            return place.Read(FileName) is { } text ? JsonSerializer.Deserialize(text, WorkspaceMemoryJson.Default.WorkspaceMemory) : null;
        }
        catch (JsonException e)
        {
            // To take it for nothing would be to lose what is there.
            throw new IOException($"'{place.File(FileName)}' cannot be understood; what is in the home beside it is kept until it can: {e.Message}", e);
        }
    }

    /// <summary>Keeps it.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Write(TaskPlace place) => place.Write(FileName, JsonSerializer.Serialize(this, WorkspaceMemoryJson.Default.WorkspaceMemory));
}

/// <summary>JSON of it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WorkspaceMemory))]
internal sealed partial class WorkspaceMemoryJson : JsonSerializerContext;
