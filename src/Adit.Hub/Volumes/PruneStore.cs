using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Volumes;

/// <summary>Rules of retention in the database, and how snapshots leave it.</summary>
internal sealed class PruneStore(Database database, TimeProvider time)
{
    /// <summary>The rule of a volume; null when all stays.</summary>
    public Task<RetentionRule?> RuleAsync(Volume volume) => database.ReadAsync(connection => Rule(connection.ExecuteScalar<string?>("SELECT retention FROM volumes WHERE id = @Id", new { volume.Id })));

    /// <summary>Gives a volume a rule; null to keep all.</summary>
    public Task SetRuleAsync(Volume volume, RetentionRule? rule, AuditEntry entry) => database.WriteAsync(connection =>
    {
        connection.Execute(
            "UPDATE volumes SET retention = @retention WHERE id = @Id", new { retention = rule is null ? null : JsonSerializer.Serialize(rule, VolumesJson.Default.RetentionRule), volume.Id });
        AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    /// <summary>Volumes that have a rule: project and name of each.</summary>
    public Task<IReadOnlyList<(string Project, string Name)>> RuledAsync() => database.ReadAsync<IReadOnlyList<(string, string)>>(static connection =>
        [.. connection.Query<(string, string)>("SELECT project, name FROM volumes WHERE retention IS NOT NULL ORDER BY project, name")]);

    /// <summary>All snapshots of a volume: id, time, and whether a branch or a tag names it.</summary>
    public Task<IReadOnlyList<(string Id, DateTimeOffset Created, bool IsNamed)>> SnapshotsAsync(Volume volume) =>
        database.ReadAsync<IReadOnlyList<(string, DateTimeOffset, bool)>>(connection =>
            [.. connection.Query<(string Id, string Created, long Named)>(
                "SELECT s.id, s.created, EXISTS (SELECT 1 FROM volume_refs r WHERE r.volume = s.volume AND r.snapshot = s.id) FROM snapshots s WHERE s.volume = @Id", new { volume.Id })
                .Select(static r => (r.Id, DateTimeOffset.Parse(r.Created, CultureInfo.InvariantCulture), r.Named != 0))]);

    /// <summary>
    /// Removes snapshots, all in one commit: who came from one of them comes from its parents now. Those that got a name meanwhile stay.
    /// </summary>
    /// <returns>How many went.</returns>
    public Task<int> RemoveAsync(Volume volume, IReadOnlyCollection<string> ids, AuditEntry entry) => database.WriteAsync(connection =>
    {
        var lines = connection.Query<(string Id, string Parents)>("SELECT id, parents FROM snapshots WHERE volume = @Id", new { volume.Id })
            .ToDictionary(static r => r.Id, static r => JsonSerializer.Deserialize(r.Parents, ParentsJson.Default.StringArray) ?? []);
        var named = connection.Query<string>("SELECT snapshot FROM volume_refs WHERE volume = @Id", new { volume.Id }).ToHashSet();
        var gone = ids.Where(id => lines.ContainsKey(id) && !named.Contains(id)).ToHashSet();
        var living = new LivingAncestors(lines, gone);
        foreach (var (id, parents) in lines)
        {
            if (!gone.Contains(id) && parents.Any(gone.Contains))
            {
                connection.Execute("UPDATE snapshots SET parents = @parents WHERE volume = @Id AND id = @id", new
                {
                    volume.Id, id, parents = JsonSerializer.Serialize([.. living.Of(parents)], ParentsJson.Default.StringArray),
                });
            }
        }

        foreach (var id in gone)
        {
            var key = new { volume.Id, id, ancestor = living.Of(lines[id]).FirstOrDefault() };
            connection.Execute("DELETE FROM snapshots WHERE volume = @Id AND id = @id", key);
            connection.Execute("UPDATE pruned_snapshots SET ancestor = @ancestor WHERE volume = @Id AND ancestor = @id", key);
            connection.Execute("INSERT INTO pruned_snapshots (volume, id, ancestor) VALUES (@Id, @id, @ancestor) ON CONFLICT DO UPDATE SET ancestor = excluded.ancestor", key);
        }

        if (gone.Count > 0)
            AuditLog.Add(connection, entry with { Detail = new Dictionary<string, string> { ["snapshots"] = gone.Count.ToString(CultureInfo.InvariantCulture) } }, time.GetUtcNow());
        return gone.Count;
    });

    /// <summary>Whether a snapshot went, and the one that stands in its place; null when none that it came from is left.</summary>
    public Task<(bool IsPruned, string? Ancestor)> FindAsync(Volume volume, string id) => database.ReadAsync(connection =>
        connection.QuerySingleOrDefault<(string? Id, string? Ancestor)>("SELECT id, ancestor FROM pruned_snapshots WHERE volume = @Id AND id = @id", new { volume.Id, id }) is { Id: not null } row
            ? (true, row.Ancestor) : (false, null));

    private static RetentionRule? Rule(string? text) => text is null ? null : JsonSerializer.Deserialize(text, VolumesJson.Default.RetentionRule);

    // Of snapshots that went: those they came from that stay, nearest first. Lines may be as long as the history is: no recursion.
    private sealed class LivingAncestors(Dictionary<string, string[]> lines, HashSet<string> gone)
    {
        public IEnumerable<string> Of(IEnumerable<string> parents)
        {
            var seen = new HashSet<string>();
            var ahead = new Queue<string>(parents);
            while (ahead.TryDequeue(out var id))
            {
                if (!seen.Add(id))
                    continue;
                if (!gone.Contains(id))
                {
                    yield return id;
                    continue;
                }

                foreach (var parent in lines[id])
                    ahead.Enqueue(parent);
            }
        }
    }
}
