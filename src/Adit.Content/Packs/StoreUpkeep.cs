using Adit.Content.Index;

namespace Adit.Content.Packs;

/// <summary>What a store does beside its callers: brings sealed packs to the disk, writes the index's memory to runs, merges runs. One thing at a time, on a thread of the pool.</summary>
internal sealed class StoreUpkeep(PackSet packs, ChunkIndex index)
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _turn = new(1);
    private Task _work = Task.CompletedTask;
    private bool _again;
    private bool _isStopped;

    /// <summary>Why it could not do the last thing; it tries again when it is woken.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Runs may not be merged: a collection knows places in them. Written by who has the turn.</summary>
    public bool KeepRuns { get; set; }

    /// <summary>Does nothing more.</summary>
    public async Task StopAsync()
    {
        Task work;
        lock (_lock)
        {
            _isStopped = true;
            work = _work;
        }

        await work;
    }

    private bool HasWork => packs.HasFull || index.Waiting != 0 || (!KeepRuns && index.Runs > ChunkIndex.FewRuns);

    /// <summary>Looks whether there is something to do, and does it meanwhile.</summary>
    public void Wake()
    {
        if (!HasWork)
            return;
        lock (_lock)
        {
            _again = true;
            if (_work.IsCompleted && !_isStopped)
                _work = Task.Run(WorkAsync);
        }
    }

    /// <summary>Returns when there is nothing to do, or it failed.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Wake();
        Task work;
        lock (_lock)
            work = _work;
        await work.WaitAsync(cancellationToken);
    }

    /// <summary>Runs are written and merged by who has the turn alone.</summary>
    public async Task<IDisposable> TakeTurnAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        return new Turn(_turn);
    }

    /// <summary>Writes what waits to runs; for who has the turn.</summary>
    public async Task WriteRunsAsync()
    {
        while (index.Waiting != 0)
        {
            // What a run speaks of is on the disk before the run is.
            await packs.FlushAsync(CancellationToken.None);
            index.WriteRun();
        }
    }

    private async Task WorkAsync()
    {
        while (true)
        {
            lock (_lock)
                _again = false;
            try
            {
                await packs.FlushAsync(CancellationToken.None, seal: true);
                using (await TakeTurnAsync(CancellationToken.None))
                {
                    await WriteRunsAsync();
                    while (!KeepRuns && index.Merge())
                    {
                    }
                }

                Failure = null;
            }
            catch (Exception e)
            {
                // The callers get it when they depend on it: a flush fails by itself, and adding does when the memory is full.
                Failure = e;
            }

            lock (_lock)
            {
                // Ends under the lock, so that who wakes it now starts it anew.
                if (!_again || _isStopped || Failure != null)
                {
                    _work = Task.CompletedTask;
                    return;
                }
            }
        }
    }

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
