using System.Globalization;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Tasks.Workspaces;

/// <summary>A snapshot that a task made of its workspace.</summary>
/// <param name="Snapshot">Its id.</param>
/// <param name="Branch">The branch that it is on.</param>
/// <param name="Cause">Why it was made.</param>
/// <param name="At">When.</param>
internal sealed record SavedWorkspace(string Snapshot, string Branch, string Cause, DateTimeOffset At);

/// <summary>That a start of a task may write to a volume.</summary>
/// <param name="Task">The task's id.</param>
/// <param name="Attempt">Which start.</param>
/// <param name="Volume">The volume's id.</param>
/// <param name="Installation">The runner, as its record has it.</param>
/// <param name="Name">The task's name.</param>
/// <param name="Account">Its owner.</param>
/// <param name="Project">Its project.</param>
internal sealed record WorkspaceWrite(string Task, int Attempt, string Volume, string Installation, string Name, string Account, string? Project)
{
    /// <summary>Whether nothing follows.</summary>
    public bool IsClosed { get; init; }

    /// <summary>The tree of <see cref="Saved"/>.</summary>
    public string? Root { get; init; }

    /// <summary>The last snapshot of it; null before the first.</summary>
    public SavedWorkspace? Saved { get; init; }

    /// <summary>Whose it is.</summary>
    public Owned Belonging => new(Account, Project);
}

/// <summary>Which starts of tasks may write to which volumes, in the database.</summary>
internal sealed class WorkspaceStore(Database database)
{
    private const string Columns = "task, attempt, volume, installation, name, account, project, closed, root, snapshot, branch, cause, saved";

    /// <summary>What is stored of a start; null for nothing.</summary>
    public Task<WorkspaceWrite?> FindAsync(string task, int attempt) => database.ReadAsync(connection =>
        connection.QuerySingleOrDefault<Row>($"SELECT {Columns} FROM task_writes WHERE task = @task AND attempt = @attempt", new { task, attempt })?.ToWrite());

    /// <summary>The last snapshot of each task whose session is current.</summary>
    public Task<IReadOnlyList<(string Task, SavedWorkspace Saved)>> LastAsync() => database.ReadAsync<IReadOnlyList<(string, SavedWorkspace)>>(static connection =>
        [.. connection.Query<Row>(
            $"SELECT {Columns} FROM task_writes w WHERE snapshot IS NOT NULL AND attempt = (SELECT max(attempt) FROM task_writes WHERE task = w.task AND snapshot IS NOT NULL) "
                + "AND task IN (SELECT id FROM tasks WHERE ended IS NULL OR holds = 1)")
            .Select(static r => (r.Task, r.ToWrite().Saved!))]);

    /// <summary>A start begins to write.</summary>
    public Task BeginAsync(WorkspaceWrite write) => database.WriteAsync(connection => connection.Execute(
        """
        INSERT INTO task_writes (task, attempt, volume, installation, name, account, project)
        VALUES (@Task, @Attempt, @Volume, @Installation, @Name, @Account, @Project) ON CONFLICT DO NOTHING
        """,
        new { write.Task, write.Attempt, write.Volume, write.Installation, write.Name, write.Account, write.Project }));

    /// <summary>A snapshot was made of it.</summary>
    public Task SaveAsync(WorkspaceWrite write, string root, SavedWorkspace saved, bool isLast) => database.WriteAsync(connection => connection.Execute(
        """
        UPDATE task_writes SET root = @root, snapshot = @Snapshot, branch = @Branch, cause = @Cause, saved = @At, closed = max(closed, @isLast)
        WHERE task = @Task AND attempt = @Attempt
        """,
        new { root, saved.Snapshot, saved.Branch, saved.Cause, At = saved.At.ToString("O", CultureInfo.InvariantCulture), isLast, write.Task, write.Attempt }));

    /// <summary>Nothing follows.</summary>
    public Task CloseAsync(WorkspaceWrite write) => database.WriteAsync(connection =>
        connection.Execute("UPDATE task_writes SET closed = 1 WHERE task = @Task AND attempt = @Attempt", new { write.Task, write.Attempt }));

    private sealed class Row
    {
        public string Task { get; set; } = "";

        public long Attempt { get; set; }

        public string Volume { get; set; } = "";

        public string Installation { get; set; } = "";

        public string Name { get; set; } = "";

        public string Account { get; set; } = "";

        public string? Project { get; set; }

        public long Closed { get; set; }

        public string? Root { get; set; }

        public string? Snapshot { get; set; }

        public string? Branch { get; set; }

        public string? Cause { get; set; }

        public string? Saved { get; set; }

        public WorkspaceWrite ToWrite() => new(Task, (int)Attempt, Volume, Installation, Name, Account, Project)
        {
            IsClosed = Closed != 0,
            Root = Root,
            Saved = Snapshot is null ? null : new SavedWorkspace(Snapshot, Branch!, Cause!, DateTimeOffset.Parse(Saved!, CultureInfo.InvariantCulture)),
        };
    }
}
