using Adit.Api;
using Adit.Hub.Tasks.Usage;

namespace Adit.Hub.Tasks.Quotas;

/// <summary>
/// What quotas say at one moment: the one place where they are enforced. What is in use is counted once for all that is asked of that moment;
/// used under the registry's lock, so that two starts at once cannot pass together.
/// </summary>
internal sealed class QuotaMoment
{
    private readonly Dictionary<QuotaSubject, Counted> _used = [];
    private readonly List<(QuotaSubject Subject, QuotaPart Part, string Account)> _waiting = [];
    private readonly QuotaBook _book;
    private readonly GpuMonth _month;
    private readonly DateTimeOffset _now;

    /// <summary>Counts.</summary>
    /// <param name="book">The quotas.</param>
    /// <param name="month">GPU hours of what has ended.</param>
    /// <param name="tasks">Those in memory.</param>
    /// <param name="now">The moment.</param>
    /// <param name="all">Whether to count also when there are no quotas: to show what is used.</param>
    public QuotaMoment(QuotaBook book, GpuMonth month, IEnumerable<TaskRecord> tasks, DateTimeOffset now, bool all = false)
    {
        _book = book;
        _month = month;
        _now = now;
        if (book.IsEmpty && !all)
            return;
        foreach (var task in tasks)
            Add(task);
    }

    /// <summary>Whether a task uses what a quota counts. One that is lost and told to end does not: nobody can say when its runner comes back.</summary>
    public static bool Counts(TaskRecord task) => TaskLife.IsPlaced(task.State) && (task.IsWanted || task.State != TaskState.Lost);

    /// <summary>Counts a task that was placed meanwhile.</summary>
    public void Add(TaskRecord task)
    {
        if (!TaskLife.IsPlaced(task.State))
            return;
        var gpus = task.Resolved.Requests.Gpus ?? 0;
        var hours = gpus > 0 && UsageSpan.Of(task) is { } span ? gpus * span.Within(GpuMonth.StartOf(_now), _now).TotalHours : 0;
        foreach (var subject in QuotaSubject.Of(task))
        {
            if (!_used.TryGetValue(subject, out var used))
                _used[subject] = used = new Counted();
            used.GpuHours += hours;
            if (!Counts(task))
                continue;
            used.Tasks++;
            used.Cpu += task.Resolved.Requests.Cpu ?? 0;
            used.MemoryBytes += task.Resolved.Requests.MemoryBytes ?? 0;
            used.Gpus += gpus;
        }
    }

    /// <summary>What is used of a quota.</summary>
    public QuotaUse UseOf(QuotaSubject subject)
    {
        var used = _used.GetValueOrDefault(subject);
        return new QuotaUse
        {
            Tasks = used?.Tasks ?? 0,
            Cpu = Math.Round(used?.Cpu ?? 0, 6),
            MemoryBytes = used?.MemoryBytes ?? 0,
            Gpus = used?.Gpus ?? 0,
            GpuHours = Math.Round((used?.GpuHours ?? 0) + _month.Of(subject, _now), 6),
        };
    }

    /// <summary>Why a task cannot be started now, nor wait for it; null when it can.</summary>
    public string? Refusal(TaskRecord task)
    {
        if (_book.IsEmpty)
            return null;
        var wants = task.Resolved.Requests;
        foreach (var (subject, quota) in Applying(task))
        {
            var limits = quota.Limits;
            foreach (var part in QuotaWords.AtOnce)
            {
                if (QuotaWords.Limit(limits, part) is { } limit && QuotaWords.Wish(wants, part) > limit)
                    return QuotaWords.Never(subject, quota, part, wants);
            }

            if (limits.GpuHours is { } hours && wants.Gpus is > 0 && UseOf(subject).GpuHours is var used && used >= hours)
                return QuotaWords.NoHours(subject, quota, used, _now);
        }

        return null;
    }

    /// <summary>Whether quotas leave room for a task now, whoever else waits for it.</summary>
    public bool HasRoomFor(TaskRecord task) => Applying(task).All(q =>
    {
        var used = UseOf(q.Subject);
        return !(task.Resolved.Requests.Gpus is > 0 && used.GpuHours >= q.Quota.Limits.GpuHours)
            && QuotaWords.AtOnce.All(part => !IsFull(q.Quota, part, used, QuotaWords.Wish(task.Resolved.Requests, part)));
    });

    /// <summary>
    /// What a task waits for before it may have a place; null when quotas let it have one. Ask once, in the order of the queue: what others in a
    /// project wait for is not taken by who asked later.
    /// </summary>
    public string? WaitsFor(TaskRecord task)
    {
        if (_book.IsEmpty)
            return null;
        var wants = task.Resolved.Requests;
        foreach (var (subject, quota) in Applying(task))
        {
            var used = UseOf(subject);
            foreach (var part in QuotaWords.AtOnce)
            {
                if (QuotaWords.Limit(quota.Limits, part) is not { } limit || QuotaWords.Wish(wants, part) is not (> 0 and var wish))
                    continue;
                var isFull = IsFull(quota, part, used, wish);
                if (!isFull && !_waiting.Any(w => w.Subject == subject && w.Part == part && w.Account != task.Account))
                    continue;
                if (subject.Kind == QuotaKind.Project && wish <= limit) // Nobody waits for what never comes: the quota was lowered since.
                    _waiting.Add((subject, part, task.Account));
                return isFull ? QuotaWords.Full(subject, quota, part, used, wants) : QuotaWords.Turn(subject, quota, part, used);
            }

            if (quota.Limits.GpuHours is { } hours && wants.Gpus is > 0 && used.GpuHours >= hours)
                return QuotaWords.NoHours(subject, quota, used.GpuHours, _now);
        }

        return null;
    }

    private static bool IsFull(Quota quota, QuotaPart part, QuotaUse used, double wish) =>
        wish > 0 && QuotaWords.Limit(quota.Limits, part) is { } limit && QuotaWords.Used(used, part) + wish > limit + 1e-6;

    private IEnumerable<(QuotaSubject Subject, Quota Quota)> Applying(TaskRecord task)
    {
        foreach (var subject in QuotaSubject.Of(task))
        {
            if (_book.For(subject) is { } quota)
                yield return (subject, quota);
        }
    }

    private sealed class Counted
    {
        public int Tasks { get; set; }

        public double Cpu { get; set; }

        public long MemoryBytes { get; set; }

        public int Gpus { get; set; }

        public double GpuHours { get; set; }
    }
}
