using Adit.Api;
using Adit.Hub.Storage;
using Adit.Hub.Telemetry;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Checks;

/// <summary>Whether the database takes writes and is sound, whether the disk has room, and whether only the hub's user can read it.</summary>
internal sealed class StorageChecks(Database database, DataDirectory directory, Readiness readiness) : ICheckSource
{
    private const long Little = 1L << 30;
    private const long HardlyAny = 100L << 20;
    private const long MostToCheck = 256L << 20; // About a second of reading.

    /// <inheritdoc />
    public async Task<IReadOnlyList<Check>> LookAsync(CancellationToken cancellationToken) => [await DatabaseAsync(cancellationToken), Disk(), .. Privacy()];

    private async Task<Check> DatabaseAsync(CancellationToken cancellationToken)
    {
        const string Restore = "Stop the hub, keep a copy of its data directory, and put back the last backup.";
        if (await readiness.ProblemAsync(cancellationToken) is { } problem)
            return Check.Failed("database", problem, "Look at the disk's room and health; the hub takes no changes until then.");
        try
        {
            var size = new FileInfo(directory.File("adit.db")).Length;
            if (size > MostToCheck)
                return Check.Ok("database", $"It takes writes. Its {ByteSize.Of(size)} are too many to be read through for this; 'sqlite3 adit.db \"PRAGMA quick_check\"' does.");
            var found = await database.ReadAsync(QuickCheck);
            return found == "ok"
                ? Check.Ok("database", $"It takes writes, and nothing in it is damaged.")
                : Check.Failed("database", $"It is damaged: {found}", Restore);
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            return Check.Failed("database", $"It cannot be read: {e.Message}", Restore);
        }
    }

    // The first fault only: a sentence for people, not a list for programs.
    private static string QuickCheck(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA quick_check(1)";
        return ((string)command.ExecuteScalar()!).ReplaceLineEndings(" ");
    }

    private Check Disk()
    {
        try
        {
            var free = new DriveInfo(directory.Path).AvailableFreeSpace;
            var finding = $"{ByteSize.Of(free)} are free on the disk of the hub's data.";
            return free < HardlyAny ? Check.Failed("disk", finding, "Free some: a hub whose disk is full takes no changes.")
                : free < Little ? Check.Warning("disk", finding, "Free some before it is full: logs of tasks and the audit log grow.")
                : Check.Ok("disk", finding);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Check.Warning("disk", $"How much is free on the disk of the hub's data cannot be known: {e.Message}", null);
        }
    }

    private IEnumerable<Check> Privacy()
    {
        if (OperatingSystem.IsWindows())
            yield break; // Rights are inherited there; the hub does not judge them.
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        yield return (File.GetUnixFileMode(directory.Path) & Others) == 0
            ? Check.Ok("privacy", "Only the hub's own user can read its data.")
            : Check.Failed("privacy", $"Other users of the machine can look into {directory.Path}.", $"chmod 700 {directory.Path}");
    }
}
