using System.Globalization;
using System.Text;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Access.Audit;

/// <summary>Reads the log. Every query walks an index in the order in which it answers and stops when the page is full.</summary>
internal sealed class AuditReader(Database database)
{
    // Far more than there are kinds of actions.
    private const int MostActions = 100;
    private const string Columns = "id, at, actor, via, action, target, outcome, address, detail";

    /// <summary>Entries, newest first.</summary>
    public Task<IReadOnlyList<AuditRecord>> NewestAsync(AuditQuery query, int limit) => ReadAsync(query, limit, isAscending: false);

    /// <summary>Entries, oldest first.</summary>
    public Task<IReadOnlyList<AuditRecord>> OldestAsync(AuditQuery query, int limit) => ReadAsync(query, limit, isAscending: true);

    /// <summary>The query's text and its values.</summary>
    /// <param name="query">Which entries.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="isAscending">Oldest first.</param>
    /// <param name="actions">Which actions; null for any. Each is walked by itself and only the ends are sorted.</param>
    internal static (string Sql, DynamicParameters Values) Compose(AuditQuery query, int limit, bool isAscending, IReadOnlyList<string>? actions = null)
    {
        var where = new StringBuilder(" WHERE TRUE");
        var values = new DynamicParameters();
        values.Add("limit", limit);
        Add("at >= @since", "since", query.Since is { } since ? AuditLog.Text(since) : null);
        Add("at < @until", "until", query.Until is { } until ? AuditLog.Text(until) : null);
        Add("actor = @actor", "actor", query.Actor);
        Add("target = @target", "target", query.Target);
        Add("outcome = @outcome", "outcome", query.Outcome);
        if (query.After is { } after)
        {
            var (edge, beyond) = isAscending ? (">=", ">") : ("<=", "<");
            Add($"at {edge} @edge AND (at {beyond} @edge OR id {beyond} @id)", "edge", AuditLog.Text(after.At));
            values.Add("id", after.Id);
        }

        var direction = isAscending ? "ASC" : "DESC";
        var end = $"ORDER BY at {direction}, id {direction} LIMIT @limit";
        if (actions is null)
            return ($"SELECT {Columns} FROM audit{where} {end}", values);
        var parts = new List<string>();
        for (var i = 0; i < actions.Count; i++)
        {
            values.Add($"action{i}", actions[i]);
            parts.Add($"SELECT * FROM (SELECT {Columns} FROM audit{where} AND action = @action{i} {end})");
        }

        return (parts.Count == 1 ? parts[0] : $"{string.Join(" UNION ALL ", parts)} {end}", values);

        void Add(string condition, string name, string? value)
        {
            if (value is null)
                return;
            where.Append(" AND ").Append(condition);
            values.Add(name, value);
        }
    }

    /// <summary>The actions that begin so and of which there are entries: a step in the index for each, not for each entry.</summary>
    internal static IReadOnlyList<string> Actions(SqliteConnection connection, string prefix) =>
    [
        .. connection.Query<string>(
            """
            WITH RECURSIVE actions (name) AS (
                SELECT min(action) FROM audit WHERE action >= @prefix
                UNION ALL
                SELECT (SELECT min(action) FROM audit WHERE action > name) FROM actions WHERE name IS NOT NULL AND substr(name, 1, length(@prefix)) = @prefix)
            SELECT name FROM actions WHERE substr(name, 1, length(@prefix)) = @prefix LIMIT @MostActions
            """,
            new { prefix, MostActions }),
    ];

    private Task<IReadOnlyList<AuditRecord>> ReadAsync(AuditQuery query, int limit, bool isAscending) =>
        database.ReadAsync<IReadOnlyList<AuditRecord>>(connection =>
        {
            IReadOnlyList<string>? actions = query.Action switch
            {
                null => null,
                [.. var start, '.', '*'] => Actions(connection, start + "."),
                var one => [one],
            };
            if (actions is { Count: 0 })
                return [];
            var (sql, values) = Compose(query, limit, isAscending, actions);
            return [.. connection.Query<Row>(sql, values).Select(static r => r.ToRecord())];
        });

    private sealed class Row
    {
        public long Id { get; set; }

        public string At { get; set; } = "";

        public string? Actor { get; set; }

        public string? Via { get; set; }

        public string Action { get; set; } = "";

        public string? Target { get; set; }

        public string Outcome { get; set; } = "";

        public string? Address { get; set; }

        public string? Detail { get; set; }

        public AuditRecord ToRecord() => new()
        {
            Id = Id,
            At = DateTimeOffset.Parse(At, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            Actor = Actor,
            Via = Via,
            Action = Action,
            Target = Target,
            Outcome = Outcome,
            Address = Address,
            Detail = Detail is null ? null : JsonSerializer.Deserialize(Detail, AuditJson.Default.IReadOnlyDictionaryStringString),
        };
    }
}
