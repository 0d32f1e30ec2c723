using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Storage;

/// <summary>
/// Brings the schema up to date: embedded <c>YYYYMMDDHHMM-name.sql</c> files of the slices, in order of their names, each once and for
/// ever as it was. Forward only.
/// </summary>
internal static class Migrator
{
    /// <summary>Runs what is missing, inside the caller's transaction: all of it or nothing.</summary>
    /// <exception cref="StorageException">The database holds a migration that this program does not know or knows otherwise.</exception>
    public static void Run(SqliteConnection connection, TimeProvider time)
    {
        connection.Execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied TEXT NOT NULL)");
        var applied = connection.Query<(string Name, string Checksum)>(
            "SELECT name, checksum FROM migrations").ToDictionary(m => m.Name, m => m.Checksum);
        var known = Read();
        foreach (var name in applied.Keys.Except(known.Select(m => m.Name)).Order(StringComparer.Ordinal))
            throw new StorageException(
                $"The database was written by a newer hub (it has the migration {name}); use that version or restore an older copy.");
        foreach (var (name, sql) in known)
        {
            var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql.ReplaceLineEndings("\n"))));
            if (applied.TryGetValue(name, out var before))
            {
                if (before != checksum)
                    throw new StorageException(
                        $"The migration {name} is not the one that this database was made with; use the version of the hub that made it.");
                continue;
            }

            connection.Execute(sql);
            connection.Execute(
                "INSERT INTO migrations (name, checksum, applied) VALUES (@name, @checksum, @applied)",
                new { name, checksum, applied = time.GetUtcNow().ToString("O") });
        }
    }

    private static List<(string Name, string Sql)> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(n => n.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(n)!);
                return (n[..^4], reader.ReadToEnd());
            })];
    }
}
