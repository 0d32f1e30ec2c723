using System.Collections.Concurrent;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Storage;

namespace Adit.Hub.Projects;

/// <summary>All projects in memory: roles are asked on every request and must not cost a query. Changes are stored first and hold at once.</summary>
internal sealed class ProjectDirectory : IProjectRoles
{
    private readonly ConcurrentDictionary<string, Project> _projects = new(StringComparer.Ordinal);

    private ProjectDirectory(IEnumerable<Project> projects)
    {
        foreach (var project in projects)
            _projects[project.Name] = project;
    }

    /// <summary>Loads what the database has.</summary>
    public static async Task<ProjectDirectory> LoadAsync(Database database) => new(await new ProjectStore(database).LoadAsync());

    /// <summary>The project of this name; null when there is none or it waits for its end.</summary>
    public Project? Find(string name) => _projects.TryGetValue(name, out var project) && project.Deleted is null ? project : null;

    /// <inheritdoc />
    public ProjectRole? RoleOf(Caller caller, string project) => Find(project) is not { } known ? null : known.Members
        .Where(m => m.IsGroup ? caller.Groups.Contains(m.Name) : m.Name == caller.Account)
        .Select(static m => (ProjectRole?)m.Role)
        .Max();
}
