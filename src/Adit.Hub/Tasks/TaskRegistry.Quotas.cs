using Adit.Hub.Tasks.Quotas;
using Adit.Hub.Tasks.Usage;

namespace Adit.Hub.Tasks;

/// <summary>What quotas let tasks have. Asked under the lock under which tasks get their places, so that no two starts pass together.</summary>
internal sealed partial class TaskRegistry
{
    /// <summary>What is used of quotas now, whether there are any or not.</summary>
    public QuotaMoment UsedNow()
    {
        lock (_lock)
            return QuotasNow(all: true);
    }

    /// <summary>What quotas would say to a task that is only thought of: why it is refused, or what it would wait for.</summary>
    public (string? Refusal, string? Wait) QuotasOf(TaskRecord task)
    {
        lock (_lock)
        {
            var quotas = QuotasNow(all: false);
            return quotas.Refusal(task) is { } refusal ? (refusal, null) : (null, quotas.WaitsFor(task));
        }
    }

    /// <summary>What was used in a project that has ended is nobody's any more.</summary>
    public async Task EndProjectUsageAsync(string project)
    {
        await _usage.EndProjectAsync(project, _time.GetUtcNow());
        lock (_lock)
            _month.Forget(new QuotaSubject(Api.QuotaKind.Project, project));
    }

    // Under the lock.
    private QuotaMoment QuotasNow(bool all) => new(_quotas, _month, _tasks.Values.Select(static t => t.Record), _time.GetUtcNow(), all);

    // Under the lock. What could only wait for ever, and what the month has no GPU hours for.
    private void CheckQuotas(TaskRecord record)
    {
        if (QuotasNow(all: false).Refusal(record) is { } refusal)
            throw new TaskRefusal(TaskRefusalCode.OverQuota, refusal);
    }

    // Under the lock.
    private void CountEnded(TaskRecord record)
    {
        if (record.Resolved.Requests.Gpus is > 0 and var gpus && UsageSpan.Of(record) is { } span)
            _month.Add(record.Account, record.Project, gpus, span, _time.GetUtcNow());
    }

    private async Task LoadUsageAsync()
    {
        await _quotas.LoadAsync();
        await _usage.EnsureAsync([.. _tasks.Values.Select(static t => t.Record).Where(static r => TaskLife.IsPlaced(r.State))]);
        var now = _time.GetUtcNow();
        foreach (var (account, project, gpus, span) in await _usage.ListGpusAsync(GpuMonth.StartOf(now)))
            _month.Add(account, project, gpus, span, now);
    }
}
