using Adit.Api;

namespace Adit.Hub.Access.Permissions;

/// <summary>
/// The one place that decides who may do what, for browser sessions, tokens and runners alike. A caller may do what its account may and
/// its scopes cover; what an account may follows from owning a thing, from its role in the thing's project, and from its platform role.
/// </summary>
/// <param name="projects">Who has which role in a project.</param>
internal sealed class Authority(IProjectRoles projects)
{
    /// <summary>Whether a caller may use a permission on a thing.</summary>
    public bool May(Caller caller, Permission permission, in Owned thing)
    {
        if (!caller.Scopes.Covers(permission, thing.Project))
            return false;
        if (caller.Role == PlatformRole.Admin)
            return true;
        // What somebody made in a project is theirs as long as they belong to it.
        if (thing.Owner is { } owner && owner == caller.Account
            && (thing.Project is not { } of || (projects.RoleOf(caller, of) is { } own && own >= (permission.IsWrite ? ProjectRole.Member : ProjectRole.Viewer))))
            return true;
        if (caller.Role == PlatformRole.Auditor && !permission.IsWrite && permission != Permission.RoutesOpen)
            return true;
        return thing.Project is { } project && projects.RoleOf(caller, project) is { } role && role >= Least(permission);
    }

    /// <summary>Whether a caller may make something in a project; null for what is in none and is the caller's own.</summary>
    public bool MayMake(Caller caller, Permission permission, string? project) =>
        caller.Scopes.Covers(permission, project)
        && (project is null || (caller.Role == PlatformRole.Admin && projects.IsThere(project)) || projects.RoleOf(caller, project) >= ProjectRole.Member);

    /// <summary>Whether a caller may do what in a project only roles from some on may: its own end, or who its members are.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="permission">What of its scopes that needs.</param>
    /// <param name="project">The project's name.</param>
    /// <param name="role">The role that the caller has in it; null for none.</param>
    /// <param name="least">The role that it needs.</param>
    public static bool MayAs(Caller caller, Permission permission, string project, ProjectRole? role, ProjectRole least) =>
        caller.Scopes.Covers(permission, project) && (caller.Role == PlatformRole.Admin || role >= least);

    /// <summary>Whether there is a project that this caller may know of.</summary>
    public bool Knows(Caller caller, string project) =>
        caller.Scopes.CoversAny(project) && projects.IsThere(project) && (SeesAll(caller) || projects.RoleOf(caller, project) is not null || projects.IsInternal(project));

    /// <summary>Whether a caller may see the things of everybody, as admins and auditors do.</summary>
    public static bool SeesAll(Caller caller) => caller.Role >= PlatformRole.Auditor;

    // What somebody else made in a project is changed by its maintainers and seen by all of its members.
    private static ProjectRole Least(Permission permission) => permission.IsWrite ? ProjectRole.Maintainer : ProjectRole.Viewer;
}

/// <summary>Something that belongs to somebody.</summary>
/// <param name="Owner">The account; null for what is the hub's.</param>
/// <param name="Project">The project it is in; null for none.</param>
internal readonly record struct Owned(string? Owner, string? Project = null);

/// <summary>What the decision needs to know of projects. Answers from memory and never blocks.</summary>
internal interface IProjectRoles
{
    /// <summary>The role of a caller in a project, by itself or by a group; null for none, and for a project that there is not.</summary>
    ProjectRole? RoleOf(Caller caller, string project);

    /// <summary>Whether there is one of this name that does not wait for its end.</summary>
    bool IsThere(string project);

    /// <summary>Whether everyone who is signed in may know of it.</summary>
    bool IsInternal(string project);
}
