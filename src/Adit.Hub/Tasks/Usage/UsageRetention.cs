using Adit.Hub.Storage;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tasks.Usage;

/// <summary>
/// Removes what ended longer ago than the retention time, and the oldest of more than a million attempts; once a day and a few at a time, so that
/// nobody else's write waits for long. What goes on is never removed.
/// </summary>
internal sealed partial class UsageRetention(Database database, HubOptions options, TimeProvider time, ILogger<UsageRetention> log) : BackgroundService
{
    /// <summary>How many attempts are kept at most.</summary>
    public const long MostAttempts = 1_000_000;

    private const int Batch = 1000;
    private static readonly TimeSpan First = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan LeastTime = TimeSpan.FromDays(32);
    private static readonly TimeSpan Every = TimeSpan.FromHours(24);

    /// <summary>Removes what is too old or too much. Returns how many that were.</summary>
    /// <param name="most">How many are kept.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    /// <exception cref="StorageException">The disk would not take it; the next day tries again.</exception>
    public async Task<int> PruneAsync(long most, CancellationToken cancellationToken)
    {
        // GPU hours of a month are counted from what is kept.
        var kept = options.UsageRetention > LeastTime ? options.UsageRetention : LeastTime;
        var before = (time.GetUtcNow() - kept).ToUnixTimeMilliseconds();
        var surplus = Math.Max(0, await database.ReadAsync(static connection => connection.QuerySingle<long>("SELECT COUNT(*) FROM task_usage")) - most);
        var all = 0;
        int removed;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var some = Math.Min(Batch, surplus - all);
            removed = await database.WriteAsync(connection => connection.Execute(
                "DELETE FROM task_usage WHERE id IN (SELECT id FROM task_usage WHERE ended < @before ORDER BY ended LIMIT @Batch)", new { before, Batch })
                is > 0 and var old ? old : some <= 0 ? 0 : connection.Execute(
                    "DELETE FROM task_usage WHERE id IN (SELECT id FROM task_usage WHERE ended IS NOT NULL ORDER BY ended LIMIT @some)", new { some }));
            all += removed;
        }
        while (removed > 0);
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
                    if (await PruneAsync(MostAttempts, stoppingToken) is > 0 and var removed)
                        LogPruned(removed, options.UsageRetention.TotalDays);
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

    [LoggerMessage(Level = LogLevel.Information, Message = "What {Count} attempts of tasks used was older than {Days} days, or more than a million, and was removed.")]
    private partial void LogPruned(int count, double days);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old usage could not be removed yet: {Reason}")]
    private partial void LogNotPruned(string reason);
}
