using System.Globalization;
using System.Text.Json;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Runners;

/// <summary>The runners in the database.</summary>
internal sealed class RunnerStore(Database database)
{
    public Task<IReadOnlyList<RunnerRecord>> ListAsync() => database.ReadAsync<IReadOnlyList<RunnerRecord>>(connection =>
        [.. connection.Query<Row>("SELECT * FROM runners ORDER BY name").Select(static r => r.ToRecord())]);

    /// <summary>Stores a runner, in place of the one of the same installation.</summary>
    public Task SaveAsync(RunnerRecord r) => database.WriteAsync(connection => Save(connection, r));

    /// <summary>The same within a transaction of somebody else. On the database's writing thread.</summary>
    public static int Save(SqliteConnection connection, RunnerRecord r) => connection.Execute(
        """
        INSERT INTO runners (name, installation, account, token, version, labels, own_labels, taints, own_taints, private, own_private, cordoned, draining, facts, created, seen)
        VALUES (@Name, @Installation, @Account, @Token, @Version, @Labels, @OwnLabels, @Taints, @OwnTaints, @IsPrivateHere, @OwnIsPrivate, @IsCordoned, @IsDraining, @Facts, @Created, @Seen)
        ON CONFLICT (installation) DO UPDATE SET name = excluded.name, account = excluded.account, token = excluded.token, version = excluded.version, labels = excluded.labels,
            own_labels = excluded.own_labels, taints = excluded.taints, own_taints = excluded.own_taints, private = excluded.private, own_private = excluded.own_private, cordoned = excluded.cordoned,
            draining = excluded.draining, facts = excluded.facts, seen = excluded.seen
        """,
        Columns(r));

    /// <summary>Forgets a runner.</summary>
    public Task RemoveAsync(string name) => database.WriteAsync(connection => connection.Execute("DELETE FROM runners WHERE name = @name", new { name }));

    /// <summary>All that is stored of a runner as one text: two with the same are stored alike.</summary>
    public static string TextOf(RunnerRecord record) => Columns(record).ToString()!;

    private static object Columns(RunnerRecord r) => new
    {
        r.Name,
        r.Installation,
        r.Account,
        r.Token,
        r.Version,
        Labels = JsonSerializer.Serialize(r.Labels, RunnerJson.Default.IReadOnlyDictionaryStringString),
        OwnLabels = JsonSerializer.Serialize(r.OwnLabels, RunnerJson.Default.IReadOnlyDictionaryStringString),
        Taints = JsonSerializer.Serialize(r.Taints, RunnerJson.Default.IReadOnlyListTaint),
        OwnTaints = JsonSerializer.Serialize(r.OwnTaints, RunnerJson.Default.IReadOnlyListTaint),
        r.IsPrivateHere,
        r.OwnIsPrivate,
        r.IsCordoned,
        r.IsDraining,
        Facts = JsonSerializer.Serialize(r.Facts, RunnerJson.Default.RunnerFacts),
        Created = r.Created.ToString("O"),
        Seen = r.Seen.ToString("O"),
    };

    private sealed class Row
    {
        public string Name { get; set; } = "";

        public string Installation { get; set; } = "";

        public string Account { get; set; } = "";

        public string? Token { get; set; }

        public string Version { get; set; } = "";

        public string Labels { get; set; } = "";

        public string Own_labels { get; set; } = "";

        public string Taints { get; set; } = "";

        public string Own_taints { get; set; } = "";

        public bool? Private { get; set; }

        public bool Own_private { get; set; }

        public bool Cordoned { get; set; }

        public bool Draining { get; set; }

        public string Facts { get; set; } = "";

        public string Created { get; set; } = "";

        public string Seen { get; set; } = "";

        public RunnerRecord ToRecord() => new()
        {
            Name = Name,
            Installation = Installation,
            Account = Account,
            Token = Token,
            Version = Version,
            Labels = JsonSerializer.Deserialize(Labels, RunnerJson.Default.IReadOnlyDictionaryStringString)!,
            OwnLabels = JsonSerializer.Deserialize(Own_labels, RunnerJson.Default.IReadOnlyDictionaryStringString)!,
            Taints = JsonSerializer.Deserialize(Taints, RunnerJson.Default.IReadOnlyListTaint)!,
            OwnTaints = JsonSerializer.Deserialize(Own_taints, RunnerJson.Default.IReadOnlyListTaint)!,
            IsPrivateHere = Private,
            OwnIsPrivate = Own_private,
            IsCordoned = Cordoned,
            IsDraining = Draining,
            Facts = JsonSerializer.Deserialize(Facts, RunnerJson.Default.RunnerFacts)!,
            Created = DateTimeOffset.Parse(Created, CultureInfo.InvariantCulture),
            Seen = DateTimeOffset.Parse(Seen, CultureInfo.InvariantCulture),
        };
    }
}
