namespace Adit.Hub.Storage;

/// <summary>Changes of what is both in memory and on disk, one after the other: each sees what the one before it left.</summary>
internal sealed class Turns
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Makes a change when it is its turn. A change must not ask for another turn of the same: it would wait for itself.</summary>
    public async Task<T> TakeAsync<T>(Func<Task<T>> change)
    {
        await _turn.WaitAsync();
        try
        {
            return await change();
        }
        finally
        {
            _turn.Release();
        }
    }
}
