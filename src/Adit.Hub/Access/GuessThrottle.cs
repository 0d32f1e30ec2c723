using System.Collections.Concurrent;
using System.Net;

namespace Adit.Hub.Access;

/// <summary>
/// Slows down guessing: an address (IPv6: its /64) with more than twenty wrong credentials within a minute is turned away for the rest of
/// that minute, whatever it shows. Bounded: beyond 100,000 addresses the oldest minute is forgotten.
/// </summary>
public sealed class GuessThrottle(TimeProvider time)
{
    private const int MostFailures = 20;
    private const int MostAddresses = 100_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<IPAddress, Count> _failures = new();
    private long _total;

    /// <summary>Wrong credentials since the start, for metrics.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Whether this address has to wait.</summary>
    public bool IsBlocked(IPAddress? address) =>
        address is not null && _failures.TryGetValue(Network(address), out var count) && IsFresh(count) && count.Failures >= MostFailures;

    /// <summary>A wrong credential came from this address.</summary>
    public void Failed(IPAddress? address)
    {
        Interlocked.Increment(ref _total);
        if (address is null)
            return;
        if (_failures.Count >= MostAddresses)
            Forget();
        _failures.AddOrUpdate(
            Network(address),
            static (_, self) => new Count(1, self.Now()),
            static (_, count, self) => self.IsFresh(count) ? count with { Failures = count.Failures + 1 } : new Count(1, self.Now()),
            this);
    }

    private static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    private long Now() => time.GetTimestamp();

    private bool IsFresh(Count count) => time.GetElapsedTime(count.Since) < Window;

    private void Forget()
    {
        foreach (var (address, count) in _failures)
        {
            if (!IsFresh(count) || _failures.Count >= MostAddresses)
                _failures.TryRemove(address, out _);
        }
    }

    private readonly record struct Count(int Failures, long Since);
}
