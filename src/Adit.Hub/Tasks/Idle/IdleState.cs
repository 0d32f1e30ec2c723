using System.Text.Json.Serialization;
using Adit.Api;

namespace Adit.Hub.Tasks.Idle;

/// <summary>What is kept of a task's use through a restart of the hub. Immutable.</summary>
internal sealed record IdleMemory
{
    /// <summary>Of which start it is; of another nothing counts but what leases were taken.</summary>
    public required int Attempt { get; init; }

    public DateTimeOffset? Ready { get; init; }

    public DateTimeOffset? Request { get; init; }

    public DateTimeOffset? Message { get; init; }

    public DateTimeOffset? Terminal { get; init; }

    public DateTimeOffset? Push { get; init; }

    public Stretch? Kernel { get; init; }

    public Stretch? Compute { get; init; }

    public TaskHold? Lease { get; init; }

    public TaskHold? Extension { get; init; }

    /// <summary>What leases were taken in the last day: when, and for how many seconds more.</summary>
    public IReadOnlyList<LeaseTaken> Leases { get; init; } = [];

    public DateTimeOffset? Warned { get; init; }

    public bool IsFrozen { get; init; }

    public DateTimeOffset? Thawed { get; init; }

    public IReadOnlyList<TaskIdleMoment> History { get; init; } = [];

    /// <summary>The same for another start.</summary>
    public IdleMemory For(int attempt) => attempt == Attempt ? this : new IdleMemory { Attempt = attempt, Leases = Leases, History = History };

    /// <summary>The same with nothing in the future: the clock was set back while the hub was down.</summary>
    public IdleMemory NotAfter(DateTimeOffset now)
    {
        return this with
        {
            Ready = Past(Ready), Request = Past(Request), Message = Past(Message), Terminal = Past(Terminal), Push = Past(Push), Warned = Past(Warned), Thawed = Past(Thawed),
            Kernel = Whole(Kernel), Compute = Whole(Compute),
        };

        DateTimeOffset? Past(DateTimeOffset? at) => at > now ? now : at;

        Stretch? Whole(Stretch? stretch) => stretch is null ? null : stretch with { Since = Past(stretch.Since)!.Value, Seen = Past(stretch.Seen)!.Value };
    }

    /// <summary>What is known at a moment, for <see cref="IdleRule"/>; null before it was ever ready.</summary>
    public IdleSignals? At(DateTimeOffset now, DateTimeOffset? resumed) => Ready is not { } ready ? null : new IdleSignals
    {
        Now = now,
        Ready = ready,
        Request = Request,
        Message = Message,
        Terminal = Terminal,
        Push = Push,
        Kernel = Kernel,
        Compute = Compute,
        Lease = Lease?.Until,
        Extension = Extension?.Until,
        Resumed = resumed,
        Thawed = Thawed,
        Warned = Warned,
        IsFrozen = IsFrozen,
    };

    /// <summary>The same with one more decision, unless it says what the one before says.</summary>
    public IdleMemory With(TaskIdleMoment moment) =>
        History is [var last, ..] && (last.Decision, last.Reason) == (moment.Decision, moment.Reason) ? this : this with { History = [moment, .. History.Take(9)] };
}

/// <summary>A lease, as it counts against a day's.</summary>
/// <param name="At">When it was taken.</param>
/// <param name="Seconds">How much longer the task is kept by it.</param>
internal sealed record LeaseTaken(DateTimeOffset At, double Seconds);

/// <summary>JSON of what is stored.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IdleMemory))]
internal sealed partial class IdleJson : JsonSerializerContext;
