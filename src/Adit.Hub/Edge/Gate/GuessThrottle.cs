using System.Net;
using System.Net.Sockets;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Holds up guessing: after ten wrong answers within a minute an address (an IPv6 network of 64 bits) must wait the minute out.
/// Tokens of accounts are too long to guess and not subject to it.
/// </summary>
internal sealed class GuessThrottle(TimeProvider time)
{
    private const int MostFailures = 10;
    private const int MostAddresses = 20_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, (int Failures, long Since)> _addresses = [];

    /// <summary>Whether this address must wait.</summary>
    public bool IsHeldUp(IPAddress? address)
    {
        lock (_lock)
        {
            return _addresses.TryGetValue(Key(address), out var seen) && time.GetElapsedTime(seen.Since) < Window && seen.Failures >= MostFailures;
        }
    }

    /// <summary>A wrong answer from this address.</summary>
    public void Failed(IPAddress? address)
    {
        lock (_lock)
        {
            if (_addresses.Count >= MostAddresses)
                Forget();
            var key = Key(address);
            _addresses[key] = _addresses.TryGetValue(key, out var seen) && time.GetElapsedTime(seen.Since) < Window
                ? (seen.Failures + 1, seen.Since)
                : (1, time.GetTimestamp());
        }
    }

    private void Forget()
    {
        foreach (var old in _addresses.Where(a => time.GetElapsedTime(a.Value.Since) >= Window).Select(a => a.Key).ToArray())
            _addresses.Remove(old);
        if (_addresses.Count >= MostAddresses)
            _addresses.Clear();
    }

    private static UInt128 Key(IPAddress? address)
    {
        if (address is null)
            return 0;
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6)
            bytes[8..].Clear();
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
