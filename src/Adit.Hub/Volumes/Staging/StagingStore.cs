using Adit.Content.Trees;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Volumes.Staging;

/// <summary>Staged changes in the database: on the disk when a write returns, many of them by one sync.</summary>
internal sealed class StagingStore(Database database)
{
    // An entry has a name; the path says it here.
    private static readonly byte[] NoName = "-"u8.ToArray();

    private const string Insert =
        """
        INSERT INTO staged (volume, path, seq, entry, account) SELECT @volume, @path, @seq, @entry, @account
        WHERE NOT EXISTS (SELECT 1 FROM staged_settled WHERE volume = @volume AND seq >= @seq)
        ON CONFLICT (volume, path) DO UPDATE SET seq = excluded.seq, entry = excluded.entry, account = excluded.account WHERE excluded.seq > seq
        """;

    /// <summary>Stores changes of a volume. One that is in a snapshot already is passed over.</summary>
    public Task AddAsync(string volume, IReadOnlyList<StagedChange> changes) => database.WriteAsync(connection =>
    {
        foreach (var change in changes)
            Add(connection, volume, change);
    });

    /// <summary>The volumes of a project, or of all, in which something is staged.</summary>
    public Task<IReadOnlyList<Volume>> VolumesAsync() => database.ReadAsync<IReadOnlyList<Volume>>(connection =>
        [.. connection.Query<(string Id, string Project, string Name)>("SELECT DISTINCT v.id, v.project, v.name FROM volumes v JOIN staged s ON s.volume = v.id")
            .Select(static r => new Volume(r.Id, r.Project, r.Name, Api.VolumeKind.Dataset, null, default, ""))]);

    /// <summary>What is staged in a volume in the order in which it came, and the number that the last change had or could have had.</summary>
    public Task<(IReadOnlyList<StagedChange> Changes, long Seq)> LoadAsync(string volume) => database.ReadAsync<(IReadOnlyList<StagedChange>, long)>(connection =>
    {
        var changes = connection.Query<Row>("SELECT seq, path, entry, account FROM staged WHERE volume = @volume ORDER BY seq", new { volume }).Select(static r => r.ToChange()).ToList();
        var settled = connection.ExecuteScalar<long?>("SELECT seq FROM staged_settled WHERE volume = @volume", new { volume }) ?? 0;
        return (changes, Math.Max(settled, changes.Count == 0 ? 0 : changes[^1].Seq));
    });

    /// <summary>Files that are staged in a project: what lives though no snapshot has it.</summary>
    public Task<IReadOnlyList<TreeEntry>> FilesAsync(string project) => database.ReadAsync<IReadOnlyList<TreeEntry>>(connection =>
        [.. connection.Query<byte[]>("SELECT s.entry FROM staged s JOIN volumes v ON v.id = s.volume WHERE v.project = @project AND s.entry IS NOT NULL", new { project })
            .Select(static e => TreeEntry.Parse(e))]);

    /// <summary>Changes up to one are in a snapshot: within the write that adds it.</summary>
    public static void SetSettled(SqliteConnection connection, string volume, long seq)
    {
        connection.Execute("DELETE FROM staged WHERE volume = @volume AND seq <= @seq", new { volume, seq });
        connection.Execute("INSERT INTO staged_settled (volume, seq) VALUES (@volume, @seq) ON CONFLICT (volume) DO UPDATE SET seq = excluded.seq", new { volume, seq });
    }

    /// <summary>The same as a write of its own.</summary>
    public Task SetSettledAsync(string volume, long seq) => database.WriteAsync(connection => SetSettled(connection, volume, seq));

    // The way of every put: prepared by hand, without what maps objects to parameters.
    private static void Add(SqliteConnection connection, string volume, StagedChange change)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Insert;
        command.Parameters.AddWithValue("@volume", volume);
        command.Parameters.AddWithValue("@path", change.Path);
        command.Parameters.AddWithValue("@seq", change.Seq);
        command.Parameters.AddWithValue("@entry", change.Entry is { } entry ? (entry with { Name = NoName }).ToBytes() : DBNull.Value);
        command.Parameters.AddWithValue("@account", change.Account);
        command.ExecuteNonQuery();
    }

    private sealed class Row
    {
        public long Seq { get; set; }

        public byte[] Path { get; set; } = [];

        public byte[]? Entry { get; set; }

        public string Account { get; set; } = "";

        public StagedChange ToChange() => new(Seq, Path, Entry is null ? null : TreeEntry.Parse(Entry), Account);
    }
}
