using System.Globalization;
using System.Text;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Access.Audit;

/// <summary>Reads the log. Every query walks an index in the order in which it answers and stops when the page is full.</summary>
internal sealed class AuditReader(Database database)
{
    private const string Columns = "id, at, actor, via, action, target, outcome, address, detail";

    /// <summary>Entries, newest first.</summary>
    public Task<IReadOnlyList<AuditRecord>> NewestAsync(AuditQuery query, int limit) => ReadAsync(query, limit, isAscending: false);

    /// <summary>Entries, oldest first.</summary>
    public Task<IReadOnlyList<AuditRecord>> OldestAsync(AuditQuery query, int limit) => ReadAsync(query, limit, isAscending: true);

    /// <summary>The query's text and its values.</summary>
    internal static (string Sql, DynamicParameters Values) Compose(AuditQuery query, int limit, bool isAscending)
    {
        var where = new StringBuilder();
        var values = new DynamicParameters();
        values.Add("limit", limit);
        Add("at >= @since", "since", query.Since is { } since ? AuditLog.Text(since) : null);
        Add("at < @until", "until", query.Until is { } until ? AuditLog.Text(until) : null);
        Add("actor = @actor", "actor", query.Actor);
        if (query.Action?.EndsWith(".*", StringComparison.Ordinal) == true)
            Add("substr(action, 1, length(@action)) = @action", "action", query.Action[..^1]);
        else
            Add("action = @action", "action", query.Action);
        Add("target = @target", "target", query.Target);
        Add("outcome = @outcome", "outcome", query.Outcome);
        if (query.After is { } after)
        {
            var (edge, beyond) = isAscending ? (">=", ">") : ("<=", "<");
            Add($"at {edge} @edge AND (at {beyond} @edge OR id {beyond} @id)", "edge", AuditLog.Text(after.At));
            values.Add("id", after.Id);
        }

        var order = isAscending ? "ASC" : "DESC";
        return ($"SELECT {Columns} FROM audit{where} ORDER BY at {order}, id {order} LIMIT @limit", values);

        void Add(string condition, string name, string? value)
        {
            if (value is null)
                return;
            where.Append(where.Length == 0 ? " WHERE " : " AND ").Append(condition);
            values.Add(name, value);
        }
    }

    private Task<IReadOnlyList<AuditRecord>> ReadAsync(AuditQuery query, int limit, bool isAscending) =>
        database.ReadAsync<IReadOnlyList<AuditRecord>>(connection =>
        {
            var (sql, values) = Compose(query, limit, isAscending);
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
