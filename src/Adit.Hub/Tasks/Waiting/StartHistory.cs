using System.Collections.Concurrent;
using Adit.Api;

namespace Adit.Hub.Tasks.Waiting;

/// <summary>How long starts of a template usually take.</summary>
/// <param name="Usual">The median of its last starts, from a runner being chosen to ready.</param>
/// <param name="Long">Nine of ten took no longer.</param>
internal sealed record StartTimes(TimeSpan Usual, TimeSpan Long)
{
    /// <summary>How much longer it will take: by the median, past that by the slow ones; null when it is slower than those.</summary>
    public TimeSpan? Left(TimeSpan elapsed) => elapsed < Usual ? Usual - elapsed : elapsed < Long ? Long - elapsed : null;
}

/// <summary>
/// How starts of each template went: the last hundred, read from what is stored when somebody first asks and kept up from then on; and
/// counts of all since the hub started, for metrics.
/// </summary>
internal sealed class StartHistory
{
    private const int Most = 100;
    private const int MostTemplates = 100;
    private const string Others = "_other";

    private readonly ConcurrentDictionary<string, Lazy<Task<Ring>>> _rings = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Template, string Phase), StartCounts> _counts = new();
    private readonly ConcurrentDictionary<string, byte> _templates = new(StringComparer.Ordinal);
    private readonly TaskStore _store;

    public StartHistory(TaskStore store, TaskNews news)
    {
        _store = store;
        news.Changing += OnChanging;
    }

    /// <summary>Counts by template and phase since the hub started.</summary>
    public IReadOnlyCollection<KeyValuePair<(string Template, string Phase), StartCounts>> Counts => [.. _counts];

    /// <summary>How long starts of a template take; null when none is known. A query at the first question about a template.</summary>
    public async Task<StartTimes?> OfAsync(string template)
    {
        var ring = _rings.GetOrAdd(template, static (t, history) => new Lazy<Task<Ring>>(() => history.LoadAsync(t)), this);
        try
        {
            return (await ring.Value).Times();
        }
        catch (Exception e) when (e is Microsoft.Data.Sqlite.SqliteException or Storage.StorageException)
        {
            _rings.TryRemove(KeyValuePair.Create(template, ring)); // Without it there is no estimate; the next asks anew.
            return null;
        }
    }

    // Under the registry's lock.
    private void OnChanging(LiveTask task)
    {
        var record = task.Record;
        if (record is not { State: TaskState.Ready, Steps: [.., { State: TaskState.Ready }] steps } || steps.Count(static s => s.State == TaskState.Ready) > 1)
            return; // It came back from being lost.
        var template = _templates.Count < MostTemplates || _templates.ContainsKey(record.Resolved.Template) ? record.Resolved.Template : Others;
        _templates.TryAdd(template, 0);
        for (var i = 1; i < steps.Count; i++)
            Count(template, steps[i - 1].State.Word(), steps[i].At - steps[i - 1].At);
        Count(template, "all", steps[^1].At - steps[0].At);
        if (Duration(steps) is { } took && _rings.TryGetValue(record.Resolved.Template, out var ring) && ring is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            ring.Value.Result.Add(took);
    }

    private void Count(string template, string phase, TimeSpan took) => _counts.GetOrAdd((template, phase), static _ => new StartCounts()).Add(took);

    private async Task<Ring> LoadAsync(string template)
    {
        var ring = new Ring();
        foreach (var steps in (await _store.ListStartsAsync(template, Most)).Reverse())
        {
            if (Duration(steps) is { } took)
                ring.Add(took);
        }

        return ring;
    }

    // Its time in the queue says nothing about the template.
    private static TimeSpan? Duration(IReadOnlyList<TaskStep> steps) =>
        steps.FirstOrDefault(static s => s.State == TaskState.Scheduled) is { } from && steps.FirstOrDefault(static s => s.State == TaskState.Ready) is { } to && to.At >= from.At
            ? to.At - from.At
            : null;

    private sealed class Ring
    {
        private readonly Lock _lock = new();
        private readonly Queue<TimeSpan> _last = new();

        public void Add(TimeSpan took)
        {
            lock (_lock)
            {
                if (_last.Count == Most)
                    _last.Dequeue();
                _last.Enqueue(took);
            }
        }

        public StartTimes? Times()
        {
            lock (_lock)
            {
                if (_last.Count == 0)
                    return null;
                var sorted = _last.Order().ToArray();
                return new StartTimes(sorted[sorted.Length / 2], sorted[Math.Min(sorted.Length - 1, sorted.Length * 9 / 10)]);
            }
        }
    }
}

/// <summary>A histogram of durations.</summary>
internal sealed class StartCounts
{
    private static readonly double[] UpTo = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];

    private readonly long[] _counts = new long[UpTo.Length + 1];
    private double _sum;

    /// <summary>Upper bounds in seconds.</summary>
    public static ReadOnlySpan<double> Bounds => UpTo;

    public void Add(TimeSpan took)
    {
        var seconds = Math.Max(0, took.TotalSeconds); // The clock was set back.
        var bucket = Array.FindIndex(UpTo, bound => seconds <= bound);
        lock (_counts)
        {
            _counts[bucket < 0 ? UpTo.Length : bucket]++;
            _sum += seconds;
        }
    }

    /// <summary>What was counted, by bucket, and the sum of all in seconds.</summary>
    public (long[] Counts, double Sum) Read()
    {
        lock (_counts)
            return ([.. _counts], _sum);
    }
}
