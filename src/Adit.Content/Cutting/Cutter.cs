using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Adit.Content.Cutting;

/// <summary>
/// Says where the content of a file is cut into chunks: FastCDC with normalised chunking (Xia et al., USENIX ATC 2016), as docs/reference/content.md
/// has it to the bit. Where it cuts depends on the last 64 bytes alone, so what is inserted moves the cuts near it and no others.
/// </summary>
public static class Cutter
{
    /// <summary>Least bytes of a chunk, but for the last of a file.</summary>
    public const int Least = 16 << 10;

    /// <summary>Up to here a cut is made rarely, from here on often: most chunks are about this long.</summary>
    public const int Normal = 64 << 10;

    /// <summary>Most bytes of a chunk.</summary>
    public const int Most = 256 << 10;

    private const ulong Rare = 0xFFFF_C000_0000_0000;
    private const ulong Often = 0xFFFC_0000_0000_0000;

    private static readonly ulong[] Gear = MakeGear();

    /// <summary>
    /// The length of the first chunk of <paramref name="rest"/>, which is what is left of a file or at least <see cref="Most"/> bytes of it.
    /// </summary>
    public static int Cut(ReadOnlySpan<byte> rest)
    {
        if (rest.Length <= Least)
            return rest.Length;
        ref var gear = ref MemoryMarshal.GetArrayDataReference(Gear);
        ref var data = ref MemoryMarshal.GetReference(rest);
        var end = Math.Min(rest.Length, Most);
        var hash = 0UL;
        var at = Scan(ref data, ref gear, Least, Math.Min(end, Normal), Rare, ref hash);
        if (at == 0 && end > Normal)
            at = Scan(ref data, ref gear, Normal, end, Often, ref hash);
        return at == 0 ? end : at;
    }

    // The place after the first byte where the hash has none of the mask's bits; 0 when there is none.
    private static int Scan(ref byte data, ref ulong gear, int from, int to, ulong mask, ref ulong hash)
    {
        var h = hash;
        var i = (nint)from;
        for (; i + 4 <= to; i += 4)
        {
            h = (h << 1) + Unsafe.Add(ref gear, Unsafe.Add(ref data, i));
            if ((h & mask) == 0)
                return (int)i + 1;
            h = (h << 1) + Unsafe.Add(ref gear, Unsafe.Add(ref data, i + 1));
            if ((h & mask) == 0)
                return (int)i + 2;
            h = (h << 1) + Unsafe.Add(ref gear, Unsafe.Add(ref data, i + 2));
            if ((h & mask) == 0)
                return (int)i + 3;
            h = (h << 1) + Unsafe.Add(ref gear, Unsafe.Add(ref data, i + 3));
            if ((h & mask) == 0)
                return (int)i + 4;
        }

        for (; i < to; i++)
        {
            h = (h << 1) + Unsafe.Add(ref gear, Unsafe.Add(ref data, i));
            if ((h & mask) == 0)
                return (int)i + 1;
        }

        hash = h;
        return 0;
    }

    private static ulong[] MakeGear()
    {
        var gear = new ulong[256];
        for (var i = 0; i < gear.Length; i++)
            gear[i] = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData([.. "adit"u8, (byte)i]));
        return gear;
    }
}
