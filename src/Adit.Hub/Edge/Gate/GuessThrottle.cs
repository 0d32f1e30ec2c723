using System.Net;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Holds up guessing: after <paramref name="most"/> wrong answers within a minute an address (an IPv6 network of 64 bits) must wait the
/// minute out. Bounded: when too many addresses are known, those whose minute is over are forgotten, or else all.
/// </summary>
internal sealed class GuessThrottle(int most, TimeProvider time)
{
    private const int MostAddresses = 20_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, (int Failures, long Since)> _addresses = [];
    private long _total;

    /// <summary>Wrong answers since the start.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Whether this address must wait.</summary>
    public bool IsHeldUp(IPAddress? address)
    {
        lock (_lock)
        {
            return _addresses.TryGetValue(ClientNetwork.Of(address), out var seen) && IsFresh(seen.Since) && seen.Failures >= most;
        }
    }

    /// <summary>A wrong answer from this address.</summary>
    public void Failed(IPAddress? address)
    {
        Interlocked.Increment(ref _total);
        lock (_lock)
        {
            if (_addresses.Count >= MostAddresses)
                Forget();
            var key = ClientNetwork.Of(address);
            _addresses[key] = _addresses.TryGetValue(key, out var seen) && IsFresh(seen.Since)
                ? (seen.Failures + 1, seen.Since)
                : (1, time.GetTimestamp());
        }
    }

    private bool IsFresh(long since) => time.GetElapsedTime(since) < Window;

    private void Forget()
    {
        foreach (var old in _addresses.Where(a => !IsFresh(a.Value.Since)).Select(a => a.Key).ToArray())
            _addresses.Remove(old);
        if (_addresses.Count >= MostAddresses)
            _addresses.Clear();
    }
}
