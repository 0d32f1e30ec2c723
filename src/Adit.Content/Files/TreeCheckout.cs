using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>
/// Makes a directory what a tree says: writes what is missing or different, removes what was in the tree before and is not any more, and leaves what is in no snapshot.
/// Before anything is written it looks for what would be lost, and refuses. A file that takes another's place does so at once, when it is complete.
/// </summary>
public static class TreeCheckout
{
    /// <summary>Checks out a tree. The directory is made when it is not there.</summary>
    /// <exception cref="CheckoutConflictException">What was changed here would be lost; nothing was written.</exception>
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
        if (!isEmpty && !options.Overwrite)
        {
            var plan = new CheckoutState(options, index) { IsDry = true };
            await RunAsync(store, root, directory, plan, false, cancellationToken);
            plan.ThrowIfConflicts();
        }

        var state = new CheckoutState(options, index);
        // What is begun and not finished is known by the last index no more.
        var workers = await RunAsync(store, root, directory, state, isEmpty, cancellationToken);
        if (index is not null)
            index.Commit(state.RootBlock);
        return new CheckoutResult
        {
            Files = workers.Sum(static w => w.Files),
            FilesWritten = workers.Sum(static w => w.FilesWritten),
            BytesWritten = workers.Sum(static w => w.BytesWritten),
            Removed = workers.Sum(static w => w.Removed),
        };
    }

    private static async Task<CheckoutWorker[]> RunAsync(
        IChunkStore store, DirectoryRef root, string directory, CheckoutState state, bool isNew, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        state.Work.Add(new CheckedDirectory(null, -1, root)
        {
            Directory = PortableFileAccess.OfThisSystem.Open(directory), OldBlock = state.Index?.Root ?? 0, IsNew = isNew,
        });
        var workers = Enumerable.Range(0, Math.Max(1, state.Options.Workers)).Select(_ => new CheckoutWorker(store, state)).ToArray();
        try
        {
            await Task.WhenAll(workers.Select(worker => Task.Run(() => RunAsync(worker, state, stop), stop.Token)));
            return workers;
        }
        finally
        {
            state.Work.Abandon();
            state.Dispose();
            foreach (var worker in workers)
                worker.Dispose();
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
            state.Work.Abandon();
            throw;
        }
    }
}
