using System.Text.Json.Serialization;

namespace Adit.Api;

// Between a runner and its hub about the workspaces of tasks: docs/reference/runner.md.

/// <summary>POST /api/v1/runner/links/{link}/workspaces/{task}/{attempt}: what a task's home directory begins as.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record RunnerWorkspace
{
    /// <summary>The newest snapshot of the volume; null while there is none.</summary>
    public ApiSnapshot? Head { get; init; }

    /// <summary>Whether all is kept that this attempt made: nothing more is taken of it.</summary>
    public bool IsClosed { get; init; }
}

/// <summary>POST …/snapshots: a snapshot of a task's home directory, whose chunks are there. The hub says who made it: the task's owner.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record RunnerSnapshotRequest
{
    /// <inheritdoc cref="CreateSnapshotRequest.Root"/>
    public required string Root { get; init; }

    /// <inheritdoc cref="CreateSnapshotRequest.Entries"/>
    public long Entries { get; init; }

    /// <inheritdoc cref="CreateSnapshotRequest.Files"/>
    public long Files { get; init; }

    /// <inheritdoc cref="CreateSnapshotRequest.Bytes"/>
    public long Bytes { get; init; }

    /// <inheritdoc cref="CreateSnapshotRequest.Branch"/>
    public string? Branch { get; init; }

    /// <inheritdoc cref="CreateSnapshotRequest.Parent"/>
    public string? Parent { get; init; }

    /// <inheritdoc cref="CreateSnapshotRequest.Message"/>
    public string? Message { get; init; }

    /// <summary>Why: <c>manual</c>, <c>schedule</c>, <c>stop</c>, <c>run</c>; what the hub does not know is <c>run</c>.</summary>
    public string? Cause { get; init; }

    /// <inheritdoc cref="CreateSnapshotRequest.UploadedBytes"/>
    public long? UploadedBytes { get; init; }

    /// <summary>The attempt has ended and nothing follows: the hub takes no more of it.</summary>
    public bool IsLast { get; init; }
}

/// <summary>POST /v1/tasks/{id}/snapshots of a runner's control API.</summary>
/// <param name="Message">What is said of the snapshot.</param>
public sealed record TakeSnapshotRequest(string? Message);
