using System.Globalization;
using System.Text.Json;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Access.Audit;

/// <summary>
/// Who did what to what, from where. Entries are only ever added; what is older than the retention time is dropped. An entry of something
/// that was done is on disk before its caller is answered; of something refused it may follow a moment later, so that nobody can make the
/// hub wait by knocking.
/// </summary>
internal sealed partial class AuditLog(Database database, TimeProvider time, ILogger<AuditLog> log)
{
    private const string Insert =
        "INSERT INTO audit (at, actor, via, action, target, outcome, address, detail) VALUES (@At, @Actor, @Via, @Action, @Target, @Outcome, @Address, @Detail)";

    /// <summary>Adds an entry and completes when it is on disk.</summary>
    /// <exception cref="StorageException">It could not be stored; what it tells of must not happen then, or be undone.</exception>
    public Task RecordAsync(AuditEntry entry)
    {
        var values = Values(entry);
        return database.WriteAsync(connection => connection.Execute(Insert, values));
    }

    /// <summary>Adds an entry soon; a failure goes to the log.</summary>
    public void RecordSoon(AuditEntry entry) => _ = StoreQuietlyAsync(entry);

    private async Task StoreQuietlyAsync(AuditEntry entry)
    {
        try
        {
            await RecordAsync(entry);
        }
        catch (StorageException e)
        {
            LogLost(entry.Action, entry.Actor, entry.Target, e.Message);
        }
    }

    private object Values(AuditEntry entry) => new
    {
        At = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
        entry.Actor,
        entry.Via,
        entry.Action,
        entry.Target,
        Outcome = entry.Outcome.ToString().ToLowerInvariant(),
        entry.Address,
        Detail = entry.Detail is null ? null : JsonSerializer.Serialize(entry.Detail, AuditJson.Default.IReadOnlyDictionaryStringString),
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit entry {Action} by {Actor} on {Target} could not be stored: {Reason}")]
    private partial void LogLost(string action, string? actor, string? target, string reason);
}
