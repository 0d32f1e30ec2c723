using Adit.Api;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Templates;

/// <summary>Everything that follows from a template, its parameters and a request. Immutable, and complete: the template is not asked again.</summary>
internal sealed record ResolvedTask
{
    /// <summary>The template's slug.</summary>
    public required string Template { get; init; }

    /// <summary>Which version of it.</summary>
    public required int Version { get; init; }

    /// <summary>What it is for: as asked for, otherwise as the template says.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>
    /// What its runner gets. Its id is empty and its attempt 0: whoever makes the task fills them in (<c>with</c>). Its resources are the most
    /// that it may use.
    /// </summary>
    public required TaskSpec Spec { get; init; }

    /// <summary>What the scheduler reserves for it; cores and memory are there always.</summary>
    public required TaskResources Requests { get; init; }

    /// <summary>The ports as tunnels, the main one first; the same names, in the same order, as in <see cref="Spec"/>.</summary>
    public required IReadOnlyList<ResolvedPort> Ports { get; init; }

    public required TaskPlacement Placement { get; init; }

    /// <summary>Who may use its addresses, as of a tunnel; what was asked for, otherwise the template's.</summary>
    public required string Access { get; init; }

    /// <summary>How far its owner may open its addresses later.</summary>
    public required AccessLevel MaxShare { get; init; }

    public required IdlePolicy Idle { get; init; }

    public required StartPolicy Start { get; init; }

    /// <summary>What it costs: as its template says, otherwise as the hub does; null for nothing.</summary>
    public TaskRates? Rates { get; init; }

    /// <summary>How many tasks of this template one owner may have that have not ended; null for any number.</summary>
    public int? MaxPerUser { get; init; }

    /// <summary>Whether it has a workspace where the request says nothing of one.</summary>
    public bool WantsWorkspace { get; init; }

    /// <summary>How often its workspace is kept while it runs, in seconds; 0 for never.</summary>
    public int SnapshotSeconds { get; set; } = WorkspaceSpec.DefaultSnapshotSeconds;

    /// <summary>The parameters with their values, defaults included, for people.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>What whoever asked should know, a sentence each: that the template is deprecated, that a choice was replaced.</summary>
    public IReadOnlyList<string> Notices { get; set; } = [];
}

/// <summary>A port of a task, as its tunnel.</summary>
/// <param name="Name">Its name in the template.</param>
/// <param name="IsHttp">Whether it is reached by HTTP at a host; otherwise by TCP.</param>
/// <param name="Options">How requests are changed on their way; null for not at all.</param>
internal sealed record ResolvedPort(string Name, bool IsHttp, TunnelOptions? Options);

/// <summary>Which runners may have a task. All of it has to hold.</summary>
internal sealed record TaskPlacement
{
    /// <summary>The one runner to take; null for any.</summary>
    public string? Runner { get; init; }

    /// <summary>Labels that the runner must have, with the values that will do: any of them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Require { get; set; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Labels that it would better have.</summary>
    public IReadOnlyList<PreferredLabel> Prefer { get; set; } = [];

    /// <summary>Taints that do not keep the task off; one without a value tolerates every value of its key.</summary>
    public IReadOnlyList<Taint> Tolerate { get; set; } = [];
}

/// <summary>A label that is liked.</summary>
/// <param name="Key">The label.</param>
/// <param name="Value">Its value.</param>
/// <param name="Weight">How much, 1 to 100.</param>
internal sealed record PreferredLabel(string Key, string Value, int Weight);

/// <summary>What becomes of a task that nobody uses.</summary>
internal enum IdleAction
{
    /// <summary>It is ended.</summary>
    Stop,

    /// <summary>Its processes are halted where they are, keep their memory, and go on when somebody comes.</summary>
    Freeze,
}

/// <summary>One step down.</summary>
/// <param name="After">How long it was idle by then.</param>
/// <param name="Action">What happens.</param>
internal sealed record IdleStep(TimeSpan After, IdleAction Action);

/// <summary>When a task counts as idle, and what follows. Words and defaults: docs/reference/template.md, "idle".</summary>
internal sealed record IdlePolicy
{
    /// <summary>What follows on idleness, the shortest first; empty for nothing ever.</summary>
    public IReadOnlyList<IdleStep> Steps { get; set; } = [];

    /// <summary>How long before it is stopped its owner is told.</summary>
    public TimeSpan Warn { get; init; }

    /// <summary>Whether requests count.</summary>
    public bool Requests { get; set; } = true;

    /// <summary>Whether what visitors send over WebSockets counts.</summary>
    public bool WebSocket { get; set; } = true;

    /// <summary>Whether a busy kernel counts, asked of the main port as Jupyter answers it (<c>GET api/kernels</c>).</summary>
    public bool JupyterKernels { get; init; }

    /// <summary>Cores from which on computing counts, averaged over <see cref="ComputeWindow"/>; null when it never does.</summary>
    public double? ComputeCpu { get; init; }

    /// <summary>Use of any GPU, 0 to 1, from which on computing counts; null when it never does.</summary>
    public double? ComputeGpu { get; init; }

    public TimeSpan ComputeWindow { get; init; }

    /// <summary>Requests that count as nothing: a path, with <c>*</c> for any characters, or a method, a space and that. See <see cref="IdleFilter"/>.</summary>
    public IReadOnlyList<string> IgnorePaths { get; set; } = [];

    /// <summary>Messages on WebSockets that match one of these (.NET, not backtracking) count as nothing. See <see cref="IdleFilter"/>.</summary>
    public IReadOnlyList<string> IgnoreMessages { get; set; } = [];

    /// <summary>How long what only the application sends keeps a task, after the last that a person did.</summary>
    public TimeSpan WebSocketPassiveMax { get; init; }

    /// <summary>How long one unbroken stretch of computing or of a busy kernel keeps it.</summary>
    public TimeSpan BusyMax { get; init; }

    /// <summary>It is never idle before it was ready for so long.</summary>
    public TimeSpan MinUptime { get; init; }

    /// <summary>It is stopped when it was ready for so long, used or not; null for never.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>The longest lease that the program in it may take; zero for none.</summary>
    public TimeSpan LeaseMaxTtl { get; init; }

    /// <summary>All leases of a day together, at most.</summary>
    public TimeSpan LeaseMaxPerDay { get; init; }

    /// <summary>What follows on idleness, as the API shows it.</summary>
    public TaskIdleTerms ToTerms()
    {
        var stop = Steps.FirstOrDefault(static step => step.Action == IdleAction.Stop);
        return new TaskIdleTerms
        {
            FreezeAfterSeconds = (int?)Steps.FirstOrDefault(static step => step.Action == IdleAction.Freeze)?.After.TotalSeconds,
            StopAfterSeconds = (int?)stop?.After.TotalSeconds,
            WarnSeconds = Warn > TimeSpan.Zero && (stop is not null || MaxAge is not null) ? (int)Warn.TotalSeconds : null,
            MaxAgeSeconds = (int?)MaxAge?.TotalSeconds,
        };
    }
}

/// <summary>How a start goes.</summary>
/// <param name="Timeout">How long it may take until its ports answer.</param>
/// <param name="Hold">How long the edge holds a program's request while it starts.</param>
/// <param name="Retries">How often a start that failed is tried anew by itself.</param>
internal sealed record StartPolicy(TimeSpan Timeout, TimeSpan Hold, int Retries);

/// <summary>Prices of an hour, in whichever currency the admin thinks in.</summary>
/// <param name="CpuHour">One core.</param>
/// <param name="MemoryGiBHour">One GiB of memory.</param>
/// <param name="GpuHour">One GPU.</param>
/// <param name="Currency">What it is called: <c>EUR</c>; null for nothing in particular.</param>
internal sealed record TaskRates(decimal CpuHour, decimal MemoryGiBHour, decimal GpuHour, string? Currency)
{
    private const decimal BytesPerGiB = 1L << 30;

    /// <summary>What an hour with these reserved costs, unrounded.</summary>
    public decimal PerHour(TaskResources reserved) =>
        ((decimal)(reserved.Cpu ?? 0) * CpuHour) + ((reserved.MemoryBytes ?? 0) / BytesPerGiB * MemoryGiBHour) + ((reserved.Gpus ?? 0) * GpuHour);
}
