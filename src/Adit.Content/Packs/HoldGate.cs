namespace Adit.Content.Packs;

/// <summary>Many may hold it, or one may be alone with it. Who wants to be alone waits for those who hold it, and those who come later wait for him.</summary>
internal sealed class HoldGate
{
    private readonly SemaphoreSlim _turnstile = new(1);
    private readonly Lock _lock = new();
    private TaskCompletionSource? _empty;
    private int _holders;

    public async ValueTask<IDisposable> HoldAsync(CancellationToken cancellationToken)
    {
        await _turnstile.WaitAsync(cancellationToken);
        lock (_lock)
            _holders++;
        _turnstile.Release();
        return new Release(Leave);
    }

    public async ValueTask<IDisposable> EnterAloneAsync(CancellationToken cancellationToken)
    {
        await _turnstile.WaitAsync(cancellationToken);
        try
        {
            Task empty;
            lock (_lock)
            {
                _empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_holders == 0)
                    _empty.SetResult();
                empty = _empty.Task;
            }

            await empty.WaitAsync(cancellationToken);
            return new Release(() => _turnstile.Release());
        }
        catch
        {
            _turnstile.Release();
            throw;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_holders == 0)
                _empty?.TrySetResult();
        }
    }

    private sealed class Release(Action release) : IDisposable
    {
        private Action? _release = release;

        public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
    }
}
