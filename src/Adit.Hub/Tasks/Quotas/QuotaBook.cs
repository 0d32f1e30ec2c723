using System.Collections.Concurrent;
using Adit.Hub.Access.Audit;
using Adit.Hub.Projects;
using Adit.Hub.Storage;

namespace Adit.Hub.Tasks.Quotas;

/// <summary>All quotas in memory: they are asked at every start. Changes are stored first and hold at once.</summary>
internal sealed class QuotaBook(QuotaStore store) : IProjectContent, IContentLimit
{
    private readonly ConcurrentDictionary<QuotaSubject, Quota> _quotas = new();
    private readonly Turns _turns = new();

    /// <summary>A quota is not what it was: what waits may fit now. Handlers must not block.</summary>
    public event Action? Changed;

    /// <summary>Whether nobody has any.</summary>
    public bool IsEmpty => _quotas.IsEmpty;

    /// <summary>Those that are set, defaults too; in no order.</summary>
    public ICollection<Quota> All => _quotas.Values;

    /// <summary>Loads what is stored.</summary>
    public async Task LoadAsync()
    {
        foreach (var quota in await store.ListAsync())
            _quotas[quota.Subject] = quota;
    }

    /// <summary>The one that is set for just this; null for none.</summary>
    public Quota? Find(QuotaSubject subject) => _quotas.GetValueOrDefault(subject);

    /// <summary>The one that holds: its own, as a whole, otherwise the default; null for no limits.</summary>
    public Quota? For(QuotaSubject subject) => Find(subject) ?? Find(subject with { Name = QuotaSubject.Everybody });

    /// <summary>Sets one.</summary>
    /// <param name="subject">Which.</param>
    /// <param name="change">Makes the new one of the one there is, null for none; refuses by null.</param>
    /// <param name="entry">What the audit log is told of both.</param>
    /// <returns>What is set now; null when it was refused.</returns>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public Task<Quota?> SetAsync(QuotaSubject subject, Func<Quota?, Quota?> change, Func<Quota?, Quota, AuditEntry> entry) => _turns.TakeAsync(async () =>
    {
        var before = Find(subject);
        if (change(before) is not { } after)
            return null;
        await store.SaveAsync(after, entry(before, after));
        _quotas[subject] = after;
        Changed?.Invoke();
        return after;
    });

    /// <summary>Removes one. False when there is none, or the check refuses it.</summary>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public Task<bool> RemoveAsync(QuotaSubject subject, Func<Quota, bool> check, AuditEntry? entry) => _turns.TakeAsync(async () =>
    {
        if (Find(subject) is not { } quota || !check(quota))
            return false;
        await store.RemoveAsync(subject, entry);
        _quotas.TryRemove(subject, out _);
        Changed?.Invoke();
        return true;
    });

    /// <inheritdoc />
    string? IContentLimit.Refusal(string project, long storedBytes)
    {
        var subject = new QuotaSubject(Api.QuotaKind.Project, project);
        return For(subject) is { Limits.StorageBytes: { } limit } quota && storedBytes >= limit ? QuotaWords.NoStorage(subject, quota, storedBytes) : null;
    }

    /// <inheritdoc />
    Task IProjectContent.RemoveAsync(string project, CancellationToken cancellationToken) =>
        RemoveAsync(new QuotaSubject(Api.QuotaKind.Project, project), static _ => true, null);
}
