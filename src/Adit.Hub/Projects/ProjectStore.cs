using System.Globalization;
using Adit.Api;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Projects;

/// <summary>Projects in the database. Times are ISO 8601 in UTC.</summary>
internal sealed class ProjectStore(Database database)
{
    public Task<IReadOnlyList<Project>> LoadAsync() => database.ReadAsync<IReadOnlyList<Project>>(connection =>
    {
        var members = connection.Query<(string Project, string Kind, string Member, string Role, string Added)>(
                "SELECT project, kind, member, role, added FROM project_members")
            .ToLookup(
                static m => m.Project,
                static m => new ProjectMember(m.Kind == "group", m.Member, Enum.Parse<ProjectRole>(m.Role, ignoreCase: true), Time(m.Added)));
        return [.. connection.Query<Row>("SELECT * FROM projects").Select(r => r.ToProject([.. members[r.Name]]))];
    });

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed class Row
    {
        public string Name { get; set; } = "";

        public string? Title { get; set; }

        public string? Description { get; set; }

        public string Visibility { get; set; } = "";

        public string Created { get; set; } = "";

        public string Created_by { get; set; } = "";

        public string? Deleted { get; set; }

        public long Version { get; set; }

        public Project ToProject(IReadOnlyList<ProjectMember> members) => new()
        {
            Name = Name,
            Title = Title,
            Description = Description,
            Visibility = Enum.Parse<ProjectVisibility>(Visibility, ignoreCase: true),
            Created = Time(Created),
            CreatedBy = Created_by,
            Deleted = Deleted is null ? null : Time(Deleted),
            Version = Version,
            Members = members,
        };
    }
}
