using Adit.Hub.Storage;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Access.Audit;

/// <summary>
/// Removes entries that are older than the retention time, once a day and a few at a time, so that nobody else's write waits for long. The
/// only way in which the database lets go of an entry.
/// </summary>
internal sealed partial class AuditRetention(Database database, HubOptions options, TimeProvider time, ILogger<AuditRetention> log) : BackgroundService
{
    private const int Batch = 1000;
    private static readonly TimeSpan First = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Every = TimeSpan.FromHours(24);

    /// <summary>Removes what is too old. Returns how many that were.</summary>
    /// <exception cref="StorageException">The disk would not take it; the next day tries again.</exception>
    public async Task<int> PruneAsync(CancellationToken cancellationToken)
    {
        var before = AuditLog.Text(time.GetUtcNow() - options.AuditRetention);
        var all = 0;
        int removed;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            removed = await database.WriteAsync(connection =>
            {
                connection.Execute("UPDATE audit_retention SET before = @before", new { before });
                var count = connection.Execute("DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < @before ORDER BY at LIMIT @Batch)", new { before, Batch });
                connection.Execute("UPDATE audit_retention SET before = ''");
                return count;
            });
            all += removed;
        }
        while (removed == Batch);
        return all;
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Delay(First, time, stoppingToken);
            while (true)
            {
                try
                {
                    if (await PruneAsync(stoppingToken) is > 0 and var removed)
                        LogPruned(removed, options.AuditRetention.TotalDays);
                }
                catch (StorageException e)
                {
                    LogNotPruned(e.Message);
                }

                await Task.Delay(Every, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The hub stops.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} entries of the audit log were older than {Days} days and were removed.")]
    private partial void LogPruned(int count, double days);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old entries of the audit log could not be removed yet: {Reason}")]
    private partial void LogNotPruned(string reason);
}
