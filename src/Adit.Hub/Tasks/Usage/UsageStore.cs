using System.Globalization;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Tasks.Usage;

/// <summary>
/// What attempts used, in the database. A row is written in the transaction that writes its task's state and has task and attempt as its key:
/// nothing is counted twice, and nothing that is known of a task is missing here.
/// </summary>
internal sealed class UsageStore(Database database)
{
    /// <summary>Writes what is known of a task's current attempt. On the database's writing thread.</summary>
    public static void Write(SqliteConnection connection, TaskRecord task)
    {
        if (task.Attempt > 1)
        {
            // An attempt whose end could not be written, for the disk was full, does not count for ever.
            connection.Execute(
                "UPDATE task_usage SET ended = MAX(started, COALESCE(lost, @Asked)), lost = NULL WHERE task = @Id AND attempt < @Attempt AND ended IS NULL",
                new { task.Id, task.Attempt, Asked = task.Steps[0].At.ToUnixTimeMilliseconds() });
        }

        if (UsageSpan.Of(task) is not { } span || task.Runner is null)
            return;
        connection.Execute(
            """
            INSERT INTO task_usage (task, attempt, name, account, project, template, template_version, runner, cpu, memory, gpus, price, currency, started, ended, lost)
            VALUES (@Id, @Attempt, @Name, @Account, @Project, @Template, @Version, @Runner, @Cpu, @Memory, @Gpus, @Price, @Currency, @Started, @Ended, @Lost)
            ON CONFLICT (task, attempt) DO UPDATE SET ended = excluded.ended, lost = excluded.lost
            """,
            new
            {
                task.Id,
                task.Attempt,
                task.Name,
                task.Account,
                task.Project,
                task.Resolved.Template,
                task.Resolved.Version,
                task.Runner,
                Cpu = task.Resolved.Requests.Cpu ?? 0,
                Memory = task.Resolved.Requests.MemoryBytes ?? 0,
                Gpus = task.Resolved.Requests.Gpus ?? 0,
                Price = task.Resolved.Rates?.PerHour(task.Resolved.Requests).ToString(CultureInfo.InvariantCulture),
                task.Resolved.Rates?.Currency,
                Started = span.Start.ToUnixTimeMilliseconds(),
                Ended = span.IsLost ? null : span.End?.ToUnixTimeMilliseconds(),
                Lost = span.IsLost ? span.End?.ToUnixTimeMilliseconds() : null,
            });
    }

    /// <summary>Takes back what was written of a task that never was. On the database's writing thread.</summary>
    public static void Remove(SqliteConnection connection, string task) => connection.Execute("DELETE FROM task_usage WHERE task = @task", new { task });

    /// <summary>A runner has another name: what was used there is the same machine's.</summary>
    public static void RenameRunner(SqliteConnection connection, string before, string now) =>
        connection.Execute("UPDATE task_usage SET runner = @now WHERE runner = @before", new { before, now });

    /// <summary>Writes all that run: those that an older hub started have no row yet.</summary>
    public Task EnsureAsync(IReadOnlyCollection<TaskRecord> tasks) => database.WriteAsync(connection =>
    {
        foreach (var task in tasks)
            Write(connection, task);
    });

    /// <summary>Attempts with GPUs that ended after a time.</summary>
    public Task<IReadOnlyList<(string Account, string? Project, int Gpus, UsageSpan Span)>> ListGpusAsync(DateTimeOffset since) =>
        database.ReadAsync<IReadOnlyList<(string, string?, int, UsageSpan)>>(connection =>
        [
            .. connection.Query<(string Account, string? Project, int Gpus, long Started, long Ended)>(
                "SELECT account, project, gpus, started, ended FROM task_usage WHERE gpus > 0 AND ended > @since", new { since = since.ToUnixTimeMilliseconds() })
                .Select(static r => (r.Account, r.Project, r.Gpus, new UsageSpan(Time(r.Started), Time(r.Ended), IsLost: false))),
        ]);

    /// <summary>A project has ended: what was used in it stays, under a name that no other project can have.</summary>
    public Task EndProjectAsync(string project, DateTimeOffset at) => database.WriteAsync(connection => connection.Execute(
        "UPDATE task_usage SET project = @ended WHERE project = @project",
        new { project, ended = string.Create(CultureInfo.InvariantCulture, $"{project} (ended {at.UtcDateTime:yyyy-MM-dd})") }));

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
