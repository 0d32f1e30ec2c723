using Adit.Api;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Templates.Documents;

/// <summary>Whose a home directory is.</summary>
internal enum HomeOwner
{
    Task,
    User,
    Project,

    /// <summary>A session's is a volume; that of what has none is the user's.</summary>
    Workspace,
}

/// <summary>The <c>spec</c> of a template as it was read, with every default in place. Immutable.</summary>
internal sealed record TemplateBody
{
    public required TaskKind Kind { get; init; }

    public required BodySource Source { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Variables whose values are secrets; none of them is in <see cref="Environment"/>.</summary>
    public required IReadOnlyDictionary<string, SecretReference> Secrets { get; init; }

    public required bool OpenEnvironment { get; init; }

    public required IReadOnlyDictionary<string, string> Files { get; init; }

    public required HomeOwner Home { get; init; }

    /// <summary>How often the workspace of a task is kept while it runs; zero for never, null for as usual.</summary>
    public TimeSpan? SnapshotEvery { get; init; }

    public required BodyResources Resources { get; init; }

    public required TaskPlacement Placement { get; init; }

    public required IReadOnlyList<BodyPort> Ports { get; init; }

    /// <summary>As of a tunnel.</summary>
    public required string Access { get; init; }

    public required AccessLevel MaxShare { get; init; }

    public required IdlePolicy Idle { get; init; }

    public required StartPolicy Start { get; init; }

    public required TimeSpan StopGrace { get; init; }

    public TaskRates? Rates { get; init; }

    public int? MaxPerUser { get; init; }
}

/// <summary>What runs.</summary>
internal sealed record BodySource
{
    /// <summary>Empty where the image has its own, or the request brings one.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public required bool OpenCommand { get; init; }

    public ImageSpec? Image { get; init; }

    public IReadOnlyList<MountSpec> Mounts { get; init; } = [];

    public bool IsPrivileged { get; init; }

    public string? WorkingDirectory { get; init; }

    public string? User { get; init; }
}

/// <summary>What it may use: what is reserved, the most that it gets, and the most that a request may ask for.</summary>
internal sealed record BodyResources(TaskResources Requests, TaskResources Limits, TaskResources Most);

/// <summary>A port, for the runner and for the edge.</summary>
internal sealed record BodyPort(PortSpec Spec, TunnelOptions? Options);
