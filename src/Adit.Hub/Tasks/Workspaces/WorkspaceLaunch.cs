using System.Security.Cryptography;
using System.Text;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Projects;
using Adit.Hub.Templates;
using Adit.Hub.Volumes;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tasks.Workspaces;

/// <summary>Gives a task the volume that is its home directory, as it was asked for or as its template says.</summary>
internal sealed class WorkspaceLaunch(VolumeDoor volumes, ProjectDirectory projects, Authority authority, TimeProvider time)
{
    /// <summary>The same task with its workspace, which is made when there is none; unchanged for one without.</summary>
    /// <exception cref="TaskRefusal">What was asked for cannot be.</exception>
    /// <exception cref="Storage.StorageException">It could not be stored.</exception>
    public async Task<ResolvedTask> GiveAsync(ResolvedTask task, string name, CreateTaskRequest request, Caller caller, HttpContext context)
    {
        if (request is { Workspace: not null, NoWorkspace: true })
            throw new TaskRefusal(TaskRefusalCode.Invalid, "A task has a workspace or none: 'workspace' and 'noWorkspace' are not said together.");
        if (request.NoWorkspace == true || (request.Workspace is null && !task.WantsWorkspace))
            return task;
        var (project, volume) = Parts(request.Workspace ?? name, request.Project);
        if (!Volume.IsName(volume))
            throw new TaskRefusal(TaskRefusalCode.Invalid, "A workspace is NAME or PROJECT/NAME; NAME has 1 to 63 of a-z, 0-9 and hyphens inside.");
        if (project is null && (project = await OwnProjectAsync(caller, context)) is null)
        {
            return request.Workspace is null
                ? Without(task, "It has no workspace: its token makes no projects, and it is in none. Its files stay on its runner; name a project to have them kept.")
                : throw new TaskRefusal(TaskRefusalCode.Forbidden, $"This token makes no projects, and the workspace '{volume}' is in none; write PROJECT/{volume}.");
        }

        if (!authority.Knows(caller, project))
            throw new TaskRefusal(TaskRefusalCode.ProjectUnknown, $"project '{project}'");
        if (!volumes.MayWrite(caller, project))
        {
            return request.Workspace is null
                ? Without(task, $"It has no workspace: its token writes no volumes of the project '{project}' (scope volumes:write). Its files stay on its runner.")
                : throw new TaskRefusal(TaskRefusalCode.Forbidden, $"Only members of the project '{project}' write its volumes, with a token that may (scope volumes:write); ask one of its maintainers.");
        }

        var found = await volumes.FindOrMakeAsync(caller, project, volume, context.Address())
            ?? throw new TaskRefusal(TaskRefusalCode.WorkspaceImpossible, $"The project '{project}' has {Volume.MostOfProject} volumes, and no '{volume}'; remove some first.");
        if (found.Kind != VolumeKind.Workspace)
            throw new TaskRefusal(TaskRefusalCode.WorkspaceImpossible, $"The volume '{found.Path}' is a dataset, which tasks do not work in; name another one with --workspace.");
        return task with { Spec = task.Spec with { Home = null, Workspace = new WorkspaceSpec { Project = found.Project, Volume = found.Name, Id = found.Id, SnapshotSeconds = task.SnapshotSeconds } } };
    }

    private static ResolvedTask Without(ResolvedTask task, string notice) => task with { Notices = [.. task.Notices, notice] };

    private static (string? Project, string Volume) Parts(string text, string? project) =>
        text.IndexOf('/', StringComparison.Ordinal) is var at and >= 0 ? (text[..at], text[(at + 1)..]) : (project, text);

    // The project of somebody's own, for what is in none: home-ACCOUNT, or where that is another's, the same with the beginning of the account's hash. Made when it is first needed; null where the caller
    // may not make it.
    private async Task<string?> OwnProjectAsync(Caller caller, HttpContext context)
    {
        var plain = "home-" + TaskNames.OwnerLabel(caller.Account);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(caller.Account)).AsSpan(0, 4));
        foreach (var name in new[] { plain, $"{plain}-{hash}" })
        {
            if (projects.FindAny(name) is { } there)
            {
                if (there.Deleted is null && there.RoleOf(caller.Account, caller.Groups) == ProjectRole.Owner)
                    return name;
                continue;
            }

            if (!authority.MayMake(caller, Permission.VolumesWrite, null))
                return null;
            try
            {
                var now = time.GetUtcNow();
                await projects.AddAsync(
                    new Project
                    {
                        Name = name,
                        Title = $"Workspaces of {caller.Account}",
                        Created = now,
                        CreatedBy = caller.Account,
                        Members = [new ProjectMember(MemberKind.Account, caller.Account, ProjectRole.Owner, now)],
                    },
                    AuditEntry.By(caller, "project.create", "project:" + name, context.Address()));
                return name;
            }
            catch (ProjectRefusal e) when (e.Code == ProjectRefusalCode.NameTaken)
            {
                // Another request had the same idea at the same moment.
                if (projects.Find(name)?.RoleOf(caller.Account, caller.Groups) == ProjectRole.Owner)
                    return name;
            }
        }

        return null;
    }
}
