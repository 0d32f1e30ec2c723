using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Projects;

namespace Adit.Hub.Tasks.Usage;

/// <summary>Who sees whose usage: each their own, maintainers and owners that of their projects, admins and auditors all.</summary>
internal sealed class UsageRights(ProjectDirectory projects)
{
    /// <summary>What a caller sees.</summary>
    public UsageSight Of(Caller caller)
    {
        var isWide = caller.Scopes.Covers(Permission.TasksRead, null);
        var covered = projects.All.Where(p => p.Deleted is null && caller.Scopes.Covers(Permission.TasksRead, p.Name)).ToList();
        IReadOnlyList<string>? within = isWide ? null : [.. covered.Select(static p => p.Name)];
        return Authority.SeesAll(caller)
            ? new UsageSight(null, within, [])
            : new UsageSight(caller.Account, within, [.. covered.Where(p => p.RoleOf(caller.Account, caller.Groups) >= ProjectRole.Maintainer).Select(static p => p.Name)]);
    }
}
