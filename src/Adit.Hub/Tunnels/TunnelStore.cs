using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Tunnels;

/// <summary>The tunnels in the database.</summary>
internal sealed class TunnelStore(Database database)
{
    public Task<IReadOnlyList<TunnelRecord>> ListAsync() => database.ReadAsync<IReadOnlyList<TunnelRecord>>(connection =>
        [.. connection.Query<Row>("SELECT * FROM tunnels ORDER BY name").Select(r => r.ToRecord())]);

    public Task SaveAsync(TunnelRecord record) => database.WriteAsync(connection => Save(connection, record));

    /// <summary>Stores a tunnel. Within a write.</summary>
    public static int Save(SqliteConnection connection, TunnelRecord record) => connection.Execute(
        """
        INSERT INTO tunnels (name, kind, account, owner, access, keep, hosts, port, client, target, options, created, token_id, project, rules, asked, task)
        VALUES (@Name, @Kind, @Account, @Owner, @Access, @Keep, @Hosts, @Port, @Client, @Target, @Options, @Created, @TokenId, @Project, @Rules, @Asked, @Task)
        ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, owner = excluded.owner, access = excluded.access, keep = excluded.keep,
            hosts = excluded.hosts, port = excluded.port, client = excluded.client, target = excluded.target, options = excluded.options,
            token_id = excluded.token_id, project = excluded.project, rules = excluded.rules, asked = excluded.asked
        """,
        new
        {
            record.Name,
            Kind = record.Kind.ToString(),
            record.Account,
            record.Owner,
            record.Access,
            record.Keep,
            Hosts = string.Join(' ', record.CustomHosts),
            record.Port,
            record.Client,
            record.Target,
            Options = record.Options is null ? null : JsonSerializer.Serialize(record.Options, TunnelsJson.Default.TunnelOptions),
            Created = record.Created.ToString("O"),
            record.TokenId,
            record.Project,
            Rules = record.RulesText(),
            Asked = record.Asked?.Text(),
            record.Task,
        });

    /// <summary>Removes a tunnel; a kept one's name stays its account's for a while.</summary>
    public Task RemoveAsync(TunnelRecord record, DateTimeOffset at) => database.WriteAsync(connection =>
    {
        connection.Execute("DELETE FROM tunnels WHERE name = @Name", new { record.Name });
        connection.Execute("DELETE FROM embed_grants WHERE tunnel = @Name", new { record.Name });
        connection.Execute("DELETE FROM released_names WHERE released < @long", new { @long = at.AddDays(-60).ToString("O") });
        if (record.Keep)
        {
            connection.Execute(
                "INSERT INTO released_names (name, account, released) VALUES (@Name, @Account, @at) ON CONFLICT (name) DO UPDATE SET "
                    + "account = excluded.account, released = excluded.released",
                new { record.Name, record.Account, at = at.ToString("O") });
        }
    });

    /// <summary>The accounts that may still claim names they gave up after <paramref name="since"/>.</summary>
    public Task<IReadOnlyDictionary<string, (string Account, DateTimeOffset Released)>> ReleasedAsync(DateTimeOffset since) => database.ReadAsync(connection =>
        (IReadOnlyDictionary<string, (string, DateTimeOffset)>)connection
            .Query<(string Name, string Account, string Released)>(
                "SELECT name, account, released FROM released_names WHERE released > @since", new { since = since.ToString("O") })
            .ToDictionary(r => r.Name, r => (r.Account, DateTimeOffset.Parse(r.Released, CultureInfo.InvariantCulture)), StringComparer.Ordinal));

    private sealed class Row
    {
        public string Name { get; set; } = "";

        public string Kind { get; set; } = "";

        public string Account { get; set; } = "";

        public string Owner { get; set; } = "";

        public string Access { get; set; } = "";

        public bool Keep { get; set; }

        public string Hosts { get; set; } = "";

        public int? Port { get; set; }

        public string? Client { get; set; }

        public string? Target { get; set; }

        public string? Options { get; set; }

        public string Created { get; set; } = "";

        public string Token_id { get; set; } = "";

        public string? Project { get; set; }

        public string? Rules { get; set; }

        public string? Asked { get; set; }

        public string? Task { get; set; }

        public TunnelRecord ToRecord() => new()
        {
            Name = Name,
            Kind = Enum.Parse<TunnelKind>(Kind),
            Account = Account,
            Owner = Owner,
            Access = Access,
            Keep = Keep,
            CustomHosts = Hosts.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Port = Port,
            Client = Client,
            Target = Target,
            Options = Options is null ? null : JsonSerializer.Deserialize(Options, TunnelsJson.Default.TunnelOptions),
            Created = DateTimeOffset.Parse(Created, CultureInfo.InvariantCulture),
            TokenId = Token_id,
            Project = Project,
            Rules = Rules is null ? null : JsonSerializer.Deserialize(Rules, AccessJson.Default.IReadOnlyListAccessRule),
            Asked = TunnelAsk.Read(Asked),
            Task = Task,
        };
    }
}
