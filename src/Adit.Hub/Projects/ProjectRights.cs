using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;

namespace Adit.Hub.Projects;

/// <summary>What a caller may do with projects themselves. Who may not see one is answered as if there were none of that name.</summary>
internal sealed class ProjectRights(ProjectDirectory projects, Authority authority)
{
    /// <summary>A project that the caller may see; null when there is none. One that waits for its end is shown to its owners, admins and auditors.</summary>
    public Project? Find(string name, Caller caller) => projects.FindAny(name) is { } project && MaySee(caller, project) ? project : null;

    /// <summary>Whether a caller may know of a project.</summary>
    public bool MaySee(Caller caller, Project project)
    {
        if (authority.May(caller, Permission.ProjectsRead, new Owned(null, project.Name)))
            return true;
        return project.Deleted is null
            ? project.Visibility == ProjectVisibility.Internal && caller.Scopes.Covers(Permission.ProjectsRead, project.Name)
            : Authority.MayAs(caller, Permission.ProjectsRead, project.Name, RoleOf(caller, project), ProjectRole.Owner);
    }

    /// <summary>Whether a caller may see who the members are: a member itself, an admin or an auditor.</summary>
    public bool MaySeeMembers(Caller caller, Project project) => MaySee(caller, project) && (Authority.SeesAll(caller) || RoleOf(caller, project) is not null);

    /// <summary>The caller's role, also while the project waits for its end.</summary>
    public static ProjectRole? RoleOf(Caller caller, Project project) => project.RoleOf(caller.Account, caller.Groups);

    /// <summary>What a caller may do with a project beside seeing it, as the API says it.</summary>
    public static string[] Of(Caller caller, Project project)
    {
        var role = RoleOf(caller, project);
        if (!Authority.MayAs(caller, Permission.ProjectsWrite, project.Name, role, ProjectRole.Maintainer))
            return [];
        return Authority.MayAs(caller, Permission.ProjectsWrite, project.Name, role, ProjectRole.Owner) ? ["members", "change"] : ["members"];
    }

    /// <summary>Refuses who is no owner.</summary>
    /// <exception cref="ProjectRefusal">It is none, or its token may not.</exception>
    public static void CheckOwner(Caller caller, Project project)
    {
        if (!Authority.MayAs(caller, Permission.ProjectsWrite, project.Name, RoleOf(caller, project), ProjectRole.Owner))
            throw new ProjectRefusal(ProjectRefusalCode.Forbidden, $"Only owners of the project '{project.Name}' do this; ask one of them.");
    }

    /// <summary>Refuses who may not give, change or take away a membership.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="project">The project.</param>
    /// <param name="roles">The role that the member has, and the one that it shall have; null for neither.</param>
    /// <exception cref="ProjectRefusal">It may not.</exception>
    public static void CheckMembership(Caller caller, Project project, params ReadOnlySpan<ProjectRole?> roles)
    {
        // Maintainers change members below themselves; what concerns maintainers and owners is for owners.
        var least = ProjectRole.Maintainer;
        foreach (var role in roles)
        {
            if (role >= ProjectRole.Maintainer)
                least = ProjectRole.Owner;
        }

        if (!Authority.MayAs(caller, Permission.ProjectsWrite, project.Name, RoleOf(caller, project), least))
            throw new ProjectRefusal(
                ProjectRefusalCode.Forbidden,
                $"Maintainers of the project '{project.Name}' change its members and viewers, owners everybody; ask one of them.");
    }
}
