using System.Globalization;
using Adit.Api;
using Adit.Content.Chunks;
using Adit.Content.Trees;
using Adit.Hub.Access.Audit;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Volumes;

/// <summary>Volumes, their snapshots and the names of these, in the database.</summary>
internal sealed class VolumeStore(Database database, TimeProvider time)
{
    /// <summary>So many digits of an id name a snapshot.</summary>
    public const int ShortestId = 6;

    private long _generation;

    /// <summary>Counts what happened to volumes and their branches: what was read when it was the same is still so.</summary>
    public long Generation => Volatile.Read(ref _generation);

    private const string SnapshotColumns = "id, number, root, entries, files, bytes, parents, author, message, cause, created, uploaded_bytes";

    /// <summary>Volumes by project and name, after a cursor of both.</summary>
    public Task<IReadOnlyList<Volume>> ListAsync(string? project, string? after, int most) => database.ReadAsync<IReadOnlyList<Volume>>(connection =>
        [.. connection.Query<VolumeRow>(
            """
            SELECT id, project, name, kind, description, created, created_by FROM volumes
            WHERE (@project IS NULL OR project = @project) AND (@after IS NULL OR project || '/' || name > @after) ORDER BY project || '/' || name LIMIT @most
            """,
            new { project, after, most }).Select(static r => r.ToVolume())]);

    /// <summary>The volume of this name; null for none.</summary>
    public Task<Volume?> FindAsync(string project, string name) => database.ReadAsync(connection => connection.QuerySingleOrDefault<VolumeRow>(
        "SELECT id, project, name, kind, description, created, created_by FROM volumes WHERE project = @project AND name = @name", new { project, name })?.ToVolume());

    /// <summary>The volume of this id; null when it is gone.</summary>
    public Task<Volume?> FindByIdAsync(string id) => database.ReadAsync(connection => connection.QuerySingleOrDefault<VolumeRow>(
        "SELECT id, project, name, kind, description, created, created_by FROM volumes WHERE id = @id", new { id })?.ToVolume());

    /// <summary>Stores a new volume; false when there is one of its name, or the project is full.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="from">The volume and the snapshot whose history it has; null for none.</param>
    /// <param name="entry">What the audit log is told.</param>
    public Task<bool> AddAsync(Volume volume, (Volume Volume, string Snapshot)? from, AuditEntry entry) => WriteAsync(connection =>
    {
        var count = connection.ExecuteScalar<long>("SELECT count(*) FROM volumes WHERE project = @Project", new { volume.Project });
        if (count >= Volume.MostOfProject)
            return false;
        var added = connection.Execute(
            "INSERT INTO volumes (id, project, name, kind, description, created, created_by) VALUES (@Id, @Project, @Name, @Kind, @Description, @Created, @CreatedBy) ON CONFLICT DO NOTHING",
            new { volume.Id, volume.Project, volume.Name, Kind = volume.Kind.ToString(), volume.Description, Created = Text(volume.Created), volume.CreatedBy });
        if (added > 0 && from is { } source)
            Fork(connection, source.Volume.Id, source.Snapshot, volume.Id);
        if (added > 0)
            AuditLog.Add(connection, entry, time.GetUtcNow());
        return added > 0;
    });

    /// <summary>Gives a volume another description.</summary>
    public Task DescribeAsync(Volume volume, string? description, AuditEntry entry) => database.WriteAsync(connection =>
    {
        connection.Execute("UPDATE volumes SET description = @description WHERE id = @Id", new { description, volume.Id });
        AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    /// <summary>Removes a volume with its snapshots. Its content goes with the next collection.</summary>
    public Task RemoveAsync(Volume volume, AuditEntry entry) => WriteAsync(connection =>
    {
        connection.Execute("DELETE FROM volumes WHERE id = @Id", new { volume.Id });
        AuditLog.Add(connection, entry, time.GetUtcNow());
        return true;
    });

    /// <summary>Removes those of a project.</summary>
    public Task RemoveOfAsync(string project) => WriteAsync(connection => connection.Execute("DELETE FROM volumes WHERE project = @project", new { project }));

    /// <summary>Branches and tags, by name.</summary>
    public Task<IReadOnlyList<VolumeRef>> RefsAsync(Volume volume) => database.ReadAsync<IReadOnlyList<VolumeRef>>(connection => Refs(connection, volume.Id));

    /// <summary>The snapshot that a branch, a tag, an id or the beginning of one names; <c>latest</c> is the branch <c>main</c>. Null for none, and for several.</summary>
    public Task<ApiSnapshot?> ResolveAsync(Volume volume, string name) => database.ReadAsync(connection => Resolve(connection, volume.Id, name));

    /// <summary>The newest snapshot of a branch; null when there is no such branch.</summary>
    public Task<ApiSnapshot?> BranchAsync(Volume volume, string branch) => database.ReadAsync(connection =>
        connection.ExecuteScalar<string?>("SELECT snapshot FROM volume_refs WHERE volume = @Id AND name = @branch AND is_tag = 0", new { volume.Id, branch }) is { } id
            ? Resolve(connection, volume.Id, id)
            : null);

    /// <summary>Snapshots, newest first, before a number; those that a branch leads back to when one is named.</summary>
    public Task<IReadOnlyList<(long Number, ApiSnapshot Snapshot)>> LogAsync(Volume volume, string? from, long? before, int most) =>
        database.ReadAsync<IReadOnlyList<(long, ApiSnapshot)>>(connection =>
        {
            const string Ancestors =
                $"""
                WITH RECURSIVE line (id) AS (
                    VALUES (@from) UNION SELECT parent.value FROM line JOIN snapshots s ON s.volume = @Id AND s.id = line.id JOIN json_each(s.parents) parent
                ) SELECT {SnapshotColumns} FROM snapshots WHERE volume = @Id AND id IN line AND (@before IS NULL OR number < @before) ORDER BY number DESC LIMIT @most
                """;
            const string All = $"SELECT {SnapshotColumns} FROM snapshots WHERE volume = @Id AND (@before IS NULL OR number < @before) ORDER BY number DESC LIMIT @most";
            var refs = Refs(connection, volume.Id).ToLookup(static r => r.Snapshot, static r => r.Name);
            return [.. connection.Query<SnapshotRow>(from is null ? All : Ancestors, new { volume.Id, from, before, most })
                .Select(r => (r.Number, r.ToSnapshot(refs[r.Id])))];
        });

    /// <summary>All snapshots of a project: what lives. Id and directory of each, those of a volume one after the other.</summary>
    public Task<IReadOnlyList<(string Id, DirectoryRef Root)>> RootsAsync(string project) => database.ReadAsync<IReadOnlyList<(string, DirectoryRef)>>(connection =>
        [.. connection.Query<SnapshotRow>(
            "SELECT s.id, s.root, s.entries, s.files, s.bytes FROM snapshots s JOIN volumes v ON v.id = s.volume WHERE v.project = @project ORDER BY v.id, s.number", new { project })
            .Select(static r => (r.Id, new DirectoryRef(ChunkId.Parse(r.Root), r.Entries, r.Files, r.Bytes)))]);

    /// <summary>How many snapshots a project has, and the bytes of all their files.</summary>
    public Task<(long Snapshots, long Bytes)> SumAsync(string project) => database.ReadAsync(connection => connection.QuerySingle<(long, long)>(
        "SELECT count(*), coalesce(sum(s.bytes), 0) FROM snapshots s JOIN volumes v ON v.id = s.volume WHERE v.project = @project", new { project }));

    /// <summary>
    /// Adds a snapshot and lets a branch go on with it, if the branch is still at <paramref name="expected"/> or is not there yet; otherwise on the branch
    /// <paramref name="other"/>, which is new, and on none when that is null. The branch that it is on; null when nothing was added: the name is a tag's, there are too many
    /// names, or the branch has gone on.
    /// </summary>
    /// <param name="volume">The volume.</param>
    /// <param name="snapshot">What is added.</param>
    /// <param name="branch">The branch that is to go on.</param>
    /// <param name="expected">The snapshot that it was at; null for none.</param>
    /// <param name="other">The branch for a snapshot that came too late; null to add none then.</param>
    /// <param name="also">What else becomes true with it, or does not; null for nothing.</param>
    public Task<string?> CommitAsync(Volume volume, ApiSnapshot snapshot, string branch, string? expected, string? other, Action<SqliteConnection>? also = null) => WriteAsync(connection =>
    {
        var key = new { Volume = volume.Id, Name = branch };
        var at = connection.QuerySingleOrDefault<RefRow>("SELECT name, snapshot, is_tag FROM volume_refs WHERE volume = @Volume AND name = @Name", key);
        if (at is { Is_tag: not 0 })
            return null;
        var on = at is null || at.Snapshot == expected ? branch : other;
        if (on is null || (at is null && other is null))
            return null;
        if ((at is null || on != branch) && connection.ExecuteScalar<long>("SELECT count(*) FROM volume_refs WHERE volume = @Volume", key) >= Volume.MostRefs)
            return null;
        connection.Execute(
            """
            INSERT INTO snapshots (volume, id, number, root, entries, files, bytes, parents, author, message, cause, created, uploaded_bytes)
            VALUES (@Volume, @Id, (SELECT coalesce(max(number), 0) + 1 FROM snapshots WHERE volume = @Volume), @Root, @Entries, @Files, @Bytes, @Parents, @Author, @Message, @Cause, @Created, @UploadedBytes)
            """,
            new
            {
                Volume = volume.Id, snapshot.Id, snapshot.Root, snapshot.Entries, snapshot.Files, snapshot.Bytes,
                Parents = System.Text.Json.JsonSerializer.Serialize([.. snapshot.Parents], ParentsJson.Default.StringArray),
                snapshot.Author, snapshot.Message, snapshot.Cause, Created = Text(snapshot.Created), snapshot.UploadedBytes,
            });
        connection.Execute(
            "INSERT INTO volume_refs (volume, name, is_tag, snapshot) VALUES (@Volume, @on, 0, @Id) ON CONFLICT (volume, name) DO UPDATE SET snapshot = excluded.snapshot",
            new { Volume = volume.Id, on, snapshot.Id });
        also?.Invoke(connection);
        return on;
    });

    /// <summary>
    /// The nearest snapshot that two come from, which may be one of them; null for none. A snapshot is numbered after those that it comes from, so no common one comes from the one
    /// with the highest number; where several are as near, as after merges crosswise, it is the one that was made last.
    /// </summary>
    public Task<ApiSnapshot?> CommonAsync(Volume volume, string one, string other) => database.ReadAsync(connection =>
        connection.ExecuteScalar<string?>(
            """
            WITH RECURSIVE
                a (id) AS (VALUES (@one) UNION SELECT parent.value FROM a JOIN snapshots s ON s.volume = @Id AND s.id = a.id JOIN json_each(s.parents) parent),
                b (id) AS (VALUES (@other) UNION SELECT parent.value FROM b JOIN snapshots s ON s.volume = @Id AND s.id = b.id JOIN json_each(s.parents) parent)
            SELECT id FROM snapshots WHERE volume = @Id AND id IN a AND id IN b ORDER BY number DESC LIMIT 1
            """,
            new { volume.Id, one, other }) is { } id
            ? Resolve(connection, volume.Id, id)
            : null);

    /// <summary>Moves a branch on to a snapshot that is there; false when it is not where it was expected.</summary>
    public Task<bool> MoveAsync(Volume volume, string branch, string expected, string snapshot) => WriteAsync(connection => connection.Execute(
        "UPDATE volume_refs SET snapshot = @snapshot WHERE volume = @Id AND name = @branch AND is_tag = 0 AND snapshot = @expected", new { volume.Id, branch, expected, snapshot }) > 0);

    /// <summary>Gives a snapshot a tag; false when the name is a branch's or another snapshot's tag, or there are too many names.</summary>
    public Task<bool> TagAsync(Volume volume, string tag, string snapshot, AuditEntry entry) => database.WriteAsync(connection =>
    {
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM volume_refs WHERE volume = @Id", new { volume.Id }) >= Volume.MostRefs)
            return false;
        var added = connection.Execute("INSERT INTO volume_refs (volume, name, is_tag, snapshot) VALUES (@Id, @tag, 1, @snapshot) ON CONFLICT DO NOTHING", new { volume.Id, tag, snapshot });
        var isThere = added > 0 || connection.ExecuteScalar<long>(
            "SELECT count(*) FROM volume_refs WHERE volume = @Id AND name = @tag AND is_tag = 1 AND snapshot = @snapshot", new { volume.Id, tag, snapshot }) > 0;
        if (added > 0)
            AuditLog.Add(connection, entry, time.GetUtcNow());
        return isThere;
    });

    /// <summary>Removes a tag; false when there is none.</summary>
    public Task<bool> RemoveTagAsync(Volume volume, string tag, AuditEntry entry) => database.WriteAsync(connection =>
    {
        var removed = connection.Execute("DELETE FROM volume_refs WHERE volume = @Id AND name = @tag AND is_tag = 1", new { volume.Id, tag }) > 0;
        if (removed)
            AuditLog.Add(connection, entry, time.GetUtcNow());
        return removed;
    });

    private async Task<T> WriteAsync<T>(Func<SqliteConnection, T> write)
    {
        var written = await database.WriteAsync(write);
        Interlocked.Increment(ref _generation);
        return written;
    }

    private static void Fork(SqliteConnection connection, string from, string snapshot, string to)
    {
        connection.Execute(
            $"""
            WITH RECURSIVE line (id) AS (
                VALUES (@snapshot) UNION SELECT parent.value FROM line JOIN snapshots s ON s.volume = @from AND s.id = line.id JOIN json_each(s.parents) parent
            ) INSERT INTO snapshots (volume, {SnapshotColumns}) SELECT @to, {SnapshotColumns} FROM snapshots WHERE volume = @from AND id IN line
            """,
            new { from, snapshot, to });
        connection.Execute("INSERT INTO volume_refs (volume, name, is_tag, snapshot) VALUES (@to, @Main, 0, @snapshot)", new { to, Volume.Main, snapshot });
    }

    private static List<VolumeRef> Refs(SqliteConnection connection, string volume) =>
        [.. connection.Query<RefRow>("SELECT name, snapshot, is_tag FROM volume_refs WHERE volume = @volume ORDER BY name", new { volume }).Select(static r => new VolumeRef(r.Name, r.Snapshot, r.Is_tag != 0))];

    private static ApiSnapshot? Resolve(SqliteConnection connection, string volume, string name)
    {
        var id = connection.ExecuteScalar<string?>(
            "SELECT snapshot FROM volume_refs WHERE volume = @volume AND name = @name", new { volume, name = name == "latest" ? Volume.Main : name });
        if (id is null && (name.Length < ShortestId || name.Length > 64 || !name.All(char.IsAsciiHexDigitLower)))
            return null;
        var found = connection.Query<SnapshotRow>(
            $"SELECT {SnapshotColumns} FROM snapshots WHERE volume = @volume AND id >= @from AND id < @to LIMIT 2", new { volume, from = id ?? name, to = (id ?? name) + "g" }).ToList();
        return found is [var one] ? one.ToSnapshot(Refs(connection, volume).Where(r => r.Snapshot == one.Id).Select(static r => r.Name)) : null;
    }

    private static string Text(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed class VolumeRow
    {
        public string Id { get; set; } = "";

        public string Project { get; set; } = "";

        public string Name { get; set; } = "";

        public string Kind { get; set; } = "";

        public string? Description { get; set; }

        public string Created { get; set; } = "";

        public string Created_by { get; set; } = "";

        public Volume ToVolume() => new(Id, Project, Name, Enum.Parse<VolumeKind>(Kind), Description, Time(Created), Created_by);
    }

    private sealed class RefRow
    {
        public string Name { get; set; } = "";

        public string Snapshot { get; set; } = "";

        public long Is_tag { get; set; }
    }

    private sealed class SnapshotRow
    {
        public string Id { get; set; } = "";

        public long Number { get; set; }

        public string Root { get; set; } = "";

        public long Entries { get; set; }

        public long Files { get; set; }

        public long Bytes { get; set; }

        public string Parents { get; set; } = "[]";

        public string Author { get; set; } = "";

        public string Message { get; set; } = "";

        public string Cause { get; set; } = "";

        public string Created { get; set; } = "";

        public long Uploaded_bytes { get; set; }

        public ApiSnapshot ToSnapshot(IEnumerable<string> refs) => new()
        {
            Id = Id, Root = Root, Entries = Entries, Files = Files, Bytes = Bytes, Author = Author, Message = Message, Cause = Cause, Created = Time(Created), UploadedBytes = Uploaded_bytes,
            Parents = System.Text.Json.JsonSerializer.Deserialize(Parents, ParentsJson.Default.StringArray) ?? [],
            Refs = [.. refs],
        };
    }
}

/// <summary>Parents of a snapshot as they are stored.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(string[]))]
internal sealed partial class ParentsJson : System.Text.Json.Serialization.JsonSerializerContext;
