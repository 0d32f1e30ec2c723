using System.Globalization;
using System.Text.Json;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Access.Audit;

/// <summary>
/// Who did what to what, from where. Entries are only ever added; what is older than the retention time is dropped. An entry of something
/// that was done is on disk before its caller is answered; of something refused it may follow a moment later, so that nobody can make the
/// hub wait by knocking.
/// </summary>
internal sealed partial class AuditLog(Database database, AuditMeter meter, TimeProvider time, ILogger<AuditLog> log)
{
    private const int MostWaiting = 2000;

    private int _waiting;

    /// <summary>Adds an entry together with what it tells of: both are stored or neither. On the database's writing thread.</summary>
    /// <param name="connection">The one that the change is made with.</param>
    /// <param name="entry">What to add; null for nothing.</param>
    /// <param name="at">When it happened.</param>
    public static void Add(SqliteConnection connection, AuditEntry? entry, DateTimeOffset at)
    {
        if (entry is null)
            return;
        connection.Execute(
            "INSERT INTO audit (at, actor, via, action, target, outcome, address, detail) VALUES (@At, @Actor, @Via, @Action, @Target, @Outcome, @Address, @Detail)",
            new
            {
                At = Text(at),
                entry.Actor,
                entry.Via,
                entry.Action,
                entry.Target,
                Outcome = entry.Outcome.ToString().ToLowerInvariant(),
                entry.Address,
                Detail = entry.Detail is null ? null : JsonSerializer.Serialize(entry.Detail, AuditJson.Default.IReadOnlyDictionaryStringString),
            });
    }

    /// <summary>How a time is stored: text that sorts as time does.</summary>
    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>Adds an entry and completes when it is on disk.</summary>
    /// <exception cref="StorageException">It could not be stored; what it tells of must not happen then, or be undone.</exception>
    public Task RecordAsync(AuditEntry entry)
    {
        var at = time.GetUtcNow();
        return database.WriteAsync(connection => Add(connection, entry, at));
    }

    /// <summary>Adds an entry soon; a failure goes to the log. When thousands wait it is counted and not kept.</summary>
    public void RecordSoon(AuditEntry entry)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            meter.Lost();
            return;
        }

        _ = StoreQuietlyAsync(entry);
    }

    private async Task StoreQuietlyAsync(AuditEntry entry)
    {
        try
        {
            await RecordAsync(entry);
        }
        catch (StorageException e)
        {
            meter.Lost();
            LogLost(entry.Action, entry.Actor, entry.Target, e.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit entry {Action} by {Actor} on {Target} could not be stored: {Reason}")]
    private partial void LogLost(string action, string? actor, string? target, string reason);
}
