using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>
/// Makes a directory what a tree says: writes what is missing or different, removes what was in the tree before and is not any more, and leaves what is in no snapshot.
/// Before anything is written it looks for what would be lost, and refuses. A file that takes another's place does so at once, when it is complete.
/// </summary>
public static class TreeCheckout
{
    /// <summary>Checks out a tree. The directory is made when it is not there.</summary>
    /// <exception cref="CheckoutConflictException">What was changed here would be lost; nothing was written, or all else when it was changed meanwhile.</exception>
    /// <exception cref="IOException">Something cannot be written. What was written is complete; running it again goes on.</exception>
    public static async Task<CheckoutResult> RunAsync(
        IChunkStore store, DirectoryRef root, string directory, CheckoutOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(options);
        Directory.CreateDirectory(directory);
        using var index = options.IndexPath is { } path ? FileIndex.Open(path) : null;
        var isEmpty = !Directory.EnumerateFileSystemEntries(directory).Any(e => !options.Keep.Contains(Path.GetFileName(e)));
        using var links = new LinkGroups();
        if (!isEmpty)
        {
            var (plan, _) = await RunAsync(store, root, directory, options, index, links, isNew: false, isDry: true, cancellationToken);
            plan.ThrowIfConflicts("Nothing was written.");
        }

        // Until it is over the index knows what was here before: what is begun and not finished is compared by its bytes next time.
        var (state, workers) = await RunAsync(store, root, directory, options, index, links, isEmpty, isDry: false, cancellationToken);
        if (index is not null)
        {
            index.Commit(state.RootBlock);
            index.CloseAndCompact();
        }

        state.ThrowIfConflicts("All else was written.");
        return new CheckoutResult
        {
            Files = workers.Sum(static w => w.Files),
            FilesWritten = workers.Sum(static w => w.FilesWritten),
            BytesWritten = workers.Sum(static w => w.BytesWritten),
            Removed = workers.Sum(static w => w.Removed),
        };
    }

    private static async Task<(CheckoutState State, CheckoutWorker[] Workers)> RunAsync(
        IChunkStore store, DirectoryRef root, string directory, CheckoutOptions options, FileIndex? index, LinkGroups links, bool isNew, bool isDry, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var open = PortableFileAccess.OfThisSystem.Open(directory);
        var state = new CheckoutState(options, index, links, open.HasFineTimes) { IsDry = isDry };
        state.Work.Add(new CheckedDirectory(null, -1, root) { Directory = open, OldBlock = index?.Root ?? 0, IsNew = isNew });
        var workers = Enumerable.Range(0, Math.Max(1, options.Workers)).Select(_ => new CheckoutWorker(store, state)).ToArray();
        try
        {
            await Task.WhenAll(workers.Select(worker => Task.Run(() => RunAsync(worker, state, stop), stop.Token)));
            return (state, workers);
        }
        finally
        {
            foreach (var left in state.Work.Rest())
            {
                for (var at = left; at is not null; at = at.Parent)
                    at.Dispose();
            }
        }
    }

    private static async Task RunAsync(CheckoutWorker worker, CheckoutState state, CancellationTokenSource stop)
    {
        try
        {
            await worker.RunAsync(stop.Token);
        }
        catch
        {
            await stop.CancelAsync();
            state.Work.Finish();
            throw;
        }
    }
}
