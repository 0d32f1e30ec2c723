using System.Collections.Concurrent;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Storage;

namespace Adit.Hub.Projects;

/// <summary>All projects in memory: roles are asked on every request and must not cost a query. Changes are stored first and hold at once.</summary>
internal sealed class ProjectDirectory : IProjectRoles
{
    private readonly ConcurrentDictionary<string, Project> _projects = new(StringComparer.Ordinal);
    private readonly Turns _turns = new();
    private readonly ProjectStore _store;

    private ProjectDirectory(ProjectStore store, IEnumerable<Project> projects)
    {
        _store = store;
        foreach (var project in projects)
            _projects[project.Name] = project;
    }

    /// <summary>A project is not what it was: itself, its members, or that it is there. Its name. Handlers must not block.</summary>
    public event Action<string>? Changed;

    /// <summary>Every project, those that wait for their end too; in no order.</summary>
    public ICollection<Project> All => _projects.Values;

    /// <summary>Loads what the database has.</summary>
    public static async Task<ProjectDirectory> LoadAsync(Database database, TimeProvider time)
    {
        var store = new ProjectStore(database, time);
        return new ProjectDirectory(store, await store.LoadAsync());
    }

    /// <summary>The project of this name; null when there is none or it waits for its end.</summary>
    public Project? Find(string name) => FindAny(name) is { Deleted: null } project ? project : null;

    /// <summary>The project of this name, also while it waits for its end.</summary>
    public Project? FindAny(string name) => _projects.GetValueOrDefault(name);

    /// <inheritdoc />
    public ProjectRole? RoleOf(Caller caller, string project) => Find(project)?.RoleOf(caller.Account, caller.Groups);

    /// <inheritdoc />
    public bool IsThere(string project) => Find(project) is not null;

    /// <inheritdoc />
    public bool IsInternal(string project) => Find(project) is { Visibility: ProjectVisibility.Internal };

    /// <summary>Adds a project with its first owner.</summary>
    /// <exception cref="ProjectRefusal">The name is taken.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public Task<Project> AddAsync(Project project, AuditEntry entry) => _turns.TakeAsync(async () =>
    {
        if (_projects.ContainsKey(project.Name))
            throw new ProjectRefusal(ProjectRefusalCode.NameTaken, $"The name '{project.Name}' is taken; choose another.");
        await _store.SaveAsync(project, entry, project.Members[0]);
        return Keep(project);
    });

    /// <summary>Changes a project, but not its members.</summary>
    /// <param name="name">Which; it may wait for its end.</param>
    /// <param name="change">Makes the new one of the one there is; may refuse by throwing.</param>
    /// <param name="entry">What the audit log is told.</param>
    /// <exception cref="ProjectRefusal">It is gone, or the change refused.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public Task<Project> ChangeAsync(string name, Func<Project, Project> change, AuditEntry entry) => _turns.TakeAsync(async () =>
    {
        var before = Known(name);
        var after = change(before);
        if (after == before)
            return before;
        after = after with { Version = before.Version + 1 };
        await _store.SaveAsync(after, entry);
        return Keep(after);
    });

    /// <summary>Makes a member, or changes its role.</summary>
    /// <param name="name">The project.</param>
    /// <param name="member">The member as it shall be.</param>
    /// <param name="check">Is shown the project and the member as it was, null for a new one; may refuse by throwing.</param>
    /// <param name="entry">What the audit log is told.</param>
    /// <inheritdoc cref="ChangeAsync" path="/exception"/>
    public Task<Project> SetMemberAsync(string name, ProjectMember member, Action<Project, ProjectMember?> check, AuditEntry entry) => _turns.TakeAsync(async () =>
    {
        var before = Known(name);
        var old = before.Members.FirstOrDefault(m => m.Kind == member.Kind && m.Name == member.Name);
        check(before, old);
        if (old?.Role == member.Role)
            return before;
        if (old is not null)
            member = member with { Added = old.Added };
        var after = before with { Members = [.. before.Members.Where(m => m != old), member], Version = before.Version + 1 };
        await _store.SaveAsync(after, entry, member);
        return Keep(after);
    });

    /// <summary>Removes a member. False when it is none.</summary>
    /// <inheritdoc cref="SetMemberAsync"/>
    public Task<bool> RemoveMemberAsync(string name, MemberKind kind, string member, Action<Project, ProjectMember> check, AuditEntry? entry) => _turns.TakeAsync(async () =>
    {
        var before = Known(name);
        if (before.Members.FirstOrDefault(m => m.Kind == kind && m.Name == member) is not { } old)
            return false;
        check(before, old);
        var after = before with { Members = [.. before.Members.Where(m => m != old)], Version = before.Version + 1 };
        await _store.RemoveMemberAsync(after, kind, member, entry);
        Keep(after);
        return true;
    });

    /// <summary>
    /// Somebody is no member of any project any more, as is stored already. Waits for nobody, so that it can be called by whoever a project's
    /// end waits for.
    /// </summary>
    public void Forget(MemberKind kind, string member)
    {
        foreach (var (name, before) in _projects)
        {
            var now = before;
            while (now.Members.Any(m => m.Kind == kind && m.Name == member))
            {
                var after = now with { Members = [.. now.Members.Where(m => m.Kind != kind || m.Name != member)], Version = now.Version + 1 };
                if (_projects.TryUpdate(name, after, now))
                    Changed?.Invoke(name);
                if (!_projects.TryGetValue(name, out now))
                    break;
            }
        }
    }

    /// <summary>Ends a project that waited for it, with everything in it. False when it was restored meanwhile.</summary>
    /// <param name="project">Which, as it was when its time had come.</param>
    /// <param name="removeContent">Removes what is in it; nobody restores it meanwhile.</param>
    /// <param name="entry">What the audit log is told.</param>
    public Task<bool> PurgeAsync(Project project, Func<Task> removeContent, AuditEntry entry) => _turns.TakeAsync(async () =>
    {
        if (FindAny(project.Name) is not { Deleted: { } deleted } || deleted != project.Deleted)
            return false;
        await removeContent();
        await _store.PurgeAsync(project.Name, entry);
        _projects.TryRemove(project.Name, out _);
        Changed?.Invoke(project.Name);
        return true;
    });

    private Project Known(string name) =>
        FindAny(name) ?? throw new ProjectRefusal(ProjectRefusalCode.Unknown, $"There is no project '{name}' that you may see.");

    private Project Keep(Project project)
    {
        _projects[project.Name] = project;
        Changed?.Invoke(project.Name);
        return project;
    }
}
