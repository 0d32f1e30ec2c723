using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace Adit.Runner.Executors;

/// <summary>
/// Lines that are written into a spool in one piece, as they are on the disk. All numbers are little-endian:
/// <code>
///  0  u32  bytes that follow the first eight
///  4  u32  CRC-32C of these
///  8  i64  number of the first line
/// 16  i64  when they were read, milliseconds since 1970
/// 24  i32  how many lines
/// 28  i32  attempt          ┐
/// 32  i64  first position   ├ SpoolPosition after these lines
/// 40  i64  second position  ┘
/// 48  per line: u32 (length in bytes × 8 + 4 if it is a part + 0 out, 1 err, 2 adit), the bytes (UTF-8)
/// </code>
/// Not safe for concurrent use. Holds pooled memory until it is disposed.
/// </summary>
internal sealed class SpoolBatch : IDisposable
{
    /// <summary>Bytes before the first line.</summary>
    public const int HeadLength = 48;

    /// <summary>No batch is longer, so that a reader knows how much memory it needs.</summary>
    public const int MaxLength = 512 * 1024;

    private const int Framing = 8;
    private const int PartFlag = 4;
    private static readonly string[] Streams = ["out", "err", "adit"];

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);

    /// <summary>How many lines it has.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes it takes on the disk.</summary>
    public int Length { get; private set; } = HeadLength;

    /// <summary>Adds a line. The caller sees to it that the batch does not grow beyond <see cref="MaxLength"/>.</summary>
    /// <param name="stream">0 for out, 1 for err, 2 for what the runner says.</param>
    /// <param name="line">The bytes without the line's end; what of it is no UTF-8 becomes U+FFFD.</param>
    /// <param name="isPart">Whether the next line of the stream goes on where this ends.</param>
    public void Add(int stream, ReadOnlySpan<byte> line, bool isPart)
    {
        if (!Utf8.IsValid(line))
            line = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line)); // Rare enough to be made twice.
        Grow(Length + 4 + line.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(Length), (uint)(line.Length << 3 | (isPart ? PartFlag : 0) | stream));
        line.CopyTo(_buffer.AsSpan(Length + 4));
        Length += 4 + line.Length;
        Count++;
    }

    /// <summary>Writes the head and gives the whole. Valid until the next change.</summary>
    public ReadOnlyMemory<byte> Seal(long number, DateTimeOffset at, SpoolPosition position)
    {
        var head = _buffer.AsSpan(0, Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)(Length - Framing));
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], number);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], at.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32LittleEndian(head[24..], Count);
        BinaryPrimitives.WriteInt32LittleEndian(head[28..], position.Attempt);
        BinaryPrimitives.WriteInt64LittleEndian(head[32..], position.First);
        BinaryPrimitives.WriteInt64LittleEndian(head[40..], position.Second);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], Checksum(head[Framing..]));
        return _buffer.AsMemory(0, Length);
    }

    /// <summary>Makes it empty.</summary>
    public void Clear()
    {
        Count = 0;
        Length = HeadLength;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>
    /// Looks at what begins with a batch. Null when it does not: it was cut off by a crash, or is not complete in these bytes
    /// (<paramref name="needed"/> then says how many it would take, and is 0 when it is none).
    /// </summary>
    public static SpoolBatchHead? Head(ReadOnlySpan<byte> bytes, bool verify, out int needed)
    {
        needed = HeadLength;
        if (bytes.Length < HeadLength)
            return null;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        needed = 0;
        if (length is < HeadLength - Framing or > MaxLength - Framing)
            return null;
        needed = (int)length + Framing;
        if (bytes.Length < needed)
            return null;
        if (verify && Checksum(bytes[Framing..needed]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]))
        {
            needed = 0;
            return null;
        }

        return new SpoolBatchHead(
            needed,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(bytes[16..])),
            new SpoolPosition(
                BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[40..])));
    }

    /// <summary>Adds the lines of a whole batch from number <paramref name="from"/> on, while there is room for <paramref name="max"/> in all.</summary>
    public static void Lines(ReadOnlySpan<byte> batch, in SpoolBatchHead head, long from, int max, List<Adit.Api.LogLine> lines)
    {
        var at = HeadLength;
        for (var i = 0; i < head.Count && lines.Count < max; i++)
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(batch[at..]);
            var length = (int)(word >> 3);
            if (head.Number + i >= from)
            {
                lines.Add(new(head.Number + i, head.At, Streams[word & 3], Encoding.UTF8.GetString(batch.Slice(at + 4, length)))
                {
                    IsPart = (word & PartFlag) != 0,
                });
            }

            at += 4 + length;
        }
    }

    private void Grow(int length)
    {
        if (length <= _buffer.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, _buffer.Length * 2));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes)
            sum = BitOperations.Crc32C(sum, b);
        return ~sum;
    }
}

/// <summary>What a batch says of itself.</summary>
/// <param name="Length">Its bytes, head and all.</param>
/// <param name="Number">Its first line's number.</param>
/// <param name="Count">How many lines.</param>
/// <param name="At">When they were read.</param>
/// <param name="Position">How far the source was read then.</param>
internal readonly record struct SpoolBatchHead(int Length, long Number, int Count, DateTimeOffset At, SpoolPosition Position);
