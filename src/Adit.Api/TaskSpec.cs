using System.Text.Json.Serialization;

namespace Adit.Api;

// What a runner is told of a task: docs/reference/runner.md.

/// <summary>A port of a task, as the runner opens it.</summary>
public sealed record PortSpec
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The port that the program listens on; 0 for one that the runner chooses and puts in place of <c>{{port}}</c>.</summary>
    public int Port { get; init; }

    /// <summary>Whether it speaks HTTP; otherwise it is TCP.</summary>
    public bool IsHttp { get; set; } = true;

    /// <summary>What is asked to see whether it answers; null when a connection is enough.</summary>
    public string? HealthPath { get; init; }

    /// <summary>Statuses that count as an answer; null for every one below 500.</summary>
    public IReadOnlyList<int>? HealthStatus { get; init; }
}

/// <summary>An image that a container is made of.</summary>
public sealed record ImageSpec
{
    /// <summary>Its reference: <c>registry/name:tag</c>.</summary>
    public required string Reference { get; init; }

    /// <summary>When to fetch it: <c>missing</c> (default), <c>always</c>, <c>never</c>.</summary>
    public string? Pull { get; init; }

    /// <summary>The secret of the hub that has user and password of its registry, <c>USER:PASSWORD</c>; null for what the runner's Docker knows.</summary>
    public string? CredentialsSecret { get; init; }

    /// <summary>User and password of its registry. Never shown or kept.</summary>
    public string? User { get; init; }

    /// <inheritdoc cref="User"/>
    public string? Password { get; init; }

    /// <summary>The reference alone: a record prints all of itself, and this has a password.</summary>
    public override string ToString() => Reference;
}

/// <summary>A directory of the runner's machine that a container sees.</summary>
/// <param name="Source">The directory there.</param>
/// <param name="Target">Where the container has it.</param>
/// <param name="IsReadOnly">Whether it only reads it.</param>
public sealed record MountSpec(string Source, string Target, bool IsReadOnly = false);

/// <summary>The volume that is a task's home directory.</summary>
public sealed record WorkspaceSpec
{
    /// <summary>How often snapshots are made by themselves unless told otherwise, in seconds.</summary>
    public const int DefaultSnapshotSeconds = 15 * 60;

    /// <summary>The project that the volume is in.</summary>
    public required string Project { get; init; }

    /// <summary>Its name there.</summary>
    public required string Volume { get; init; }

    /// <summary>Its id, which another volume of that name does not have.</summary>
    public required string Id { get; init; }

    /// <summary>How often a snapshot is made by itself, where something changed, in seconds; 0 for never.</summary>
    public int SnapshotSeconds { get; set; } = DefaultSnapshotSeconds;

    /// <summary>As people write it.</summary>
    [JsonIgnore]
    public string Path => $"{Project}/{Volume}";
}

/// <summary>All that a runner needs to run a task. Immutable for one attempt.</summary>
public sealed record TaskSpec
{
    /// <summary>The task's id.</summary>
    public required string Id { get; init; }

    /// <summary>Which start of it this is.</summary>
    public required int Attempt { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Owner { get; init; }

    /// <summary>What it is for.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary><c>process</c> or <c>docker</c>.</summary>
    public required string Executor { get; init; }

    /// <summary>The command and its arguments; <c>{{port}}</c>, <c>{{port.NAME}}</c>, <c>{{home}}</c> are the runner's to fill in.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Its environment, with the same placeholders.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();

    /// <summary>Further variables, by name: the secrets whose values they have. Null for none.</summary>
    public IReadOnlyDictionary<string, SecretReference>? Secrets { get; init; }

    /// <summary>
    /// The values of <see cref="Secrets"/>, by the variable's name, taken as they are. Only in what a runner is told of a start, and there in memory
    /// alone: never shown or kept.
    /// </summary>
    public IReadOnlyDictionary<string, string>? SecretValues { get; init; }

    /// <summary>Where it runs; null for the task's home directory.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Names the home directory: tasks with the same word share one. Null for one of its own, gone with the task.</summary>
    public string? Home { get; init; }

    /// <summary>The volume whose newest snapshot the home directory begins as, and which keeps what becomes of it; null for none. Its home is its own then.</summary>
    public WorkspaceSpec? Workspace { get; init; }

    /// <summary>Files written into the home directory before the start, when they are not there: path and text.</summary>
    public IReadOnlyDictionary<string, string>? Files { get; init; }

    /// <summary>The user of the runner's machine that it runs as; null for the runner's own.</summary>
    public string? User { get; init; }

    /// <summary>Its ports, the main one first.</summary>
    public IReadOnlyList<PortSpec> Ports { get; set; } = [];

    /// <summary>What it may use.</summary>
    public TaskResources Resources { get; set; } = new();

    /// <summary>
    /// The GPUs that the runner gave it, by their numbers on its machine: the runner's own to say. Null on a machine without any.
    /// </summary>
    public IReadOnlyList<string>? GpuDevices { get; init; }

    /// <summary>The image, for docker.</summary>
    public ImageSpec? Image { get; init; }

    /// <summary>Directories, for docker.</summary>
    public IReadOnlyList<MountSpec> Mounts { get; set; } = [];

    /// <summary>Whether a container may do anything to its machine; only where an admin's template says so.</summary>
    public bool IsPrivileged { get; init; }

    /// <summary>How long a start may take until its ports answer, in seconds.</summary>
    public int StartTimeoutSeconds { get; set; } = 120;

    /// <summary>How long it may take to end in order, in seconds.</summary>
    public int StopGraceSeconds { get; set; } = 10;

    /// <summary>The number of the first line of this attempt's log: earlier attempts have those before it.</summary>
    public long FirstLine { get; set; } = 1;

    /// <summary>Whether it cannot be started without secrets.</summary>
    [JsonIgnore]
    public bool NeedsSecrets => Secrets is { Count: > 0 } || Image?.CredentialsSecret is not null;

    /// <summary>Whether all secrets that it needs are there.</summary>
    [JsonIgnore]
    public bool HasSecrets =>
        (Secrets is not { Count: > 0 } || Secrets.Keys.All(name => SecretValues?.ContainsKey(name) == true)) && (Image?.CredentialsSecret is null || Image.Password is not null);

    /// <summary>The same as it may be kept.</summary>
    public TaskSpec WithoutSecrets() => this with { SecretValues = null, Image = Image is null ? null : Image with { User = null, Password = null } };
}
