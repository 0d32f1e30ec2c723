using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Adit.Content.Chunks;

/// <summary>The name of a chunk: the SHA-256 of its bytes (FIPS 180-4). Ordered as its bytes are; written as 64 lower-case hexadecimal digits.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public readonly struct ChunkId : IEquatable<ChunkId>, IComparable<ChunkId>, ISpanFormattable
{
    /// <summary>Bytes of an id.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    private readonly ulong _a, _b, _c, _d;

    /// <summary>Reads an id from its 32 bytes.</summary>
    public ChunkId(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Size);
        this = MemoryMarshal.Read<ChunkId>(bytes);
    }

    /// <summary>The id that no chunk has: 32 zero bytes.</summary>
    public bool IsNone => (_a | _b | _c | _d) == 0;

    /// <summary>The 32 bytes, as long as the id is where it is.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(new ReadOnlySpan<ChunkId>(in this));

    /// <summary>The first eight bytes as a number that orders as ids do: where an id lies among many, roughly, because they are spread evenly.</summary>
    internal ulong Prefix => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(_a) : _a;

    public static bool operator ==(ChunkId left, ChunkId right) => left.Equals(right);

    public static bool operator !=(ChunkId left, ChunkId right) => !left.Equals(right);

    public static bool operator <(ChunkId left, ChunkId right) => left.CompareTo(right) < 0;

    public static bool operator >(ChunkId left, ChunkId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ChunkId left, ChunkId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ChunkId left, ChunkId right) => left.CompareTo(right) >= 0;

    /// <summary>The id of these bytes.</summary>
    [SkipLocalsInit]
    public static ChunkId Of(ReadOnlySpan<byte> chunk)
    {
        Unsafe.SkipInit(out ChunkId id);
        SHA256.HashData(chunk, MemoryMarshal.AsBytes(new Span<ChunkId>(ref id)));
        return id;
    }

    /// <summary>Reads 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException">It is anything else.</exception>
    public static ChunkId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no id: 64 hexadecimal digits.");

    /// <summary>Reads 64 hexadecimal digits; false when it is anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ChunkId id)
    {
        id = default;
        return text.Length == 2 * Size
            && Convert.FromHexString(text, MemoryMarshal.AsBytes(new Span<ChunkId>(ref id)), out _, out _) == System.Buffers.OperationStatus.Done;
    }

    /// <inheritdoc/>
    public bool Equals(ChunkId other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ChunkId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _a.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(ChunkId other) => _a != other._a ? Prefix.CompareTo(other.Prefix) : Bytes.SequenceCompareTo(other.Bytes);

    /// <inheritdoc/>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        Convert.TryToHexStringLower(Bytes, destination, out charsWritten);
}
