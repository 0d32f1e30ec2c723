using System.Globalization;
using System.Text.RegularExpressions;
using Adit.Api;

namespace Adit.Hub.Tasks.Waiting;

/// <summary>What is told of a task that is not ready, to one visitor. Immutable.</summary>
internal sealed partial record WaitingStory
{
    public required TaskState State { get; init; }

    /// <summary>Whether it gets ready by itself, as far as anybody can say.</summary>
    public required bool IsOnItsWay { get; init; }

    /// <summary>A few words.</summary>
    public required string Title { get; init; }

    /// <summary>A sentence or two.</summary>
    public required string Message { get; init; }

    /// <summary>How far it is, 0 to 99; null when nobody can say.</summary>
    public int? Percent { get; init; }

    /// <summary>How much longer it takes; null when nobody can say.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>How long starts of the template take.</summary>
    public StartTimes? Usual { get; init; }

    public IReadOnlyList<WaitingPhase> Phases { get; init; } = [];

    /// <summary>Whether the visitor may start it again now.</summary>
    public bool MayStart { get; init; }

    /// <summary>Whether the visitor may see its log.</summary>
    public bool SeesLog { get; init; }

    /// <summary>When a program may ask again.</summary>
    public TimeSpan RetryAfter => TimeSpan.FromSeconds(IsOnItsWay ? Math.Clamp(Left?.TotalSeconds ?? 5, 1, 60) : 60);

    /// <summary>Tells it.</summary>
    /// <param name="task">Of what.</param>
    /// <param name="sees">Whether the visitor may see the task and its log; another one reads no reasons and no names of machines.</param>
    /// <param name="mayChange">Whether the visitor may start it.</param>
    /// <param name="usual">How long starts of its template take.</param>
    /// <param name="now">The time.</param>
    public static WaitingStory Of(LiveTask task, bool sees, bool mayChange, StartTimes? usual, DateTimeOffset now)
    {
        var record = task.Record;
        var isStarting = record.State is TaskState.Scheduled or TaskState.Preparing or TaskState.Starting;
        var isOnItsWay = (record.IsWanted && !record.HasEnded) || task.IsToStartAgain;
        var elapsed = isStarting && record.Steps.LastOrDefault(static s => s.State == TaskState.Scheduled) is { } from ? now - from.At : TimeSpan.Zero;
        var left = isStarting ? usual?.Left(elapsed) : null;
        return new WaitingStory
        {
            State = record.State,
            IsOnItsWay = isOnItsWay,
            Title = TitleOf(task),
            Message = MessageOf(task, sees, mayChange),
            Percent = PercentOf(task, isStarting ? usual : null, elapsed),
            Left = left,
            Usual = isStarting ? usual : null,
            Phases = isOnItsWay ? WaitingPhase.Of(record, now) : [],
            MayStart = mayChange && record.HasEnded && !task.IsToStartAgain,
            SeesLog = sees,
        };
    }

    private static string TitleOf(LiveTask task)
    {
        var name = task.Record.Name;
        return task.Record.State switch
        {
            TaskState.Queued => $"{name} waits for a machine",
            TaskState.Scheduled or TaskState.Preparing or TaskState.Starting => $"{name} is starting",
            TaskState.Ready => $"{name} is out of reach",
            TaskState.Stopping => task.IsToStartAgain ? $"{name} starts again" : $"{name} is stopping",
            TaskState.Stopped => $"{name} is stopped",
            TaskState.Failed => HasRun(task.Record) ? $"{name} has ended" : $"{name} did not start",
            _ => $"The machine of {name} is not heard of",
        };
    }

    private static string MessageOf(LiveTask task, bool sees, bool mayChange)
    {
        var record = task.Record;
        var reason = sees && record.Reason is { Length: > 0 } said ? Sentence(said) : null;
        var again = mayChange ? "" : " Its owner can start it again.";
        return record.State switch
        {
            TaskState.Queued when task.Queue is { } queue && sees => string.Create(CultureInfo.InvariantCulture, $"Number {queue.Position} in the queue. {Sentence(queue.Reason)}"),
            TaskState.Queued => "It starts as soon as a machine has room for it.",
            TaskState.Scheduled => sees ? $"The runner {record.Runner} is about to start it." : "A machine is about to start it.",
            TaskState.Preparing => sees && task.Progress is { Length: > 0 } progress ? Sentence(progress) : "Its machine fetches what it needs.",
            TaskState.Starting => "Its program runs, and does not answer yet.",
            TaskState.Ready => sees ? $"It runs on {record.Runner}, whose connection to this hub is down just now." : "It runs, and the connection to its machine is down just now.",
            TaskState.Stopping when task.IsToStartAgain => "It ends first.",
            TaskState.Stopping => reason ?? "It is being ended.",
            TaskState.Stopped => (reason ?? "It was ended.") + again,
            TaskState.Failed => (reason ?? "Its program ended by itself.") + again,
            _ => "It may still run there, and is back here as soon as its machine is.",
        };
    }

    private static int? PercentOf(LiveTask task, StartTimes? usual, TimeSpan elapsed)
    {
        if (task.Record.State == TaskState.Preparing && task.Progress is { } progress && Percentage().Match(progress) is { Success: true } said)
            return Math.Min(99, int.Parse(said.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture));
        return usual is { Long.Ticks: > 0 } ? (int)Math.Clamp(elapsed / (elapsed < usual.Usual ? usual.Usual : usual.Long) * 95, 1, 95) : null;
    }

    private static bool HasRun(TaskRecord record) => record.Steps.Any(static s => s.State == TaskState.Ready);

    // What others wrote, as a sentence on a page.
    private static string Sentence(string text)
    {
        var trimmed = text.Trim();
        if (trimmed.Length == 0)
            return "";
        var first = char.ToUpperInvariant(trimmed[0]) + trimmed[1..];
        return first[^1] is '.' or '!' or '?' or '…' ? first : first + ".";
    }

    [GeneratedRegex(@"\b([0-9]{1,3})\s?%")]
    private static partial Regex Percentage();
}

/// <summary>A phase of a start.</summary>
/// <param name="Name">For people.</param>
/// <param name="Status">Where it is.</param>
/// <param name="Took">How long it took, or takes by now; null when it has not begun.</param>
internal sealed record WaitingPhase(string Name, WaitingPhaseStatus Status, TimeSpan? Took)
{
    private static readonly (TaskState State, string Name)[] All =
    [
        (TaskState.Queued, "Queued"), (TaskState.Scheduled, "Machine chosen"), (TaskState.Preparing, "Preparing"), (TaskState.Starting, "Starting"), (TaskState.Ready, "Ready"),
    ];

    /// <summary>Those of a task's last start. One that was passed over is not there.</summary>
    public static IReadOnlyList<WaitingPhase> Of(TaskRecord record, DateTimeOffset now)
    {
        var phases = new List<WaitingPhase>();
        var steps = record.Steps;
        for (var i = 0; i < steps.Count; i++)
        {
            if (All.FirstOrDefault(p => p.State == steps[i].State).Name is not { } name)
                continue;
            var isNow = i == steps.Count - 1;
            var took = (isNow ? now : steps[i + 1].At) - steps[i].At;
            phases.Add(new WaitingPhase(name, isNow ? WaitingPhaseStatus.Now : WaitingPhaseStatus.Done, took < TimeSpan.Zero ? TimeSpan.Zero : took));
        }

        var last = Array.FindIndex(All, p => p.State == record.State);
        phases.AddRange(All.Skip(last < 0 ? All.Length : last + 1).Select(static p => new WaitingPhase(p.Name, WaitingPhaseStatus.ToCome, null)));
        return phases;
    }
}

/// <summary>Where a phase is.</summary>
internal enum WaitingPhaseStatus
{
    Done,
    Now,
    ToCome,
}
