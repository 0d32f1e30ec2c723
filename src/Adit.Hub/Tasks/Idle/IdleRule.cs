using Adit.Hub.Templates;

namespace Adit.Hub.Tasks.Idle;

/// <summary>All that is known of the use of a task at a moment. Times are of one clock; none of them need be before <see cref="Now"/>.</summary>
internal sealed record IdleSignals
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>Since when it is ready.</summary>
    public required DateTimeOffset Ready { get; init; }

    /// <summary>The last request of somebody known.</summary>
    public DateTimeOffset? Request { get; init; }

    /// <summary>The last message of a visitor on a WebSocket.</summary>
    public DateTimeOffset? Message { get; init; }

    /// <summary>The last bytes of a visitor on a port that is no HTTP.</summary>
    public DateTimeOffset? Terminal { get; init; }

    /// <summary>The last that the application sent by itself.</summary>
    public DateTimeOffset? Push { get; init; }

    /// <summary>Since when a kernel is busy without a break, and when that was seen last.</summary>
    public Stretch? Kernel { get; init; }

    /// <summary>The same of computing.</summary>
    public Stretch? Compute { get; init; }

    /// <summary>Until when the program in it asked to be kept.</summary>
    public DateTimeOffset? Lease { get; init; }

    /// <summary>Until when somebody asked to keep it.</summary>
    public DateTimeOffset? Extension { get; init; }

    /// <summary>When the hub or the task's runner came back: what happened before is not known for certain.</summary>
    public DateTimeOffset? Resumed { get; init; }

    /// <summary>When it was woken last.</summary>
    public DateTimeOffset? Thawed { get; init; }

    /// <summary>When its owner was warned of the stop that is near.</summary>
    public DateTimeOffset? Warned { get; init; }

    public bool IsFrozen { get; init; }
}

/// <summary>An unbroken time of being busy.</summary>
/// <param name="Since">From here on.</param>
/// <param name="Seen">It was seen last.</param>
/// <param name="IsOver">Whether it was seen to be over since; the next begins anew.</param>
internal sealed record Stretch(DateTimeOffset Since, DateTimeOffset Seen, bool IsOver = false)
{
    /// <summary>What a look makes of it.</summary>
    public static Stretch? Next(Stretch? before, bool isBusy, DateTimeOffset now) =>
        !isBusy ? before is null or { IsOver: true } ? before : before with { IsOver = true }
        : before is null or { IsOver: true } ? new Stretch(now, now)
        : before with { Seen = now };
}

/// <summary>What to do.</summary>
internal enum IdleVerdict
{
    Keep,
    Warn,
    Freeze,
    Stop,
}

/// <summary>What counted longest.</summary>
internal enum IdleCause
{
    Ready,
    Request,
    Message,
    Terminal,
    Push,
    Kernel,
    Compute,
}

/// <summary>A decision and what it comes from.</summary>
internal sealed record IdleDecision
{
    public required IdleVerdict Verdict { get; init; }

    /// <summary>For people.</summary>
    public required string Reason { get; init; }

    /// <summary>Since when nothing has counted.</summary>
    public required DateTimeOffset IdleSince { get; init; }

    /// <summary>What counted then.</summary>
    public required IdleCause Cause { get; init; }

    /// <summary>The next step down if nothing counts before; null for none.</summary>
    public IdleAction? Next { get; init; }

    /// <summary>When that is.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>When it is stopped if nothing counts before; null for never.</summary>
    public DateTimeOffset? StopsAt { get; init; }

    /// <summary>Whether its owner is warned, or was and it still holds.</summary>
    public bool IsWarned { get; init; }

    /// <summary>Whether the stop that is near is that of its age, which no use puts off.</summary>
    public bool IsOfAge { get; init; }
}

/// <summary>Decides whether a task idles: a function of what is known and of the policy, and of nothing else.</summary>
/// <remarks>
/// <code>
///   idle since = the last of: ready; request, message, terminal
///                             push, up to wsPassiveMax after these
///                             kernel or computing seen, up to busyMax after it began
///   a step     = idle since + after, and not before: lease, extension, minUptime, resume grace
///   stop       = the stop step, or ready + maxAge if that is earlier; and not before the warning is as old as it is long
/// </code>
/// </remarks>
internal static class IdleRule
{
    private static readonly TimeSpan LongestGrace = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AwakeAtLeast = TimeSpan.FromMinutes(1);

    public static IdleDecision Decide(IdlePolicy policy, IdleSignals s)
    {
        var now = s.Now;
        var (since, cause) = SinceOf(policy, s);
        var stopStep = policy.Steps.FirstOrDefault(static step => step.Action == IdleAction.Stop);
        var freezeStep = s.IsFrozen ? null : policy.Steps.FirstOrDefault(static step => step.Action == IdleAction.Freeze);
        var (notBefore, holder) = HoldOf(policy, s);

        var freezeAt = freezeStep is null ? (DateTimeOffset?)null : Later(Later(since + freezeStep.After, notBefore), s.Thawed + AwakeAtLeast);
        var idleStop = stopStep is null ? (DateTimeOffset?)null : Later(since + stopStep.After, notBefore);
        var ageStop = policy.MaxAge is { } age ? Later(Earlier(s.Ready, now) + age, s.Resumed is null ? null : Earlier(s.Resumed.Value, now) + GraceOf(policy)) : (DateTimeOffset?)null;
        var isOfAge = ageStop is not null && (idleStop is null || ageStop < idleStop);
        var stopAt = isOfAge ? ageStop : idleStop;

        // Whoever was warned of a stop that is far again was warned of nothing.
        var isNear = stopAt is not null && now >= stopAt - policy.Warn;
        var warned = isNear && s.Warned is { } w && (isOfAge || w >= since) ? Earlier(w, now) : (DateTimeOffset?)null;
        var mustWarn = isNear && policy.Warn > TimeSpan.Zero && warned is null;
        var isWarned = mustWarn || warned is not null;
        if (stopAt is not null && policy.Warn > TimeSpan.Zero && isNear)
            stopAt = Later(stopAt.Value, (warned ?? now) + policy.Warn);

        var next = freezeAt is not null && (stopAt is null || freezeAt < stopAt) ? IdleAction.Freeze : stopAt is null ? (IdleAction?)null : IdleAction.Stop;
        var verdict = stopAt <= now ? IdleVerdict.Stop : mustWarn ? IdleVerdict.Warn : freezeAt <= now ? IdleVerdict.Freeze : IdleVerdict.Keep;
        return new IdleDecision
        {
            Verdict = verdict,
            Reason = ReasonOf(verdict, policy, s, since, cause, isOfAge, isWarned, notBefore > now ? holder : null),
            IdleSince = since,
            Cause = cause,
            Next = next,
            At = next == IdleAction.Freeze ? freezeAt : stopAt,
            StopsAt = stopAt,
            IsWarned = isWarned,
            IsOfAge = isOfAge,
        };
    }

    /// <summary>How long nothing is done after the hub came back.</summary>
    public static TimeSpan GraceOf(IdlePolicy policy)
    {
        var half = (policy.Steps.Count > 0 ? policy.Steps[^1].After : policy.MaxAge ?? TimeSpan.Zero) / 2;
        return half < LongestGrace ? half : LongestGrace;
    }

    private static (DateTimeOffset Since, IdleCause Cause) SinceOf(IdlePolicy policy, IdleSignals s)
    {
        var found = (Since: Earlier(s.Ready, s.Now), Cause: IdleCause.Ready);
        Take(policy.Requests ? s.Request : null, IdleCause.Request);
        Take(policy.WebSocket ? s.Message : null, IdleCause.Message);
        Take(s.Terminal, IdleCause.Terminal);
        var person = found.Since;
        if (s.Push is { } push)
            Take(Earlier(push, person + policy.WebSocketPassiveMax), IdleCause.Push);
        if (s.Kernel is { } kernel && policy.JupyterKernels)
            Take(Earlier(kernel.Seen, Earlier(kernel.Since, s.Now) + policy.BusyMax), IdleCause.Kernel);
        if (s.Compute is { } compute && (policy.ComputeCpu is not null || policy.ComputeGpu is not null))
            Take(Earlier(compute.Seen, Earlier(compute.Since, s.Now) + policy.BusyMax), IdleCause.Compute);
        return found;

        void Take(DateTimeOffset? at, IdleCause why)
        {
            if (at is { } time && Earlier(time, s.Now) > found.Since)
                found = (Earlier(time, s.Now), why);
        }
    }

    private static (DateTimeOffset At, string Holder) HoldOf(IdlePolicy policy, IdleSignals s)
    {
        var found = (At: Earlier(s.Ready, s.Now) + policy.MinUptime, Holder: $"it is kept for {Words(policy.MinUptime)} after it is ready");
        if (s.Lease > found.At)
            found = (s.Lease.Value, "the program in it has taken a lease");
        if (s.Extension > found.At)
            found = (s.Extension.Value, "somebody asked to keep it");
        if (s.Resumed is { } resumed && Earlier(resumed, s.Now) + GraceOf(policy) > found.At)
            found = (Earlier(resumed, s.Now) + GraceOf(policy), "the hub or its runner has just come back");
        return found;
    }

    private static string ReasonOf(
        IdleVerdict verdict, IdlePolicy policy, IdleSignals s, DateTimeOffset since, IdleCause cause, bool isOfAge, bool isWarned, string? holder)
    {
        var idle = $"{Last(cause)} {Words(s.Now - since)} ago";
        return verdict switch
        {
            IdleVerdict.Stop when isOfAge => $"it was ready for {Words(policy.MaxAge!.Value)}, which is as long as its template lets it",
            IdleVerdict.Stop => $"nobody used it for {Words(s.Now - since)}, since {Last(cause).TrimEnd(',')}", // A span: it is stored and read later.
            IdleVerdict.Warn when isOfAge => $"it has been ready for {Words(s.Now - Earlier(s.Ready, s.Now))} of the {Words(policy.MaxAge!.Value)} that its template lets it",
            IdleVerdict.Warn => $"it is about to be stopped: {idle}",
            IdleVerdict.Freeze => $"nobody uses it: {idle}",
            _ when policy.Steps.Count == 0 && policy.MaxAge is null => "its template never stops it",
            _ when s.IsFrozen => $"it is halted until somebody comes: {idle}",
            _ when holder is not null => holder,
            _ when isWarned && !isOfAge => $"it is about to be stopped: {idle}",
            _ when s.Now - since < TimeSpan.FromMinutes(1) => $"it is in use: {idle}",
            _ => idle,
        };
    }

    private static string Last(IdleCause cause) => cause switch
    {
        IdleCause.Request => "the last request came",
        IdleCause.Message => "the last message of a visitor came",
        IdleCause.Terminal => "somebody last sent something to a port of it",
        IdleCause.Push => "it last sent something to an open page, which counts for a while,",
        IdleCause.Kernel => "a kernel was last busy in a way that counts",
        IdleCause.Compute => "it last computed in a way that counts",
        _ => "it got ready",
    };

    /// <summary>A time for people, rounded down.</summary>
    public static string Words(TimeSpan time) => time switch
    {
        { TotalSeconds: < 90 } => $"{Math.Max(0, (long)time.TotalSeconds)} s",
        { TotalMinutes: < 90 } => $"{(long)time.TotalMinutes} min",
        { TotalHours: < 36 } => $"{(long)time.TotalHours} h",
        _ => $"{(long)time.TotalDays} days",
    };

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;
}
