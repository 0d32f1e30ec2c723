using System.Runtime.InteropServices;
using Adit.Hub.Tasks.Usage;

namespace Adit.Hub.Tasks.Quotas;

/// <summary>
/// GPU hours of the current calendar month (UTC) by attempts that have ended, by account and by project. Begins anew with each month; what goes
/// on is counted from the tasks themselves. Used under the registry's lock.
/// </summary>
internal sealed class GpuMonth
{
    private readonly Dictionary<QuotaSubject, double> _hours = [];
    private DateTimeOffset _month;

    /// <summary>When the month of a time began.</summary>
    public static DateTimeOffset StartOf(DateTimeOffset at) => new(at.UtcDateTime.Year, at.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>An attempt has ended.</summary>
    public void Add(string account, string? project, int gpus, UsageSpan span, DateTimeOffset now)
    {
        Turn(now);
        var hours = gpus * span.Within(_month, now).TotalHours;
        if (hours <= 0)
            return;
        CollectionsMarshal.GetValueRefOrAddDefault(_hours, new QuotaSubject(Api.QuotaKind.User, account), out _) += hours;
        if (project is not null)
            CollectionsMarshal.GetValueRefOrAddDefault(_hours, new QuotaSubject(Api.QuotaKind.Project, project), out _) += hours;
    }

    /// <summary>What attempts that have ended used this month.</summary>
    public double Of(QuotaSubject subject, DateTimeOffset now)
    {
        Turn(now);
        return _hours.GetValueOrDefault(subject);
    }

    /// <summary>Nobody has used these any more.</summary>
    public void Forget(QuotaSubject subject) => _hours.Remove(subject);

    private void Turn(DateTimeOffset now)
    {
        var month = StartOf(now);
        if (month <= _month)
            return; // Also where the clock was set back: nobody gets hours anew by that.
        _month = month;
        _hours.Clear();
    }
}
