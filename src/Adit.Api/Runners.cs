using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>A GPU of a runner.</summary>
/// <param name="Index">Its number on the machine.</param>
/// <param name="Name">What its driver calls it.</param>
/// <param name="MemoryBytes">Its memory.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record Gpu(int Index, string Name, long MemoryBytes);

/// <summary>What a machine is and has.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record RunnerFacts
{
    /// <summary>Operating system and version.</summary>
    public required string Os { get; init; }

    /// <summary>Processor architecture: <c>x64</c>, <c>arm64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Cores it may use.</summary>
    public required double Cpus { get; init; }

    /// <summary>Its memory in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Size of the disk that tasks write to, in bytes.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>Its GPUs.</summary>
    public IReadOnlyList<Gpu> Gpus { get; set; } = [];

    /// <summary>The executors that work here: <c>process</c>, <c>docker</c>.</summary>
    public required IReadOnlyList<string> Executors { get; init; }

    /// <summary>What its program can do that older ones cannot: <see cref="RunnerFeatures"/>. Words that are not known mean nothing.</summary>
    public IReadOnlyList<string> Features { get; set; } = [];

    /// <summary>What does not work here as it could, for the admin: a sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; set; } = [];

    /// <summary>Whether it is in one process with the hub (<c>adit up</c>): its tasks run as the hub's own user, who can read all that the hub keeps.</summary>
    public bool IsHubUser { get; init; }
}

/// <summary>The words of <see cref="RunnerFacts.Features"/>.</summary>
public static class RunnerFeatures
{
    /// <summary>It gives tasks the secrets that it is told. One that says nothing of it would start them without.</summary>
    public const string Secrets = "secrets";

    /// <summary>It brings workspaces to tasks and back. One that says nothing of it would start them in an empty directory, and lose what they make.</summary>
    public const string Workspaces = "workspaces";
}

/// <summary>What a machine uses now.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record RunnerUsage
{
    /// <summary>Cores in use by everything on the machine.</summary>
    public double Cpu { get; init; }

    /// <summary>Memory in use by everything, in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Free bytes of the disk that tasks write to.</summary>
    public long DiskFreeBytes { get; init; }

    /// <summary>Use of each GPU from 0 to 1, by index.</summary>
    public IReadOnlyList<double> Gpus { get; set; } = [];
}

/// <summary>Keeps tasks off a runner that do not tolerate it.</summary>
/// <param name="Key">What is special about it.</param>
/// <param name="Value">More of that; null for none.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record Taint(string Key, string? Value = null);

/// <summary>A runner as the API shows it.</summary>
public sealed record ApiRunner
{
    /// <summary>Its name, unique on the hub.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is heard of.</summary>
    public required bool IsUp { get; init; }

    /// <summary>Whether it takes no new tasks.</summary>
    public required bool IsCordoned { get; init; }

    /// <summary>Whether its tasks are being ended, and it takes no new ones.</summary>
    public required bool IsDraining { get; init; }

    /// <summary>Whether only its owner's tasks run here: it was started so, an admin said so, or its owner is no admin.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Its program's version.</summary>
    public required string Version { get; init; }

    /// <summary>What to do about its version; null when it is the hub's.</summary>
    public string? Notice { get; init; }

    /// <summary>The account that registered it.</summary>
    public required string Owner { get; init; }

    /// <summary>The id of the token that it was here with last; null to who may not change it.</summary>
    public string? Token { get; init; }

    /// <summary>Its own labels and those that an admin gave it.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>What keeps tasks off it.</summary>
    public required IReadOnlyList<Taint> Taints { get; init; }

    /// <summary>Of its labels those that it was started with.</summary>
    public IReadOnlyDictionary<string, string> OwnLabels { get; set; } = new Dictionary<string, string>();

    /// <summary>Those that were given to it on the hub, which win over its own.</summary>
    public IReadOnlyDictionary<string, string> GivenLabels { get; set; } = new Dictionary<string, string>();

    /// <summary>Of its taints those that it was started with.</summary>
    public IReadOnlyList<Taint> OwnTaints { get; set; } = [];

    /// <summary>Those that were given to it on the hub.</summary>
    public IReadOnlyList<Taint> GivenTaints { get; set; } = [];

    /// <summary>What it is; null before it was ever heard.</summary>
    public RunnerFacts? Facts { get; init; }

    /// <summary>What it uses; null while it is not heard.</summary>
    public RunnerUsage? Usage { get; init; }

    /// <summary>What its tasks have reserved.</summary>
    public required TaskResources Reserved { get; init; }

    /// <summary>How many tasks it has.</summary>
    public required int Tasks { get; init; }

    /// <summary>When it was first there.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was heard last.</summary>
    public DateTimeOffset? Seen { get; init; }

    /// <summary>What the caller may do with it beside using it: <c>change</c>.</summary>
    public IReadOnlyList<string> May { get; set; } = [];
}

/// <summary>GET /api/v1/runners.</summary>
public sealed record RunnerList
{
    /// <summary>All that the caller may use, by name.</summary>
    public required IReadOnlyList<ApiRunner> Items { get; init; }
}

/// <summary>PATCH /api/v1/runners/{name}: what is present replaces what was. For admins.</summary>
public sealed record ChangeRunnerRequest
{
    /// <summary>A new name.</summary>
    public string? Name { get; init; }

    /// <summary>Takes no new tasks.</summary>
    public bool? Cordon { get; init; }

    /// <summary>Takes no new tasks and ends those it has.</summary>
    public bool? Drain { get; init; }

    /// <summary>
    /// Only its owner's tasks run here; or, of a runner that an admin brought, everybody's. Holds whatever the runner says when it starts. Tasks
    /// that it has already go on.
    /// </summary>
    public bool? IsPrivate { get; init; }

    /// <summary>
    /// Whether it may be shared although its tasks run as the hub's own user (<see cref="RunnerFacts.IsHubUser"/>), who can read all that the hub
    /// keeps: without it such a runner is not shared.
    /// </summary>
    public bool? SharesHubUser { get; init; }

    /// <summary>All that are given to it (<see cref="ApiRunner.GivenLabels"/>), on top of its own.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>All that are given to it (<see cref="ApiRunner.GivenTaints"/>), beside its own.</summary>
    public IReadOnlyList<GivenTaint>? Taints { get; init; }
}

/// <summary>A <see cref="Taint"/> as people write it; what runners say of theirs is read more liberally.</summary>
/// <param name="Key">What is special about the runner.</param>
/// <param name="Value">More of that; null for none.</param>
public sealed record GivenTaint(string Key, string? Value = null);

// ---- Between a runner and its hub: docs/reference/runner.md ----------------------------------------------------------------------------
// A hub refuses members that it does not know in what people send, and not in what runners say, which may be newer: each type of theirs says so.

/// <summary>What a runner should do about one task.</summary>
public sealed record DesiredTask
{
    /// <summary>The task and its attempt.</summary>
    public required TaskSpec Spec { get; init; }

    /// <summary>Whether it should run; otherwise it is ended, and forgotten once the hub knows that it has.</summary>
    public required bool Run { get; init; }

    /// <summary>
    /// Whether the task's own home directory stays on the runner when the attempt has ended and is forgotten, for the next attempt: until the hub
    /// names the task no longer among all, or forgets every attempt of it.
    /// </summary>
    public bool KeepsHome { get; init; }
}

/// <summary>What a runner should do: <c>PUT /v1/tasks</c> of the runner's control API, and the hub's answer to a runner that connects.</summary>
public sealed record DesiredTasks
{
    /// <summary>Whether these are all: what the runner has and is not here is ended and forgotten.</summary>
    public required bool IsAll { get; init; }

    /// <summary>
    /// Counts what the hub says in this session, from 1: of two messages the one with the larger number holds, in whatever order they arrive. 0 comes
    /// from a hub that does not count.
    /// </summary>
    public long Number { get; set; }

    /// <summary>The tasks.</summary>
    public required IReadOnlyList<DesiredTask> Items { get; init; }

    /// <summary>What the hub wants to hear no more of: ended if it runs, and forgotten once its log is with the hub.</summary>
    public IReadOnlyList<TaskAttempt>? Forget { get; init; }
}

/// <summary>A start of a task.</summary>
/// <param name="Id">The task.</param>
/// <param name="Attempt">Which start; 2147483647 for all of them.</param>
public sealed record TaskAttempt(string Id, int Attempt);

/// <summary>What a runner sees of one task.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record ObservedTask
{
    /// <summary>The task.</summary>
    public required string Id { get; init; }

    /// <summary>Which start of it.</summary>
    public required int Attempt { get; init; }

    /// <summary>One of preparing, starting, ready, stopping, stopped, failed.</summary>
    public required TaskState State { get; init; }

    /// <summary>When that began.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Why, for people.</summary>
    public string? Reason { get; init; }

    /// <summary>What it is at while it prepares.</summary>
    public string? Progress { get; init; }

    /// <summary>What its command ended with.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Where its ports listen on the runner, by name: <c>127.0.0.1:41234</c>.</summary>
    public IReadOnlyDictionary<string, string>? Ports { get; init; }

    /// <summary>What it uses.</summary>
    public TaskUsage? Usage { get; init; }

    /// <summary>The last lines of its log, where it failed.</summary>
    public IReadOnlyList<string>? LastLines { get; init; }

    /// <summary>One more than the last line of its log, once it has ended: the hub may not have come so far.</summary>
    public long? LogEnd { get; init; }
}

/// <summary>POST /api/v1/runner/session: a runner is there. Answered with <see cref="RunnerWelcome"/>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record RunnerHello
{
    /// <summary>
    /// The name it would have: 1 to 63 of a-z, 0-9, '-', '.', '_'. Of a runner that the hub knows by its installation, the hub's name holds.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>A random word that a runner's data directory keeps: two machines are not one runner. Whoever does not know it is another runner.</summary>
    public required string Installation { get; init; }

    /// <summary>
    /// A random word of this process, at most 64 characters: after a cut link the hub knows by it that nobody else comes. Null from an older
    /// runner.
    /// </summary>
    public string? Process { get; init; }

    /// <summary>Its program's version.</summary>
    public required string Version { get; init; }

    /// <summary>Which version of this protocol it speaks.</summary>
    public required int Protocol { get; init; }

    /// <summary>The link on which its control API is served.</summary>
    public required string Link { get; init; }

    /// <summary>What it is.</summary>
    public required RunnerFacts Facts { get; init; }

    /// <summary>Its own labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    /// <summary>Its own taints.</summary>
    public IReadOnlyList<Taint> Taints { get; set; } = [];

    /// <summary>Whether it was started for its owner's tasks only; what an admin says on the hub wins.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>All that it has.</summary>
    public required IReadOnlyList<ObservedTask> Tasks { get; init; }
}

/// <summary>The answer to <see cref="RunnerHello"/>.</summary>
public sealed record RunnerWelcome
{
    /// <summary>What the hub calls it.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the protocol to speak: the lower of both sides'.</summary>
    public required int Protocol { get; init; }

    /// <summary>What to do about its own version; null when it is the hub's.</summary>
    public string? Notice { get; init; }

    /// <summary>All that it should have.</summary>
    public required DesiredTasks Desired { get; init; }
}

/// <summary>POST /api/v1/runner/report: at least every 10 s, and at once when a task's state changes.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record RunnerReport
{
    /// <summary>The link of its session.</summary>
    public required string Link { get; init; }

    /// <summary>What the machine uses; null when it was not looked at.</summary>
    public RunnerUsage? Usage { get; init; }

    /// <summary>What changed, or is used otherwise than before.</summary>
    public IReadOnlyList<ObservedTask> Tasks { get; set; } = [];
}

/// <summary>POST /api/v1/runner/logs: lines of one task. The hub takes what follows on what it has, and ignores what it has already.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record LogBatch
{
    /// <summary>The link of its session.</summary>
    public required string Link { get; init; }

    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>Lines in order without gaps.</summary>
    public required IReadOnlyList<LogLine> Lines { get; init; }
}

/// <summary>The answer to <see cref="LogBatch"/>.</summary>
/// <param name="End">One more than the last line that the hub has on disk: where the next batch begins.</param>
public sealed record LogReceipt(long End);

/// <summary>JSON of this resource and of the protocol, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApiRunner))]
[JsonSerializable(typeof(RunnerList))]
[JsonSerializable(typeof(ChangeRunnerRequest))]
[JsonSerializable(typeof(TaskSpec))]
[JsonSerializable(typeof(DesiredTasks))]
[JsonSerializable(typeof(ObservedTask))]
[JsonSerializable(typeof(RunnerHello))]
[JsonSerializable(typeof(RunnerWelcome))]
[JsonSerializable(typeof(RunnerReport))]
[JsonSerializable(typeof(LogBatch))]
[JsonSerializable(typeof(LogReceipt))]
[JsonSerializable(typeof(RunnerWorkspace))]
[JsonSerializable(typeof(RunnerSnapshotRequest))]
[JsonSerializable(typeof(TakeSnapshotRequest))]
[JsonSerializable(typeof(CreatedSnapshot))]
public sealed partial class RunnersJson : JsonSerializerContext;
