using System.Globalization;
using Adit.Hub.Access.Audit;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Templates;

/// <summary>The tables <c>templates</c> and <c>template_versions</c>. A change is on disk as a whole, with its audit entry, or not at all.</summary>
internal sealed class TemplateStore(Database database, TimeProvider time)
{
    /// <summary>All of them, removed ones too.</summary>
    public Task<List<TemplateRecord>> LoadAsync() => database.ReadAsync(connection =>
    {
        var versions = connection.Query<VersionRow>("SELECT * FROM template_versions ORDER BY slug, version")
            .ToLookup(static v => v.Slug, static v => v.ToVersion());
        return connection.Query<Row>("SELECT * FROM templates").Select(r => r.ToRecord([.. versions[r.Slug]])).ToList();
    });

    /// <summary>Stores a template as it is; of its versions the new one.</summary>
    /// <param name="template">As it shall be.</param>
    /// <param name="added">The version that it did not have before; null for none.</param>
    /// <param name="entry">What the audit log is told.</param>
    public Task SaveAsync(TemplateRecord template, StoredVersion? added, AuditEntry entry) => database.WriteAsync(connection =>
    {
        connection.Execute(
            """
            INSERT INTO templates (slug, draft, draft_by, draft_at, current, last, revision) VALUES (@Slug, @draft, @by, @at, @current, @Last, @Revision)
            ON CONFLICT (slug) DO UPDATE SET draft = excluded.draft, draft_by = excluded.draft_by, draft_at = excluded.draft_at, current = excluded.current,
                last = excluded.last, revision = excluded.revision
            """,
            new
            {
                template.Slug,
                draft = template.Draft?.Yaml,
                by = template.Draft?.By,
                at = template.Draft is { } draft ? Text(draft.At) : null,
                current = template.Current?.Number,
                template.Last,
                template.Revision,
            });
        if (added is not null)
        {
            connection.Execute(
                """
                INSERT INTO template_versions (slug, version, yaml, published, published_by, note, of_version)
                VALUES (@Slug, @Number, @Yaml, @published, @By, @Note, @Of)
                """,
                new { template.Slug, added.Number, added.Yaml, published = Text(added.At), added.By, added.Note, added.Of });
        }

        // What is kept is what is in memory: the newest.
        connection.Execute(
            "DELETE FROM template_versions WHERE slug = @Slug AND version < @oldest",
            new { template.Slug, oldest = template.Versions.Count > 0 ? template.Versions[0].Number : int.MaxValue });
        AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    private static string Text(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed class Row
    {
        public string Slug { get; set; } = "";

        public string? Draft { get; set; }

        public string? Draft_by { get; set; }

        public string? Draft_at { get; set; }

        public int? Current { get; set; }

        public int Last { get; set; }

        public long Revision { get; set; }

        public TemplateRecord ToRecord(IReadOnlyList<StoredVersion> versions) => new()
        {
            Slug = Slug,
            Draft = Draft is null ? null : new StoredDraft(Draft, Draft_by ?? "", Time(Draft_at!)),
            Current = versions.FirstOrDefault(v => v.Number == Current),
            Versions = versions,
            Last = Last,
            Revision = Revision,
        };
    }

    private sealed class VersionRow
    {
        public string Slug { get; set; } = "";

        public int Version { get; set; }

        public string Yaml { get; set; } = "";

        public string Published { get; set; } = "";

        public string Published_by { get; set; } = "";

        public string? Note { get; set; }

        public int? Of_version { get; set; }

        public StoredVersion ToVersion() => new() { Number = Version, Yaml = Yaml, By = Published_by, At = Time(Published), Note = Note, Of = Of_version };
    }
}
