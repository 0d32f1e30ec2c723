using System.Collections.Concurrent;
using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Volumes;

/// <summary>Lets go of the snapshots that rules do not keep, once an hour, and then of the content that only they had.</summary>
internal sealed partial class VolumePruning(
    VolumeStore volumes, PruneStore prunes, ProjectStores stores, StoreCollection collection, VolumeMeter meter, TimeProvider time, ILogger<VolumePruning> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    // Projects in which something was pruned since they were collected.
    private readonly ConcurrentDictionary<string, bool> _left = new();

    /// <summary>The snapshots that a rule does not keep, newest first.</summary>
    public async Task<IReadOnlyList<string>> SurplusAsync(Volume volume, RetentionRule rule) => Retention.Surplus(rule, await prunes.SnapshotsAsync(volume), time.GetUtcNow());

    /// <summary>Removes the snapshots of a volume that its rule does not keep. Their content goes with the next collection.</summary>
    /// <returns>How many went.</returns>
    /// <exception cref="StorageException">The disk would not take it; nothing was changed.</exception>
    public Task<int> PruneAsync(Volume volume, AuditEntry entry) => stores.TurnsOf(volume).TakeAsync(async () =>
    {
        if (await prunes.RuleAsync(volume) is not { } rule || await SurplusAsync(volume, rule) is not { Count: > 0 } surplus)
            return 0;
        var gone = await prunes.RemoveAsync(volume, surplus, entry);
        // What a later snapshot has in common with one of these may be collected.
        stores.Doubt(volume.Project);
        meter.Pruned(gone);
        if (gone > 0)
            _left[volume.Project] = true;
        return gone;
    });

    /// <summary>Prunes every volume that has a rule, and collects what that left, or an earlier pruning. What fails is tried again the next time, and holds nobody else back.</summary>
    public async Task PruneAllAsync(CancellationToken cancellationToken)
    {
        foreach (var (project, name) in await prunes.RuledAsync())
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (await volumes.FindAsync(project, name) is { } volume && await PruneAsync(volume, new AuditEntry("volume.prune") { Target = "volume:" + volume.Path }) is > 0 and var gone)
                    LogPruned(gone, volume.Path);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogNotPruned($"{project}/{name}", e.Message);
            }
        }

        foreach (var project in _left.Keys)
        {
            try
            {
                _left.TryRemove(project, out _);
                await collection.CollectAsync(project, cancellationToken);
            }
            catch (Exception e)
            {
                _left.TryAdd(project, true);
                if (e is OperationCanceledException)
                    throw;
                LogNotCollected(project, e.Message);
            }
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Every, time, stoppingToken);
                try
                {
                    await PruneAllAsync(stoppingToken);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogNotPruned("all volumes", e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The hub stops.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} snapshots of {Volume} went: its rule keeps others.")]
    private partial void LogPruned(int count, string volume);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Snapshots of {Volume} could not be pruned yet: {Reason}")]
    private partial void LogNotPruned(string volume, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What pruned snapshots of the project '{Project}' left could not be collected: {Reason} Run 'adit store check'.")]
    private partial void LogNotCollected(string project, string reason);
}
