using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Content.Snapshots;

/// <summary>
/// A version of a volume: a tree, what came before it, and who made it when and why. As a chunk it is this as JSON in UTF-8; its id is that chunk's.
/// See docs/reference/content.md, "Snapshots".
/// </summary>
public sealed record Snapshot
{
    /// <summary>Most snapshots that one comes from.</summary>
    public const int MaxParents = 8;

    /// <summary>Most characters of a message.</summary>
    public const int MaxMessage = 10_000;

    /// <summary>Version of the format: 1.</summary>
    public int Format { get; set; } = 1;

    /// <summary>The volume it was made of, as <c>project/volume</c>, when it was made. For who recovers by hand: the hub knows it by the volume's id.</summary>
    public required string Volume { get; init; }

    /// <summary>The page of its directory, in hexadecimal digits.</summary>
    public required string Root { get; init; }

    /// <summary>Entries of the topmost directory.</summary>
    public long Entries { get; init; }

    /// <summary>Files in all directories.</summary>
    public long Files { get; init; }

    /// <summary>Their sizes together.</summary>
    public long Bytes { get; init; }

    /// <summary>The snapshots that it comes from, the one that it changed first; none for the first.</summary>
    public IReadOnlyList<string> Parents { get; set; } = [];

    /// <summary>Who made it: an account's name.</summary>
    public required string Author { get; init; }

    /// <summary>What they said of it.</summary>
    public string Message { get; set; } = "";

    /// <summary>Why it was made: <c>manual</c>, <c>upload</c>, <c>run</c>, <c>schedule</c>, <c>stop</c>, <c>merge</c>, <c>restore</c>.</summary>
    public required string Cause { get; init; }

    /// <summary>When it was made, by the hub's clock.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The topmost directory.</summary>
    [JsonIgnore]
    public DirectoryRef Directory => ChunkId.TryParse(Root, out var id)
        ? new DirectoryRef(id, Entries, Files, Bytes)
        : throw new DamagedContentException($"The snapshot has the root '{Root}', which is no id.");

    /// <summary>As a chunk.</summary>
    public byte[] ToChunk() => JsonSerializer.SerializeToUtf8Bytes(this, SnapshotJson.Default.Snapshot);

    /// <summary>Reads a snapshot's chunk.</summary>
    /// <exception cref="DamagedContentException">It is none, or of a newer format.</exception>
    public static Snapshot Parse(ReadOnlySpan<byte> chunk)
    {
        try
        {
            return JsonSerializer.Deserialize(chunk, SnapshotJson.Default.Snapshot) is { Format: 1 } snapshot
                ? snapshot
                : throw new DamagedContentException("The chunk is no snapshot, or of a newer format than this Adit knows.");
        }
        catch (JsonException e)
        {
            throw new DamagedContentException("The chunk is no snapshot.", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Snapshot))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
