using System.Globalization;
using Adit.Content.Trees;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.S3;

/// <summary>An object that is put in parts.</summary>
/// <param name="Id">16 random bytes in digits.</param>
/// <param name="Volume">The id of its volume.</param>
/// <param name="Path">Where it will be.</param>
/// <param name="Account">Who began it.</param>
/// <param name="Begun">When.</param>
/// <param name="Entry">What was said of it.</param>
internal sealed record S3Upload(string Id, string Volume, byte[] Path, string Account, DateTimeOffset Begun, TreeEntry Entry);

/// <summary>A part of one: its bytes, and the MD5 of these.</summary>
internal sealed record S3Part(int Number, byte[] Md5, DateTimeOffset Put, TreeEntry Entry)
{
    public string ETag => $"\"{Convert.ToHexStringLower(Md5)}\"";
}

/// <summary>Uploads in parts, in the database.</summary>
internal sealed class MultipartStore(Database database)
{
    /// <summary>Most uploads of a volume at one time.</summary>
    public const int MostOfVolume = 10_000;

    /// <summary>Stores a new upload; false when there are too many.</summary>
    public Task<bool> AddAsync(S3Upload upload) => database.WriteAsync(connection =>
        connection.ExecuteScalar<long>("SELECT count(*) FROM s3_uploads WHERE volume = @Volume", new { upload.Volume }) < MostOfVolume
        && connection.Execute(
            "INSERT INTO s3_uploads (id, volume, path, account, begun, entry) VALUES (@Id, @Volume, @Path, @Account, @Begun, @Entry)",
            new { upload.Id, upload.Volume, upload.Path, upload.Account, Begun = Text(upload.Begun), Entry = upload.Entry.ToBytes() }) > 0);

    /// <summary>An upload to a path; null for none.</summary>
    public Task<S3Upload?> FindAsync(string id, string volume, byte[] path) => database.ReadAsync(connection =>
        connection.QuerySingleOrDefault<UploadRow>("SELECT * FROM s3_uploads WHERE id = @id AND volume = @volume AND path = @path", new { id, volume, path })?.ToUpload());

    /// <summary>The uploads of a project's volume, by path and id.</summary>
    public Task<IReadOnlyList<(string Name, S3Upload Upload)>> ListAsync(string project, int most) => database.ReadAsync<IReadOnlyList<(string, S3Upload)>>(connection =>
        [.. connection.Query<UploadRow>("SELECT u.*, v.name FROM s3_uploads u JOIN volumes v ON v.id = u.volume WHERE v.project = @project ORDER BY v.name, u.path, u.begun LIMIT @most", new { project, most })
            .Select(static r => (r.Name, r.ToUpload()))]);

    /// <summary>Stores a part, in the place of one of its number; false when the upload is over.</summary>
    public Task<bool> AddPartAsync(string upload, S3Part part) => database.WriteAsync(connection =>
        connection.Execute(
            """
            INSERT INTO s3_parts (upload, number, md5, put, entry) SELECT @upload, @Number, @Md5, @Put, @Entry WHERE EXISTS (SELECT 1 FROM s3_uploads WHERE id = @upload)
            ON CONFLICT (upload, number) DO UPDATE SET md5 = excluded.md5, put = excluded.put, entry = excluded.entry
            """,
            new { upload, part.Number, part.Md5, Put = Text(part.Put), Entry = part.Entry.ToBytes() }) > 0);

    /// <summary>The parts of an upload by their numbers, after one.</summary>
    public Task<IReadOnlyList<S3Part>> PartsAsync(string upload, int after, int most) => database.ReadAsync<IReadOnlyList<S3Part>>(connection =>
        [.. connection.Query<PartRow>("SELECT number, md5, put, entry FROM s3_parts WHERE upload = @upload AND number > @after ORDER BY number LIMIT @most", new { upload, after, most })
            .Select(static r => r.ToPart())]);

    /// <summary>Removes an upload with its parts; false when there is none.</summary>
    public Task<bool> RemoveAsync(string id) => database.WriteAsync(connection => connection.Execute("DELETE FROM s3_uploads WHERE id = @id", new { id }) > 0);

    /// <summary>Removes those that were begun before a time. How many.</summary>
    public Task<int> RemoveBeforeAsync(DateTimeOffset time) => database.WriteAsync(connection => connection.Execute("DELETE FROM s3_uploads WHERE begun < @time", new { time = Text(time) }));

    /// <summary>Contents of parts in a project: what lives though no snapshot has it.</summary>
    public Task<IReadOnlyList<TreeEntry>> FilesAsync(string project) => database.ReadAsync<IReadOnlyList<TreeEntry>>(connection =>
        [.. connection.Query<byte[]>("SELECT p.entry FROM s3_parts p JOIN s3_uploads u ON u.id = p.upload JOIN volumes v ON v.id = u.volume WHERE v.project = @project", new { project })
            .Select(static e => TreeEntry.Parse(e))]);

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed class UploadRow
    {
        public string Id { get; set; } = "";

        public string Volume { get; set; } = "";

        public string Name { get; set; } = "";

        public byte[] Path { get; set; } = [];

        public string Account { get; set; } = "";

        public string Begun { get; set; } = "";

        public byte[] Entry { get; set; } = [];

        public S3Upload ToUpload() => new(Id, Volume, Path, Account, Time(Begun), TreeEntry.Parse(Entry));
    }

    private sealed class PartRow
    {
        public int Number { get; set; }

        public byte[] Md5 { get; set; } = [];

        public string Put { get; set; } = "";

        public byte[] Entry { get; set; } = [];

        public S3Part ToPart() => new(Number, Md5, Time(Put), TreeEntry.Parse(Entry));
    }
}
