using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Storage;
using Adit.Hub.Tasks.Usage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Tasks;

/// <summary>
/// The tasks in the database. What people ask for and what runners see are written by different statements to different columns, so that
/// neither undoes the other.
/// </summary>
internal sealed class TaskStore(Database database)
{
    /// <summary>Those that have not ended, and sessions that hold their names.</summary>
    public Task<IReadOnlyList<TaskRecord>> ListCurrentAsync() => database.ReadAsync<IReadOnlyList<TaskRecord>>(static connection =>
        [.. connection.Query<Row>("SELECT * FROM tasks WHERE ended IS NULL OR holds = 1").Select(static r => r.ToRecord())]);

    /// <summary>A page of tasks, the newest first.</summary>
    /// <param name="account">Whose; null for everybody's.</param>
    /// <param name="before">Where the page before ended; null for the first page.</param>
    /// <param name="limit">How many.</param>
    public Task<IReadOnlyList<TaskRecord>> ListAsync(string? account, TaskCursor? before, int limit) => database.ReadAsync<IReadOnlyList<TaskRecord>>(connection =>
        [.. connection.Query<Row>(
            """
            SELECT * FROM tasks
            WHERE (@account IS NULL OR account = @account)
                AND (@id IS NULL OR (created, id) < (@created, @id))
            ORDER BY created DESC, id DESC LIMIT @limit
            """,
            new { account, id = before?.Id, created = before?.Created.ToString("O"), limit }).Select(static r => r.ToRecord())]);

    /// <summary>A task by its id, or an account's newest by its name.</summary>
    public Task<TaskRecord?> FindAsync(string? id, string? account, string? name) => database.ReadAsync(connection => connection.QueryFirstOrDefault<Row>(
        "SELECT * FROM tasks WHERE (@id IS NOT NULL AND id = @id) OR (@id IS NULL AND account = @account AND name = @name) ORDER BY created DESC LIMIT 1",
        new { id, account, name })?.ToRecord());

    /// <summary>The steps of a template's last starts, the newest first.</summary>
    public Task<IReadOnlyList<IReadOnlyList<TaskStep>>> ListStartsAsync(string template, int limit) => database.ReadAsync<IReadOnlyList<IReadOnlyList<TaskStep>>>(connection =>
        [.. connection.Query<string>("SELECT steps FROM tasks WHERE template = @template ORDER BY created DESC LIMIT @limit", new { template, limit })
            .Select(static s => JsonSerializer.Deserialize(s, TaskJson.Default.IReadOnlyListTaskStep)!)]);

    /// <summary>The task that was made with this key; null for none.</summary>
    public Task<TaskRecord?> FindByKeyAsync(string account, string key) => database.ReadAsync(connection =>
        connection.QueryFirstOrDefault<Row>("SELECT * FROM tasks WHERE account = @account AND request_key = @key", new { account, key })?.ToRecord());

    /// <summary>Adds a task; one that held its name before gives it up.</summary>
    public Task AddAsync(TaskRecord record) => database.WriteAsync(connection =>
    {
        if (record.HoldsName)
            connection.Execute("UPDATE tasks SET holds = 0 WHERE account = @Account AND name = @Name AND ended IS NOT NULL", new { record.Account, record.Name });
        connection.Execute(
            """
            INSERT INTO tasks (id, name, holds, account, token_id, maker, project, kind, template, template_version, resolved, request_key, request_hash, wanted, attempt,
                state, reason, exit_code, runner, steps, last_lines, created, ended, used_before, used_until)
            VALUES (@Id, @Name, @HoldsName, @Account, @TokenId, @Maker, @Project, @Kind, @Template, @Version, @Resolved, @RequestKey, @RequestHash, @IsWanted, @Attempt,
                @State, @Reason, @ExitCode, @Runner, @Steps, @LastLines, @Created, @Ended, @UsedBefore, @UsedUntil)
            """,
            new
            {
                record.Id,
                record.Name,
                record.HoldsName,
                record.Account,
                record.TokenId,
                record.Maker,
                record.Project,
                Kind = record.Kind.ToString(),
                record.Resolved.Template,
                record.Resolved.Version,
                Resolved = JsonSerializer.Serialize(record.Resolved, TaskJson.Default.ResolvedTask),
                record.RequestKey,
                record.RequestHash,
                record.IsWanted,
                record.Attempt,
                State = record.State.ToString(),
                record.Reason,
                record.ExitCode,
                record.Runner,
                Steps = Text(record.Steps),
                LastLines = Text(record.LastLines),
                Created = record.Created.ToString("O"),
                Ended = record.Ended?.ToString("O"),
                UsedBefore = (long)record.UsedBefore.TotalMilliseconds,
                UsedUntil = record.UsedUntil?.ToString("O"),
            });
        UsageStore.Write(connection, record);
    });

    /// <summary>Takes back an addition; the one that gave up its name for it has it again.</summary>
    public Task UndoAddAsync(string id, string? before) => database.WriteAsync(connection =>
    {
        UsageStore.Remove(connection, id);
        connection.Execute("DELETE FROM tasks WHERE id = @id", new { id });
        connection.Execute("UPDATE tasks SET holds = 1 WHERE id = @before", new { before });
    });

    /// <summary>Whether it should run.</summary>
    public Task SetWantedAsync(string id, bool isWanted) =>
        database.WriteAsync(connection => connection.Execute("UPDATE tasks SET wanted = @isWanted WHERE id = @id", new { id, isWanted }));

    /// <summary>What is known of it, of this attempt and no later one, and what it used by that.</summary>
    public Task SetStateAsync(TaskRecord record) => database.WriteAsync(connection => SetState(connection, record));

    /// <summary>A new attempt.</summary>
    public Task SetAgainAsync(TaskRecord record) => database.WriteAsync(connection =>
    {
        connection.Execute("UPDATE tasks SET attempt = @Attempt, wanted = 1 WHERE id = @Id", new { record.Attempt, record.Id });
        SetState(connection, record);
    });

    /// <summary>Gives up its name.</summary>
    public Task RemoveAsync(string id) => database.WriteAsync(connection => connection.Execute("UPDATE tasks SET holds = 0 WHERE id = @id", new { id }));

    /// <summary>A runner has another name.</summary>
    /// <param name="before">Its old name.</param>
    /// <param name="now">Its new name.</param>
    /// <param name="also">What else is written with it, or not at all.</param>
    public Task RenameRunnerAsync(string before, string now, Action<SqliteConnection> also) =>
        database.WriteAsync(connection =>
        {
            also(connection);
            connection.Execute("UPDATE tasks SET runner = @now WHERE runner = @before", new { before, now });
            UsageStore.RenameRunner(connection, before, now);
        });

    private static void SetState(SqliteConnection connection, TaskRecord record)
    {
        connection.Execute(
            """
            UPDATE tasks SET state = @State, reason = @Reason, exit_code = @ExitCode, runner = @Runner, steps = @Steps, last_lines = @LastLines,
                ended = @Ended, holds = @HoldsName, used_before = @UsedBefore, used_until = @UsedUntil
            WHERE id = @Id AND attempt = @Attempt
            """,
            new
            {
                State = record.State.ToString(),
                record.Reason,
                record.ExitCode,
                record.Runner,
                Steps = Text(record.Steps),
                LastLines = Text(record.LastLines),
                Ended = record.Ended?.ToString("O"),
                record.HoldsName,
                UsedBefore = (long)record.UsedBefore.TotalMilliseconds,
                UsedUntil = record.UsedUntil?.ToString("O"),
                record.Id,
                record.Attempt,
            });
        UsageStore.Write(connection, record);
    }

    private static string Text(IReadOnlyList<TaskStep> steps) => JsonSerializer.Serialize(steps, TaskJson.Default.IReadOnlyListTaskStep);

    private static string? Text(IReadOnlyList<string>? lines) => lines is null ? null : JsonSerializer.Serialize(lines, TaskJson.Default.IReadOnlyListString);

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Name { get; set; } = "";

        public bool Holds { get; set; }

        public string Account { get; set; } = "";

        public string Token_id { get; set; } = "";

        public string Maker { get; set; } = "";

        public string? Project { get; set; }

        public string Resolved { get; set; } = "";

        public string? Request_key { get; set; }

        public string? Request_hash { get; set; }

        public bool Wanted { get; set; }

        public int Attempt { get; set; }

        public string State { get; set; } = "";

        public string? Reason { get; set; }

        public int? Exit_code { get; set; }

        public string? Runner { get; set; }

        public string Steps { get; set; } = "";

        public string? Last_lines { get; set; }

        public string Created { get; set; } = "";

        public string? Ended { get; set; }

        public long Used_before { get; set; }

        public string? Used_until { get; set; }

        public TaskRecord ToRecord() => new()
        {
            Id = Id,
            Name = Name,
            HoldsName = Holds,
            Account = Account,
            TokenId = Token_id,
            Maker = Maker,
            Project = Project,
            Resolved = JsonSerializer.Deserialize(Resolved, TaskJson.Default.ResolvedTask)!,
            RequestKey = Request_key,
            RequestHash = Request_hash,
            IsWanted = Wanted,
            Attempt = Attempt,
            State = Enum.Parse<TaskState>(State),
            Reason = Reason,
            ExitCode = Exit_code,
            Runner = Runner,
            Steps = JsonSerializer.Deserialize(Steps, TaskJson.Default.IReadOnlyListTaskStep)!,
            LastLines = Last_lines is null ? null : JsonSerializer.Deserialize(Last_lines, TaskJson.Default.IReadOnlyListString),
            Created = DateTimeOffset.Parse(Created, CultureInfo.InvariantCulture),
            Ended = Ended is null ? null : DateTimeOffset.Parse(Ended, CultureInfo.InvariantCulture),
            UsedBefore = TimeSpan.FromMilliseconds(Used_before),
            UsedUntil = Used_until is null ? null : DateTimeOffset.Parse(Used_until, CultureInfo.InvariantCulture),
        };
    }
}
