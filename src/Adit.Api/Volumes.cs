using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>What a volume is for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VolumeKind>))]
public enum VolumeKind
{
    /// <summary>The working directory of somebody: written by one at a time.</summary>
    [JsonStringEnumMemberName("workspace")]
    Workspace,

    /// <summary>Files that many read.</summary>
    [JsonStringEnumMemberName("dataset")]
    Dataset,
}

/// <summary>POST /api/v1/volumes: makes an empty volume, or a fork.</summary>
public sealed record CreateVolumeRequest
{
    /// <summary>The project that it is in.</summary>
    public required string Project { get; init; }

    /// <summary>Its name in the project: 1 to 63 of a-z, 0-9 and hyphens inside.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public VolumeKind? Kind { get; init; }

    /// <summary>A sentence for people; at most 1,000 characters.</summary>
    public string? Description { get; init; }

    /// <summary>
    /// Makes it a fork: <c>volume</c> or <c>volume@snapshot</c> of the same project, whose history up to there it has too. No bytes are copied. It is of the same kind when
    /// none is said.
    /// </summary>
    public string? From { get; init; }
}

/// <summary>PATCH /api/v1/volumes/{project}/{volume}: null leaves a member as it is.</summary>
public sealed record ChangeVolumeRequest
{
    /// <inheritdoc cref="CreateVolumeRequest.Description"/>
    public string? Description { get; init; }
}

/// <summary>A volume: versions of a directory.</summary>
public sealed record ApiVolume
{
    /// <summary>Its id, which it keeps.</summary>
    public required string Id { get; init; }

    /// <summary>The project that it is in.</summary>
    public required string Project { get; init; }

    /// <summary>Its name in the project.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required VolumeKind Kind { get; init; }

    /// <summary>A sentence for people.</summary>
    public string? Description { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The account that made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>The newest snapshot of its branch <c>main</c>; null while there is none.</summary>
    public ApiSnapshot? Latest { get; init; }

    /// <summary>Its branches and tags, by name.</summary>
    public IReadOnlyList<VolumeRef> Refs { get; set; } = [];

    /// <summary>What the caller may do with it beside seeing it: <c>write</c>, <c>remove</c>.</summary>
    public IReadOnlyList<string> May { get; set; } = [];
}

/// <summary>A name for a snapshot.</summary>
/// <param name="Name">1 to 63 of a-z, 0-9, hyphens, dots and underscores.</param>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="IsTag">Whether it is a tag, which stays where it is; otherwise a branch, which goes on with each snapshot.</param>
public sealed record VolumeRef(string Name, string Snapshot, bool IsTag);

/// <summary>GET /api/v1/volumes: by project and name.</summary>
public sealed record VolumeList
{
    /// <summary>One page.</summary>
    public required IReadOnlyList<ApiVolume> Items { get; init; }

    /// <summary>Pass as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>POST /api/v1/volumes/{project}/{volume}/commit.</summary>
public sealed record CommitVolumeRequest
{
    /// <summary>What the snapshot is; null for a line that counts what was put and removed.</summary>
    public string? Message { get; init; }
}

/// <summary>POST /api/v1/volumes/{project}/{volume}/snapshots: makes a snapshot of a tree whose chunks are there.</summary>
public sealed record CreateSnapshotRequest
{
    /// <summary>The page of the topmost directory: 64 hexadecimal digits.</summary>
    public required string Root { get; init; }

    /// <summary>Entries of the topmost directory.</summary>
    public long Entries { get; init; }

    /// <summary>Files in all directories.</summary>
    public long Files { get; init; }

    /// <summary>Their sizes together.</summary>
    public long Bytes { get; init; }

    /// <summary>The branch that goes on with it; <c>main</c> when null.</summary>
    public string? Branch { get; init; }

    /// <summary>The snapshot that it changes; null for the first. When the branch has gone on from there, the snapshot gets a branch of its own.</summary>
    public string? Parent { get; init; }

    /// <summary>What is said of it; at most 10,000 characters.</summary>
    public string? Message { get; init; }

    /// <summary>Why it is made: <c>manual</c>, <c>upload</c>, <c>run</c>, <c>schedule</c>, <c>stop</c>, <c>restore</c>; <c>manual</c> when null.</summary>
    public string? Cause { get; init; }

    /// <summary>Bytes that were sent for it, for the log.</summary>
    public long? UploadedBytes { get; init; }
}

/// <summary>What became of a request for a snapshot.</summary>
public sealed record CreatedSnapshot
{
    /// <summary>The snapshot: a new one, or the branch's newest when nothing is different.</summary>
    public required ApiSnapshot Snapshot { get; init; }

    /// <summary>The branch that it is on.</summary>
    public required string Branch { get; init; }

    /// <summary>Whether it is new.</summary>
    public required bool IsNew { get; init; }

    /// <summary>Whether the branch had gone on, so that it got a branch of its own.</summary>
    public required bool IsDiverged { get; init; }
}

/// <summary>A version of a volume.</summary>
public sealed record ApiSnapshot
{
    /// <summary>Its id: 64 hexadecimal digits. The first twelve are enough to name it.</summary>
    public required string Id { get; init; }

    /// <summary>The page of its topmost directory.</summary>
    public required string Root { get; init; }

    /// <summary>The snapshots that it comes from.</summary>
    public IReadOnlyList<string> Parents { get; set; } = [];

    /// <summary>Who made it.</summary>
    public required string Author { get; init; }

    /// <summary>What was said of it.</summary>
    public string Message { get; set; } = "";

    /// <summary>Why it was made: <c>manual</c>, <c>upload</c>, <c>run</c>, <c>schedule</c>, <c>stop</c>, <c>merge</c>, <c>restore</c>.</summary>
    public required string Cause { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Entries of the topmost directory.</summary>
    public long Entries { get; init; }

    /// <summary>Files in it.</summary>
    public long Files { get; init; }

    /// <summary>Their sizes together.</summary>
    public long Bytes { get; init; }

    /// <summary>Bytes that were sent for it.</summary>
    public long UploadedBytes { get; init; }

    /// <summary>Branches and tags that name it.</summary>
    public IReadOnlyList<string> Refs { get; set; } = [];
}

/// <summary>GET /api/v1/volumes/{project}/{volume}/snapshots: newest first.</summary>
public sealed record SnapshotList
{
    /// <summary>One page.</summary>
    public required IReadOnlyList<ApiSnapshot> Items { get; init; }

    /// <summary>Pass as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>PUT /api/v1/volumes/{project}/{volume}/tags/{tag}.</summary>
public sealed record SetTagRequest
{
    /// <summary>The snapshot that it names: an id, the beginning of one, a branch or a tag.</summary>
    public required string Snapshot { get; init; }
}

/// <summary>GET /api/v1/volumes/{project}/{volume}/diff.</summary>
public sealed record SnapshotDiff
{
    /// <summary>From here.</summary>
    public required ApiSnapshot From { get; init; }

    /// <summary>To here.</summary>
    public required ApiSnapshot To { get; init; }

    /// <summary>What differs, by path; the first 10,000.</summary>
    public required IReadOnlyList<PathChange> Changes { get; init; }

    /// <summary>Whether there are more.</summary>
    public bool IsCut { get; init; }
}

/// <summary>What differs at a path.</summary>
public sealed record PathChange
{
    /// <summary>How: <c>added</c>, <c>removed</c>, <c>changed</c>, <c>described</c> (mode or attributes alone), <c>moved</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Where.</summary>
    public required string Path { get; init; }

    /// <summary>Where it was before it moved.</summary>
    public string? From { get; init; }

    /// <summary>Bytes before; null when it was not there.</summary>
    public long? BytesBefore { get; init; }

    /// <summary>Bytes after; null when it is not there.</summary>
    public long? BytesAfter { get; init; }
}

/// <summary>GET /api/v1/volumes/{project}/{volume}/files: a directory of a snapshot.</summary>
public sealed record FileList
{
    /// <summary>The snapshot.</summary>
    public required string Snapshot { get; init; }

    /// <summary>Entries by name.</summary>
    public required IReadOnlyList<FileEntry> Items { get; init; }

    /// <summary>Pass as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>An entry of a directory.</summary>
public sealed record FileEntry
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is: <c>file</c>, <c>directory</c>, <c>link</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Bytes; of a directory all in it and below.</summary>
    public long Bytes { get; init; }

    /// <summary>Of a directory: files in it and below.</summary>
    public long? Files { get; init; }

    /// <summary>Permission bits, as a number.</summary>
    public int Mode { get; init; }

    /// <summary>When it was changed last; null for directories.</summary>
    public DateTimeOffset? Modified { get; init; }

    /// <summary>Where a link leads.</summary>
    public string? Target { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateVolumeRequest))]
[JsonSerializable(typeof(ChangeVolumeRequest))]
[JsonSerializable(typeof(ApiVolume))]
[JsonSerializable(typeof(VolumeList))]
[JsonSerializable(typeof(RetentionRule))]
[JsonSerializable(typeof(PruneReport))]
[JsonSerializable(typeof(CommitVolumeRequest))]
[JsonSerializable(typeof(CreateSnapshotRequest))]
[JsonSerializable(typeof(CreatedSnapshot))]
[JsonSerializable(typeof(ApiSnapshot))]
[JsonSerializable(typeof(SnapshotList))]
[JsonSerializable(typeof(MergeRequest))]
[JsonSerializable(typeof(MergeOutcome))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(SetTagRequest))]
[JsonSerializable(typeof(SnapshotDiff))]
[JsonSerializable(typeof(FileList))]
[JsonSerializable(typeof(FileEntry))]
[JsonSerializable(typeof(StorageReport))]
[JsonSerializable(typeof(StoreCheckReport))]
[JsonSerializable(typeof(StoreCollectionReport))]
public sealed partial class VolumesJson : JsonSerializerContext;
