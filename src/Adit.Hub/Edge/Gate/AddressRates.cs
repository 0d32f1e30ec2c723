using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// A bucket of tokens for each address (of IPv6, each network of 64 bits, which is what one customer has): a request takes one, and they
/// come back at a rate. What a stranger can do to a public route by asking often, without costing the hub more than a look.
/// </summary>
/// <remarks>
/// The table has <see cref="Slots"/> places whatever comes, 1 MiB. An address may lie in any of four; who comes when all four are taken
/// gets the place of the one whose bucket is fullest, which loses least by being forgotten, so that nobody gets out of waiting by coming
/// from many addresses. There is no lock. Two addresses that are new at once may get into one place: then one request is counted wrongly.
/// A bucket is one number, the time at which it will be full (GCRA: the virtual scheduling algorithm of ITU-T I.371).
/// </remarks>
internal sealed class AddressRates
{
    /// <summary>Addresses that are known at a time, at most.</summary>
    public const int Slots = Sets * Ways;

    private const int Ways = 4;
    private const int SetBits = 14;
    private const int Sets = 1 << SetBits;
    private const ulong InIPv4 = 0xFFFF_0000_0000;

    private readonly Slot[] _slots = new Slot[Slots];
    private readonly ulong _seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
    private readonly TrustedProxies _trusted;
    private readonly TimeProvider _time;
    private readonly long _interval;
    private readonly long _tolerance;

    /// <summary>Makes the table.</summary>
    /// <param name="rate">How many requests an address may send; more than none.</param>
    /// <param name="burst">How many at once, after it was silent for long enough.</param>
    /// <param name="trusted">Who sends others' requests.</param>
    /// <param name="time">A clock that is not set back.</param>
    public AddressRates(RequestRate rate, int burst, TrustedProxies trusted, TimeProvider time)
    {
        _trusted = trusted;
        _time = time;
        _interval = Math.Max(1, (long)(rate.Per.TotalSeconds * time.TimestampFrequency / rate.Count));
        _tolerance = _interval * (burst - 1);
    }

    /// <summary>A request comes.</summary>
    /// <param name="address">From where; see <see cref="IsExempt"/>.</param>
    /// <param name="wait">When it may not pass, how long until it may.</param>
    public bool TryTake(IPAddress? address, out TimeSpan wait)
    {
        wait = default;
        if (address is null || IsExempt(address))
            return true;
        var now = _time.GetTimestamp();
        ref var full = ref Find(KeyOf(address)).Full;
        while (true)
        {
            var before = Volatile.Read(ref full);
            var lacks = Math.Max(0, before - now);
            if (lacks > _tolerance)
            {
                wait = TimeSpan.FromSeconds((double)(lacks - _tolerance) / _time.TimestampFrequency);
                return false;
            }

            if (Interlocked.CompareExchange(ref full, now + lacks + _interval, before) == before)
                return true;
        }
    }

    // From the machine itself come those who can reach the application without the hub, and what a proxy there sends on without saying for
    // whom. A trusted proxy that does not say for whom it asks stands for all its visitors too. None of them is one visitor.
    private bool IsExempt(IPAddress address) => IPAddress.IsLoopback(address) || (!_trusted.IsEmpty && _trusted.Contains(address));

    private ref Slot Find(ulong key)
    {
        var set = (int)(Mixed(key ^ _seed) >> (64 - SetBits)) * Ways;
        var fullest = set;
        for (var i = set; i < set + Ways; i++)
        {
            ref var slot = ref _slots[i];
            if (Volatile.Read(ref slot.Key) == key)
                return ref slot;
            if (Volatile.Read(ref slot.Full) < Volatile.Read(ref _slots[fullest].Full))
                fullest = i;
        }

        ref var taken = ref _slots[fullest];
        Volatile.Write(ref taken.Full, 0);
        Volatile.Write(ref taken.Key, key);
        return ref taken;
    }

    // Where an address lies depends on a secret, so that nobody can choose addresses that push another's out. The finalizer of MurmurHash3.
    private static ulong Mixed(ulong key)
    {
        key = (key ^ (key >> 33)) * 0xFF51AFD7ED558CCD;
        key = (key ^ (key >> 33)) * 0xC4CEB9FE1A85EC53;
        return key ^ (key >> 33);
    }

    private static ulong KeyOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return InIPv4 | BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (address.IsIPv4MappedToIPv6)
            return InIPv4 | BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    // A place that nobody has is that of ::/64, with a full bucket.
    private struct Slot
    {
        public ulong Key;
        public long Full;
    }
}
