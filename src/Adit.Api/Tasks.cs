using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>What a task is for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskKind>))]
public enum TaskKind
{
    /// <summary>Interactive: somebody works in it until it is stopped.</summary>
    [JsonStringEnumMemberName("session")] Session,

    /// <summary>A command that ends by itself.</summary>
    [JsonStringEnumMemberName("job")] Job,
}

/// <summary>Where a task is in its life. What may follow what is in docs/reference/tasks.md.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskState>))]
public enum TaskState
{
    /// <summary>It waits for a runner with room.</summary>
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>A runner was chosen and has not said yet that it has begun.</summary>
    [JsonStringEnumMemberName("scheduled")] Scheduled,

    /// <summary>The runner fetches what it needs: an image, files.</summary>
    [JsonStringEnumMemberName("preparing")] Preparing,

    /// <summary>Its process runs and its ports do not answer yet.</summary>
    [JsonStringEnumMemberName("starting")] Starting,

    /// <summary>Its ports answer; a job without ports runs.</summary>
    [JsonStringEnumMemberName("ready")] Ready,

    /// <summary>It was told to end and has not yet.</summary>
    [JsonStringEnumMemberName("stopping")] Stopping,

    /// <summary>It ended as it should: it was stopped, or its command ended with 0.</summary>
    [JsonStringEnumMemberName("stopped")] Stopped,

    /// <summary>It ended otherwise; the reason says how.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Its runner is not heard of. It may still run there, and is taken up again when the runner comes back.</summary>
    [JsonStringEnumMemberName("lost")] Lost,
}

/// <summary>What a task may use.</summary>
public sealed record TaskResources
{
    /// <summary>Cores: what the scheduler reserves, and the most it gets where the runner can limit.</summary>
    public double? Cpu { get; init; }

    /// <summary>Memory in bytes, likewise.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Whole GPUs.</summary>
    public int? Gpus { get; init; }

    /// <summary>The kind of GPU, as the runner names it (label <c>gpu</c>); null for any.</summary>
    public string? GpuType { get; init; }
}

/// <summary>POST /api/v1/tasks: start something. With <c>Idempotency-Key</c> a repeated request makes no second one.</summary>
public sealed record CreateTaskRequest
{
    /// <summary>The template: <c>SLUG</c> for what is published now, <c>SLUG@VERSION</c> for that one.</summary>
    public required string Template { get; init; }

    /// <summary>
    /// What it is called, part of its address: a-z, 0-9 and single hyphens inside, 1 or 3 to 30 characters; one's own tasks that run have
    /// different names. Null asks for a free one made of the template's name.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>What it is for; null as the template says.</summary>
    public TaskKind? Kind { get; init; }

    /// <summary>The project it is in; null for none.</summary>
    public string? Project { get; init; }

    /// <summary>Values of the template's parameters, by name.</summary>
    public IReadOnlyDictionary<string, string>? Parameters { get; init; }

    /// <summary>The command and its arguments, for templates that leave it open.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Environment variables on top of the template's.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>What it may use; null, or null inside, as the template says.</summary>
    public TaskResources? Resources { get; init; }

    /// <summary>The one runner to take; null for any that fits.</summary>
    public string? Runner { get; init; }

    /// <summary>Labels that the runner must have.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Who may use its addresses, as of a tunnel; null for its owner alone.</summary>
    public string? Access { get; init; }

    /// <summary>
    /// The volume that is its home directory, <c>NAME</c> in its project or <c>PROJECT/NAME</c>, made when there is none: it begins as the newest snapshot
    /// of it, and what becomes of it is kept there. Null for what the template says.
    /// </summary>
    public string? Workspace { get; init; }

    /// <summary>It has no workspace, whatever the template says: its files stay on its runner.</summary>
    public bool? NoWorkspace { get; init; }
}

/// <summary>Where one of a task's ports is reached.</summary>
public sealed record TaskPort
{
    /// <summary>Its name in the template; the first is the main one.</summary>
    public required string Name { get; init; }

    /// <summary>The tunnel that leads there.</summary>
    public required string Tunnel { get; init; }

    /// <summary>Its address; null for a TCP port, which <c>adit connect</c> reaches by the tunnel's name.</summary>
    public string? Url { get; init; }
}

/// <summary>A moment of a start, for who waits and for who makes starts faster.</summary>
/// <param name="State">The state that began.</param>
/// <param name="At">When.</param>
public sealed record TaskStep(TaskState State, DateTimeOffset At);

/// <summary>Why a task still waits.</summary>
/// <param name="Position">How many are before it, and itself: 1 is next.</param>
/// <param name="Reason">What it waits for, for people.</param>
public sealed record TaskQueuePlace(int Position, string Reason);

/// <summary>What a task used when its runner looked last.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record TaskUsage
{
    /// <summary>Cores in use, averaged over the last report; 1.5 is one and a half.</summary>
    public double Cpu { get; init; }

    /// <summary>Memory in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>GPU use from 0 to 1 over its GPUs; null where that cannot be known.</summary>
    public double? Gpu { get; init; }
}

/// <summary>A task as the API shows it.</summary>
public sealed record ApiTask
{
    /// <summary>Its id, for ever its own.</summary>
    public required string Id { get; init; }

    /// <summary>What its owner calls it.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>The account whose it is.</summary>
    public required string Owner { get; init; }

    /// <summary>The project it is in.</summary>
    public string? Project { get; init; }

    /// <summary>The template it was made of.</summary>
    public required string Template { get; init; }

    /// <summary>Which version of that.</summary>
    public required int TemplateVersion { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required TaskState State { get; init; }

    /// <summary>Whether it should run: what was asked for, where the state is what is.</summary>
    public required bool IsWanted { get; init; }

    /// <summary>Why it is in that state, for people; null where there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>What its command ended with; 128 and the signal's number where a signal ended it.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The runner that has it.</summary>
    public string? Runner { get; init; }

    /// <summary>How often it was started: 1, and one more with each restart.</summary>
    public required int Attempt { get; init; }

    /// <summary>The address of its main port; null when it has none or that is no HTTP.</summary>
    public string? Url { get; init; }

    /// <summary>Where its ports are reached.</summary>
    public required IReadOnlyList<TaskPort> Ports { get; init; }

    /// <summary>What it may use.</summary>
    public required TaskResources Resources { get; init; }

    /// <summary>What an hour of it costs, unrounded; null where nothing is known of prices.</summary>
    public decimal? PricePerHour { get; init; }

    /// <summary>The currency of that.</summary>
    public string? Currency { get; init; }

    /// <summary>What it has cost by now, all attempts together, rounded to six places; null without a price.</summary>
    public decimal? Cost { get; init; }

    /// <summary>Its command, placeholders and all.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>The states of the last start, in order.</summary>
    public required IReadOnlyList<TaskStep> Steps { get; init; }

    /// <summary>Its place while it is queued.</summary>
    public TaskQueuePlace? Queue { get; init; }

    /// <summary>What the runner is at while it prepares, for people: <c>pulling 40%</c>; what an end waits for while the runner is away.</summary>
    public string? Progress { get; init; }

    /// <summary>What it uses; null before the first look and after its end.</summary>
    public TaskUsage? Usage { get; init; }

    /// <summary>What becomes of it when nobody uses it; null while it is not ready.</summary>
    public TaskIdle? Idle { get; init; }

    /// <summary>What its template says of that; null where nothing ever follows, and for a job, which ends by itself.</summary>
    public TaskIdleTerms? IdleTerms { get; init; }

    /// <summary>The volume that is its home directory; null for none.</summary>
    public TaskWorkspace? Workspace { get; init; }

    /// <summary>The last lines of its log, where it failed.</summary>
    public IReadOnlyList<string>? LastLines { get; init; }

    /// <summary>In the answer to its making, what whoever asked should know: that its template is deprecated, say.</summary>
    public IReadOnlyList<string>? Notices { get; init; }

    /// <summary>What the caller may do with it beside seeing it: <c>change</c>.</summary>
    public IReadOnlyList<string> May { get; set; } = [];
}

/// <summary>The volume that is a task's home directory.</summary>
public sealed record TaskWorkspace
{
    /// <summary>The volume, as people write it: <c>project/name</c>.</summary>
    public required string Volume { get; init; }

    /// <summary>The last snapshot that the task made of it; null before the first.</summary>
    public string? Snapshot { get; init; }

    /// <summary>The branch that this is on: another than <c>main</c> where that had gone on meanwhile.</summary>
    public string? Branch { get; init; }

    /// <summary>Why it was made: <c>manual</c>, <c>schedule</c>, <c>stop</c>, <c>run</c>.</summary>
    public string? Cause { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset? Saved { get; init; }
}

/// <summary>POST /api/v1/tasks/{task}/snapshots: keeps what is in a running task's workspace now. Answered with <see cref="CreatedSnapshot"/>.</summary>
public sealed record SnapshotTaskRequest
{
    /// <summary>What is said of it; at most 10,000 characters.</summary>
    public string? Message { get; init; }
}

/// <summary>GET /api/v1/tasks, the newest first.</summary>
public sealed record TaskList
{
    /// <summary>One page.</summary>
    public required IReadOnlyList<ApiTask> Items { get; init; }

    /// <summary>Pass as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>A line of a task's log.</summary>
/// <param name="Number">Counted from 1 for each task, over all its attempts.</param>
/// <param name="At">When the runner read it.</param>
/// <param name="Stream"><c>out</c> or <c>err</c>; <c>adit</c> for what the runner says about the task.</param>
/// <param name="Text">The line without its end; what is no UTF-8 is U+FFFD. Longer lines come in pieces.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record LogLine(long Number, DateTimeOffset At, string Stream, string Text)
{
    /// <summary>Whether the next line of the stream goes on where this one ends.</summary>
    public bool IsPart { get; init; }
}

/// <summary>GET /api/v1/tasks/{id}/logs.</summary>
public sealed record LogPage
{
    /// <summary>The lines, in order.</summary>
    public required IReadOnlyList<LogLine> Lines { get; init; }

    /// <summary>The first line that is still kept.</summary>
    public required long First { get; init; }

    /// <summary>One more than the last line there is.</summary>
    public required long End { get; init; }
}

/// <summary>An event of /api/v1/events: something about a task changed.</summary>
/// <param name="Type"><c>created</c>, <c>changed</c>, <c>again</c>, <c>removed</c>; <c>warned</c> when it is about to be stopped because nobody uses it; <c>saved</c> when a snapshot was made of its workspace.</param>
/// <param name="Id">Which.</param>
/// <param name="Name">What it is called.</param>
/// <param name="State">Its state now.</param>
/// <param name="Reason">Why.</param>
public sealed record TaskEvent(string Type, string Id, string Name, TaskState State, string? Reason)
{
    /// <summary>What its command ended with, once it has.</summary>
    public int? ExitCode { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateTaskRequest))]
[JsonSerializable(typeof(ApiTask))]
[JsonSerializable(typeof(TaskList))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(LogPage))]
[JsonSerializable(typeof(TaskEvent))]
[JsonSerializable(typeof(TaskIdleReport))]
[JsonSerializable(typeof(LeaseTaskRequest))]
[JsonSerializable(typeof(ExtendTaskRequest))]
[JsonSerializable(typeof(SnapshotTaskRequest))]
public sealed partial class TasksJson : JsonSerializerContext;
