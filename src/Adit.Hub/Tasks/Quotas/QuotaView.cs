using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Projects;

namespace Adit.Hub.Tasks.Quotas;

/// <summary>Quotas as the API shows them, and who may see which: admins and auditors all, others what holds for themselves and their projects.</summary>
internal sealed class QuotaView(QuotaBook book, TaskRegistry tasks, IContentUse content, ProjectDirectory projects, AccountDirectory accounts, Authority authority)
{
    /// <summary>Whether a caller may see a quota and what is used of it.</summary>
    public bool MaySee(Caller caller, QuotaSubject subject) => subject switch
    {
        { Name: QuotaSubject.Everybody } => SeesAll(caller),
        { Kind: QuotaKind.User } => authority.May(caller, Permission.TasksRead, new Owned(subject.Name)),
        _ => authority.May(caller, Permission.TasksRead, new Owned(null, subject.Name)),
    };

    /// <summary>Whether there is what a quota would be of.</summary>
    public bool IsThere(QuotaSubject subject) => subject switch
    {
        { Name: QuotaSubject.Everybody } => true,
        { Kind: QuotaKind.User } => accounts.Find(subject.Name) is { State: not AccountState.Deleted },
        _ => projects.Find(subject.Name) is not null,
    };

    /// <summary>All that are set.</summary>
    public IReadOnlyList<ApiQuota> All()
    {
        var used = tasks.UsedNow();
        return [.. Sorted(book.All.Select(static q => q.Subject)).Select(s => Of(s, used))];
    }

    /// <summary>What holds for a caller: its own, whether it is limited or not, and those of its projects that are.</summary>
    public IReadOnlyList<ApiQuota> Mine(Caller caller)
    {
        var used = tasks.UsedNow();
        var theirs = projects.All.Where(p => p.Deleted is null && p.RoleOf(caller.Account, caller.Groups) is not null)
            .Select(static p => new QuotaSubject(QuotaKind.Project, p.Name)).Where(s => book.For(s) is not null);
        return [.. Sorted(theirs.Append(new QuotaSubject(QuotaKind.User, caller.Account)).Where(s => MaySee(caller, s))).Select(s => Of(s, used))];
    }

    /// <summary>What holds for one.</summary>
    public ApiQuota Of(QuotaSubject subject) => Of(subject, tasks.UsedNow());

    /// <summary>Whether a caller may see everybody's.</summary>
    public static bool SeesAll(Caller caller) => Authority.SeesAll(caller) && caller.Scopes.Covers(Permission.TasksRead, null);

    private ApiQuota Of(QuotaSubject subject, QuotaMoment used)
    {
        var quota = book.For(subject);
        var limits = quota?.Limits;
        return new ApiQuota
        {
            Kind = subject.Kind,
            Name = subject.Name,
            IsDefault = quota is not null && quota.Subject != subject,
            Tasks = limits?.Tasks,
            Cpu = limits?.Cpu,
            MemoryBytes = limits?.MemoryBytes,
            Gpus = limits?.Gpus,
            GpuHours = limits?.GpuHours,
            StorageBytes = limits?.StorageBytes,
            Used = subject switch
            {
                { Name: QuotaSubject.Everybody } => null,
                { Kind: QuotaKind.Project } => used.UseOf(subject) with { StorageBytes = content.StoredBytes(subject.Name) },
                _ => used.UseOf(subject),
            },
        };
    }

    private static IEnumerable<QuotaSubject> Sorted(IEnumerable<QuotaSubject> subjects) =>
        subjects.OrderBy(static s => s.Kind).ThenBy(static s => s.Name, StringComparer.Ordinal);
}
