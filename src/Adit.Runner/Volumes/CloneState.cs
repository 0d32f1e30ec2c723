using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Runner.Volumes;

/// <summary>
/// What a clone remembers of itself, in <c>.adit/clone.json</c>: the volume, the branch, and the snapshot that the directory was made from. It moves with the directory. Which hub is
/// asked is never taken from here: a directory that came from somebody else must not send a token to a hub of its choice.
/// </summary>
public sealed record CloneState
{
    private const string FileName = "clone.json";
    private const int MostBytes = 64 << 20;

    /// <summary>Version of the file: 1.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The hub that it came from.</summary>
    public required string Hub { get; init; }

    /// <summary>The volume, as <c>project/volume</c>.</summary>
    public required string Volume { get; init; }

    /// <summary>The volume's id, which it keeps.</summary>
    public required string VolumeId { get; init; }

    /// <summary>The branch that a push goes to.</summary>
    public required string Branch { get; init; }

    /// <summary>The snapshot that the directory comes from.</summary>
    public required string Snapshot { get; init; }

    /// <summary>Its root.</summary>
    public required string Root { get; init; }

    /// <summary>A snapshot that was merged into the directory, and is a parent of what is pushed next; null for none.</summary>
    public string? MergedFrom { get; init; }

    /// <summary>What both sides changed when others' changes were merged into the directory, and nobody has mended yet.</summary>
    public IReadOnlyList<CloneConflict> Conflicts { get; set; } = [];

    /// <summary>What a clone leaves out of a line is taken from where it came from, and nobody else is told of it.</summary>
    /// <exception cref="CloneException">The hub that is meant is another one.</exception>
    public void CheckHub(Uri hub)
    {
        ArgumentNullException.ThrowIfNull(hub);
        if (Hub != hub.ToString())
            throw new CloneException($"This directory is a clone from {Hub}, and you are at {hub}; say --hub {Hub.TrimEnd('/')} if you trust it.");
    }

    /// <summary>The clone that a directory is in: itself, or the nearest one above; null for none.</summary>
    public static (string Directory, CloneState State)? Find(string directory)
    {
        for (var at = new DirectoryInfo(Path.GetFullPath(directory)); at is not null; at = at.Parent)
        {
            if (Read(at.FullName) is { } state)
                return (at.FullName, state);
        }

        return null;
    }

    /// <summary>What a directory remembers; null when it is no clone.</summary>
    /// <exception cref="IOException">It is one, and cannot be read.</exception>
    public static CloneState? Read(string directory)
    {
        var path = Path.Combine(directory, VolumeTransfer.OwnDirectory, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            return new FileInfo(path).Length <= MostBytes && JsonSerializer.Deserialize(File.ReadAllBytes(path), CloneJson.Default.CloneState) is { Format: 1 } state && state.IsWhole()
                ? state
                : throw new IOException($"'{path}' is of a newer Adit, or damaged: clone again beside it and bring your files over.");
        }
        catch (JsonException e)
        {
            throw new IOException($"'{path}' is damaged: clone again beside it and bring your files over.", e);
        }
    }

    /// <summary>Writes it, whole or not at all.</summary>
    public void Write(string directory)
    {
        var own = Directory.CreateDirectory(Path.Combine(directory, VolumeTransfer.OwnDirectory));
        var path = Path.Combine(own.FullName, FileName);
        File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(this, CloneJson.Default.CloneState));
        File.Move(path + ".tmp", path, overwrite: true);
    }

    private bool IsWhole() => Adit.Content.Chunks.ChunkId.TryParse(Root, out _) && Conflicts is not null && Branch is not null && Snapshot is not null && Volume is not null && VolumeId is not null;
}

/// <summary>A path that both sides changed.</summary>
/// <param name="Path">Where, with slashes.</param>
/// <param name="Kind">Why; see <see cref="Adit.Content.Merging.ConflictKind"/>.</param>
/// <param name="Beside">Where the other version is; null when it is not beside.</param>
public sealed record CloneConflict(string Path, string Kind, string? Beside)
{
    private const int LongestLine = 1 << 16;

    /// <summary>
    /// Whether it looks as a merge left it: what was put beside is still there, or the marks are, or what one side removed is.
    /// </summary>
    public bool IsOpen(string directory)
    {
        if (Beside is not null)
            return System.IO.Path.Exists(System.IO.Path.Combine(directory, Beside));
        var path = System.IO.Path.Combine(directory, Path);
        return Kind == "removed" ? System.IO.Path.Exists(path) : File.Exists(path) && HasMarks(path);
    }

    // A line's beginning is enough, however long it is.
    private static bool HasMarks(string path)
    {
        using var reader = new StreamReader(path);
        var line = new char[8];
        var buffer = new char[LongestLine];
        var at = 0;
        while (reader.Read(buffer) is > 0 and var read)
        {
            foreach (var c in buffer.AsSpan(0, read))
            {
                if (c == '\n')
                    at = 0;
                else if (at < line.Length && (line[at++] = c) == ' ' && at == line.Length && line.AsSpan() is "<<<<<<< " or ">>>>>>> ")
                    return true;
            }
        }

        return false;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CloneState))]
internal sealed partial class CloneJson : JsonSerializerContext;
