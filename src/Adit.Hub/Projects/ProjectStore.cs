using System.Globalization;
using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Projects;

/// <summary>Projects in the database, each change together with what the audit log is told of it. Times are ISO 8601 in UTC.</summary>
internal sealed class ProjectStore(Database database, TimeProvider time)
{
    public Task<IReadOnlyList<Project>> LoadAsync() => database.ReadAsync<IReadOnlyList<Project>>(connection =>
    {
        var members = connection.Query<(string Project, string Kind, string Member, string Role, string Added)>(
                "SELECT project, kind, member, role, added FROM project_members")
            .ToLookup(
                static m => m.Project,
                static m => new ProjectMember(
                    Enum.Parse<MemberKind>(m.Kind, ignoreCase: true), m.Member, Enum.Parse<ProjectRole>(m.Role, ignoreCase: true), Time(m.Added)));
        return [.. connection.Query<Row>("SELECT * FROM projects").Select(r => r.ToProject([.. members[r.Name]]))];
    });

    /// <summary>Stores a project as it is, without its members.</summary>
    public Task SaveAsync(Project project, AuditEntry? entry, ProjectMember? member = null) => database.WriteAsync(connection =>
    {
        connection.Execute(
            """
            INSERT INTO projects (name, title, description, visibility, created, created_by, deleted, version)
            VALUES (@Name, @Title, @Description, @Visibility, @Created, @CreatedBy, @Deleted, @Version)
            ON CONFLICT (name) DO UPDATE SET title = excluded.title, description = excluded.description, visibility = excluded.visibility,
                deleted = excluded.deleted, version = excluded.version
            """,
            new
            {
                project.Name,
                project.Title,
                project.Description,
                Visibility = Word(project.Visibility),
                Created = Text(project.Created),
                project.CreatedBy,
                Deleted = project.Deleted is { } at ? Text(at) : null,
                project.Version,
            });
        if (member is not null)
        {
            connection.Execute(
                """
                INSERT INTO project_members (project, kind, member, role, added) VALUES (@project, @kind, @Name, @role, @added)
                ON CONFLICT (project, kind, member) DO UPDATE SET role = excluded.role
                """,
                new { project = project.Name, kind = Word(member.Kind), member.Name, role = Word(member.Role), added = Text(member.Added) });
        }

        AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    /// <summary>Removes a member.</summary>
    public Task RemoveMemberAsync(Project project, MemberKind kind, string member, AuditEntry? entry) => database.WriteAsync(connection =>
    {
        connection.Execute(
            "DELETE FROM project_members WHERE project = @Name AND kind = @kind AND member = @member", new { project.Name, kind = Word(kind), member });
        connection.Execute("UPDATE projects SET version = @Version WHERE name = @Name", new { project.Name, project.Version });
        AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    /// <summary>Removes somebody from every project. Within a write.</summary>
    public static void RemoveFromAll(SqliteConnection connection, MemberKind kind, string member, DateTimeOffset at)
    {
        var values = new { kind = Word(kind), member };
        foreach (var project in connection.Query<string>("SELECT project FROM project_members WHERE kind = @kind AND member = @member", values).ToList())
        {
            connection.Execute("UPDATE projects SET version = version + 1 WHERE name = @project", new { project });
            AuditLog.Add(connection, new AuditEntry("project.member.remove")
            {
                Target = "project:" + project,
                Detail = new Dictionary<string, string> { ["member"] = $"{Word(kind)}:{member}", ["why"] = $"the {Word(kind)} was removed" },
            }, at);
        }

        connection.Execute("DELETE FROM project_members WHERE kind = @kind AND member = @member", values);
    }

    /// <summary>Removes a project for good, with its members.</summary>
    public Task PurgeAsync(string name, AuditEntry entry) => database.WriteAsync(connection =>
    {
        connection.Execute("DELETE FROM projects WHERE name = @name", new { name });
        AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Text(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

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
