namespace Adit.Runner.Tunnels;

/// <summary>The id of the link that is up now, and a way to wait for another. Thread-safe.</summary>
internal sealed class LinkState
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _current;

    public void Set(string? link)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _current = link;
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    /// <summary>Returns the id of a link that is up and is not <paramref name="last"/>.</summary>
    public async Task<string> NextAsync(string? last, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_current is { } link && link != last)
                    return link;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }
}
