using System.Globalization;
using Adit.Api;

namespace Adit.Hub.Tasks.Usage;

/// <summary>What of the usage somebody asks for.</summary>
/// <param name="From">From when on.</param>
/// <param name="To">Until when.</param>
/// <param name="By">By what it is counted.</param>
/// <param name="User">Only this account's; null for anybody's.</param>
/// <param name="Project">Only in this project; null for any.</param>
internal sealed record UsageQuery(DateTimeOffset From, DateTimeOffset To, UsageBy By, string? User, string? Project)
{
    private const int MostName = 300;

    /// <summary>Reads what a request says.</summary>
    /// <param name="from">A span back from now (<c>7d</c>), a date (<c>2026-11-01</c>, from 00:00 UTC) or a time; null for the beginning of the month.</param>
    /// <param name="to">Likewise; null for now.</param>
    /// <param name="by">user, project, template, runner or task; null for user.</param>
    /// <param name="user">Only this account's.</param>
    /// <param name="project">Only in this project.</param>
    /// <param name="now">Now.</param>
    /// <exception cref="FormatException">Something is not understood; the message is one for people.</exception>
    public static UsageQuery Read(string? from, string? to, string? by, string? user, string? project, DateTimeOffset now)
    {
        if (user is { Length: 0 or > MostName } || project is { Length: 0 or > MostName })
            throw new FormatException($"A user or project has 1 to {MostName} characters.");
        UsageBy counted = by switch
        {
            null or "user" => UsageBy.User,
            "project" => UsageBy.Project,
            "template" => UsageBy.Template,
            "runner" => UsageBy.Runner,
            "task" => UsageBy.Task,
            _ => throw new FormatException("Usage is counted by user, project, template, runner or task."),
        };
        var begin = Time(from, now) ?? Quotas.GpuMonth.StartOf(now);
        var end = Time(to, now) ?? now;
        return begin < end
            ? new UsageQuery(begin, end, counted, user, project)
            : throw new FormatException($"The time from {begin:yyyy-MM-dd HH:mm} to {end:yyyy-MM-dd HH:mm} (UTC) is none: 'from' is before 'to'.");
    }

    private static DateTimeOffset? Time(string? text, DateTimeOffset now)
    {
        if (text is null)
            return null;
        if (Duration.TryParse(text, out var span) && span < now - DateTimeOffset.UnixEpoch)
            return now - span;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            && at.Year is >= 1970 and < 9999
            ? at
            : throw new FormatException("A time is a span back from now, such as 7d, a date such as 2026-11-01, or a date and time such as 2026-11-22T09:00:00Z.");
    }
}

/// <summary>By what usage is counted.</summary>
internal enum UsageBy
{
    User,
    Project,
    Template,
    Runner,
    Task,
}

/// <summary>What of the usage a caller may see: its own, that of projects which it maintains, or everybody's.</summary>
/// <param name="Account">Whose own is seen; null for everybody's.</param>
/// <param name="Within">The only projects that its token was made for; null for all, and what is in none.</param>
/// <param name="Projects">Projects of which everybody's is seen.</param>
internal sealed record UsageSight(string? Account, IReadOnlyList<string>? Within, IReadOnlyList<string> Projects);
