using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Api;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Tasks.Usage;
using Adit.Hub.Templates;

namespace Adit.Hub.Tasks;

/// <summary>A task as it is stored: what should be, and what is known of it. Immutable.</summary>
internal sealed record TaskRecord
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Whether others of its owner cannot have its name: as long as it has not ended, and for a session until it is removed.</summary>
    public required bool HoldsName { get; init; }

    /// <summary>The account that owns it.</summary>
    public required string Account { get; init; }

    /// <summary>The id of the token that made it, whose limits its tunnels have; and that token's name, for people.</summary>
    public required string TokenId { get; init; }

    /// <inheritdoc cref="TokenId"/>
    public required string Maker { get; init; }

    public string? Project { get; init; }

    /// <summary>All that follows from its template and the request; its <see cref="ResolvedTask.Spec"/> is of the current attempt.</summary>
    public required ResolvedTask Resolved { get; init; }

    /// <summary>The key under which a repeated request finds it; null for none.</summary>
    public string? RequestKey { get; init; }

    /// <summary>The <see cref="Tasks.RequestKey.Hash"/> of the request that came with the key; null for none.</summary>
    public string? RequestHash { get; init; }

    /// <summary>Whether it should run.</summary>
    public required bool IsWanted { get; init; }

    public required int Attempt { get; init; }

    public required TaskState State { get; init; }

    public string? Reason { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>The runner that has it, or had it last; while it is queued, the one that has its files, where it waits for that one.</summary>
    public string? Runner { get; init; }

    /// <summary>The states of this attempt.</summary>
    public IReadOnlyList<TaskStep> Steps { get; set; } = [];

    public IReadOnlyList<string>? LastLines { get; init; }

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? Ended { get; init; }

    /// <summary>What earlier attempts of it used.</summary>
    public TimeSpan UsedBefore { get; init; }

    /// <summary>Until when this attempt counts as used, where that is not when the hub heard of its end.</summary>
    public DateTimeOffset? UsedUntil { get; init; }

    public TaskKind Kind => Resolved.Kind;

    /// <summary>
    /// Whether its files are its own and outlive an attempt on their runner: a session's, which is started again where they are. They go when it is removed.
    /// Those of a workspace are with the hub.
    /// </summary>
    public bool KeepsHome => Kind == TaskKind.Session && HoldsName && Resolved.Spec is { Home: null, Workspace: null };

    /// <summary>Whether it is over.</summary>
    public bool HasEnded => TaskLife.IsEnd(State);

    /// <summary>Whose it is.</summary>
    public Owned Belonging => new(Account, Project);

    /// <summary>What its runner gets.</summary>
    public TaskSpec Spec => Resolved.Spec with { Id = Id, Attempt = Attempt, Name = Name, Owner = Account };

    /// <summary>The same in another state.</summary>
    /// <exception cref="InvalidOperationException">The table does not have it.</exception>
    public TaskRecord To(TaskState state, DateTimeOffset at, string? reason)
    {
        if (!TaskLife.May(State, state))
            throw new InvalidOperationException($"A task does not go from {State} to {state}.");
        return this with
        {
            State = state,
            Reason = reason,
            Steps = [.. Steps, new TaskStep(state, at)],
            Ended = TaskLife.IsEnd(state) ? at : null,
            UsedUntil = TaskLife.IsEnd(state) && State == TaskState.Lost ? Steps[^1].At : null, // What nobody saw is not counted.
            HoldsName = !TaskLife.IsEnd(state) || (HoldsName && Kind == TaskKind.Session),
        };
    }

    /// <summary>A new attempt of one that has ended, or of one that is lost.</summary>
    /// <exception cref="InvalidOperationException">It is neither.</exception>
    public TaskRecord Again(DateTimeOffset at) => !TaskLife.May(State, TaskState.Queued) ? throw new InvalidOperationException($"A task that is {State} is not started again.") : this with
    {
        Attempt = Attempt + 1, State = TaskState.Queued, Reason = null, ExitCode = null, Runner = KeepsHome ? Runner : null, LastLines = null, Ended = null, IsWanted = true,
        HoldsName = true, Steps = [new TaskStep(TaskState.Queued, at)], UsedBefore = UsedBefore + (UsageSpan.Of(this)?.Until(at) ?? TimeSpan.Zero), UsedUntil = null,
    };
}

/// <summary>JSON of what is stored of a task.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ResolvedTask))]
[JsonSerializable(typeof(IReadOnlyList<TaskStep>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class TaskJson : JsonSerializerContext;
