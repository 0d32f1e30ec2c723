using System.Globalization;
using Adit.Api;

namespace Adit.Hub.Volumes;

/// <summary>
/// Which snapshots a rule keeps. Each part of it keeps by itself: the newest ones; all of the last days; and the newest of each hour, day, week (ISO 8601), month and year
/// that has one, so many of each. Times are UTC. Whatever a branch or a tag names stays in any case.
/// </summary>
internal static class Retention
{
    /// <summary>Most that a part of a rule may say.</summary>
    public const int Most = 100_000;

    /// <summary>Whether a rule says nothing, so that all stays.</summary>
    public static bool IsEmpty(RetentionRule rule) => Counts(rule).All(static c => c is null);

    /// <summary>What is wrong with a rule; null for nothing.</summary>
    public static string? Refusal(RetentionRule rule) =>
        Counts(rule).Any(static c => c is < 0 or > Most) ? $"A rule keeps 0 to {Most} of a kind; leave out what shall keep none." : null;

    /// <summary>The ids of those that go.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="snapshots">All of the volume, in any order; those that are named stay.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<string> Surplus(RetentionRule rule, IEnumerable<(string Id, DateTimeOffset Created, bool IsNamed)> snapshots, DateTimeOffset now)
    {
        if (IsEmpty(rule))
            return [];
        var since = rule.KeepDays is { } days ? now.AddDays(-days) : DateTimeOffset.MaxValue;
        List<Series> series =
        [
            new(rule.KeepHourly, static t => t.ToString("yyyy-MM-dd HH", CultureInfo.InvariantCulture)),
            new(rule.KeepDaily, static t => t.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            new(rule.KeepWeekly, static t => $"{ISOWeek.GetYear(t)}-{ISOWeek.GetWeekOfYear(t)}"),
            new(rule.KeepMonthly, static t => t.ToString("yyyy-MM", CultureInfo.InvariantCulture)),
            new(rule.KeepYearly, static t => t.ToString("yyyy", CultureInfo.InvariantCulture)),
        ];
        var surplus = new List<string>();
        var place = 0;
        foreach (var (id, created, isNamed) in snapshots.OrderByDescending(static s => s.Created))
        {
            var stays = isNamed | place++ < (rule.KeepLast ?? 0) | created >= since;
            // Every series counts it, also when it stays by another.
            foreach (var one in series)
                stays |= one.Takes(created.UtcDateTime);
            if (!stays)
                surplus.Add(id);
        }

        return surplus;
    }

    private static int?[] Counts(RetentionRule rule) => [rule.KeepLast, rule.KeepDays, rule.KeepHourly, rule.KeepDaily, rule.KeepWeekly, rule.KeepMonthly, rule.KeepYearly];

    // The newest of each span that has one, newest span first.
    private sealed class Series(int? most, Func<DateTime, string> spanOf)
    {
        private string? _span;
        private int _count;

        public bool Takes(DateTime time)
        {
            if (_count >= (most ?? 0) || spanOf(time) is var span && span == _span)
                return false;
            _span = span;
            _count++;
            return true;
        }
    }
}
