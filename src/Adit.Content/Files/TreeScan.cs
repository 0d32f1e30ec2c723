namespace Adit.Content.Files;

/// <summary>
/// Brings a directory with all beneath it to a store, in one pass: what the index of the last scan shows to be unchanged is not read, and a directory beneath which nothing
/// changed is not written. The directory may be in use meanwhile.
/// </summary>
/// <remarks>
/// Directories are read by a few workers, deepest first, so that few are open at a time. Each worker cuts, hashes and compresses what it reads, so that bytes stay
/// near one core. A directory's page is written by the worker that finished the last directory beneath it.
/// </remarks>
public static class TreeScan
{
    /// <summary>Scans a directory. When this returns, the root and all that it leads to can be read from the store, and it is on the store's disk.</summary>
    /// <exception cref="UnreadableException">Something cannot be read, and the options do not say to leave it out.</exception>
    /// <exception cref="IOException">The directory is not there, or the index is in use by another scan.</exception>
    public static async Task<ScanResult> RunAsync(IChunkStore store, string directory, ScanOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(options);
        using var index = options.IndexPath is { } path ? FileIndex.Open(path) : null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var rules = options.Ignore.Count > 0 ? IgnoreRules.None.With("", options.Ignore) : IgnoreRules.None;
        var open = PortableFileAccess.OfThisSystem.Open(directory);
        var top = new ScannedDirectory(null, -1, rules) { Directory = open, OldBlock = index?.Root ?? 0 };
        var state = new ScanState(options, index, open.HasFineTimes);
        state.Work.Add(top);
        var workers = new ScanWorker[Math.Max(1, options.Workers)];
        try
        {
            for (var i = 0; i < workers.Length; i++)
                workers[i] = new ScanWorker(store, state);
            await Task.WhenAll(workers.Select(worker => Task.Run(() => RunAsync(worker, state, stop), stop.Token)));
            state.ThrowIfUnreadable();
            if (!top.WasSeen)
                throw new UnreadableException($"{state.Warnings.Said[0]} Nothing was made.", state.Warnings.Said);
            foreach (var worker in workers)
                await worker.CompleteAsync(cancellationToken);
            // Only what cannot be lost any more may be passed over next time.
            await store.FlushAsync(cancellationToken);
            if (index is not null && state.RootBlock != index.Root)
            {
                index.Commit(state.RootBlock);
                index.CloseAndCompact();
            }

            return new ScanResult
            {
                Root = state.Root,
                Directories = workers.Sum(static w => w.Directories),
                Files = workers.Sum(static w => w.Files),
                FilesRead = workers.Sum(static w => w.FilesRead),
                BytesRead = workers.Sum(static w => w.BytesRead),
                NewChunks = workers.Sum(static w => w.Writer.NewChunks),
                NewBytes = workers.Sum(static w => w.Writer.NewBytes),
                StoredBytes = workers.Sum(static w => w.Writer.StoredBytes),
                Warnings = state.Warnings.Said,
                WarningCount = state.Warnings.Count,
            };
        }
        finally
        {
            foreach (var left in state.Work.Rest())
            {
                for (var at = left; at is not null; at = at.Parent)
                    at.Dispose();
            }

            foreach (var worker in workers)
                worker?.Dispose();
        }
    }

    private static async Task RunAsync(ScanWorker worker, ScanState state, CancellationTokenSource stop)
    {
        try
        {
            await worker.RunAsync(stop.Token);
        }
        catch
        {
            // The others have nothing to wait for any more.
            await stop.CancelAsync();
            state.Work.Finish();
            throw;
        }
    }
}
