using System.Collections.Concurrent;

namespace Adit.Hub.Tunnels;

/// <summary>
/// Names of kept tunnels that were given up: for 30 days only their account may have them again, so that nobody inherits their visitors.
/// </summary>
internal sealed class ReleasedNames(TimeProvider time)
{
    private static readonly TimeSpan Quarantine = TimeSpan.FromDays(30);

    private readonly ConcurrentDictionary<string, (string Account, DateTimeOffset At)> _names = new(StringComparer.Ordinal);

    /// <summary>Loads what is still reserved.</summary>
    public async Task LoadAsync(TunnelStore store)
    {
        foreach (var (name, released) in await store.ReleasedAsync(time.GetUtcNow() - Quarantine))
            _names[name] = released;
    }

    /// <summary>A kept tunnel is gone.</summary>
    public void Add(string name, string account, DateTimeOffset at) => _names[name] = (account, at);

    /// <summary>Whether a name is another account's for now.</summary>
    public bool IsReserved(string name, string account) =>
        _names.TryGetValue(name, out var released) && released.Account != account && time.GetUtcNow() - released.At < Quarantine;
}
