using System.Globalization;
using Adit.Hub.Access.Audit;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Secrets;

/// <summary>The secrets in the database, sealed.</summary>
internal sealed class SecretStore(Database database, TimeProvider time)
{
    /// <summary>All of them.</summary>
    public Task<IReadOnlyList<Secret>> ListAsync() => database.ReadAsync<IReadOnlyList<Secret>>(static connection =>
        [.. connection.Query<Row>("SELECT project, name, sealed, version, created, changed, changed_by FROM secrets").Select(static r => r.ToSecret())]);

    /// <summary>Stores one as it shall be, and what the audit log is told.</summary>
    public Task SaveAsync(Secret secret, AuditEntry entry) => database.WriteAsync(connection =>
    {
        connection.Execute(
            """
            INSERT INTO secrets (project, name, sealed, version, created, changed, changed_by) VALUES (@Project, @Name, @Sealed, @Version, @Created, @Changed, @ChangedBy)
            ON CONFLICT (project, name) DO UPDATE SET sealed = excluded.sealed, version = excluded.version, changed = excluded.changed, changed_by = excluded.changed_by
            """,
            new
            {
                Project = secret.Key.Project ?? "",
                secret.Key.Name,
                secret.Sealed,
                secret.Version,
                Created = Text(secret.Created),
                Changed = Text(secret.Changed),
                secret.ChangedBy,
            });
        AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    /// <summary>Removes one.</summary>
    public Task RemoveAsync(SecretKey key, AuditEntry entry) => database.WriteAsync(connection =>
    {
        connection.Execute("DELETE FROM secrets WHERE project = @Project AND name = @Name", new { Project = key.Project ?? "", key.Name });
        AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    /// <summary>Removes those of a project.</summary>
    public Task RemoveOfAsync(string project) => database.WriteAsync(connection =>
    {
        connection.Execute("DELETE FROM secrets WHERE project = @project", new { project });
    });

    private static string Text(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed class Row
    {
        public string Project { get; set; } = "";

        public string Name { get; set; } = "";

        public byte[] Sealed { get; set; } = [];

        public long Version { get; set; }

        public string Created { get; set; } = "";

        public string Changed { get; set; } = "";

        public string Changed_by { get; set; } = "";

        public Secret ToSecret() => new()
        {
            Key = new SecretKey(Project.Length == 0 ? null : Project, Name), Sealed = Sealed, Version = Version, Created = Time(Created), Changed = Time(Changed), ChangedBy = Changed_by,
        };
    }
}
