using System.Buffers.Binary;

namespace Adit.Link;

/// <summary>The kinds of record on a data connection (docs/reference/link.md, "Records").</summary>
internal enum RecordType : byte
{
    /// <summary>Opener to acceptor: begins a stream. Payload: an <see cref="OpenRequest"/> as JSON, at most 4,096 bytes.</summary>
    Open = 1,

    /// <summary>Bytes of the stream. Payload: 0 to 262,144 bytes.</summary>
    Data = 2,

    /// <summary>The sender will send no more DATA on this stream. No payload.</summary>
    End = 3,

    /// <summary>The stream is given up. Payload: ordinal (4), <see cref="ResetCode"/> (2), reason (UTF-8, at most 512).</summary>
    Reset = 4,

    /// <summary>Acceptor to opener: the target is connected. No payload.</summary>
    Opened = 5,

    /// <summary>Asks for a PONG. Payload: 0 to 16 bytes.</summary>
    Ping = 6,

    /// <summary>The answer to PING, with its payload.</summary>
    Pong = 7,
}

/// <summary>The four bytes before each payload: type (1), length of the payload (3, big-endian).</summary>
internal readonly record struct RecordHeader(RecordType Type, int Length)
{
    public const int Size = 4;
    public const int MaxData = 256 * 1024;
    public const int MaxOpen = 4096;
    public const int MaxReset = 6 + 512;
    public const int MaxPing = 16;

    /// <summary>Writes the header into the first four bytes.</summary>
    public static void Write(Span<byte> buffer, RecordType type, int length) =>
        BinaryPrimitives.WriteUInt32BigEndian(buffer, ((uint)type << 24) | (uint)length);

    /// <summary>Reads a header and refuses what no peer may send.</summary>
    /// <exception cref="LinkStreamException">Unknown type, or a length beyond what its type allows.</exception>
    public static RecordHeader Read(ReadOnlySpan<byte> buffer)
    {
        var word = BinaryPrimitives.ReadUInt32BigEndian(buffer);
        var header = new RecordHeader((RecordType)(word >> 24), (int)(word & 0xFF_FFFF));
        var most = header.Type switch
        {
            RecordType.Data => MaxData,
            RecordType.Open => MaxOpen,
            RecordType.Reset => MaxReset,
            RecordType.End or RecordType.Opened => 0,
            RecordType.Ping or RecordType.Pong => MaxPing,
            _ => -1,
        };
        if (header.Length > most)
            throw new LinkStreamException(
                ResetCode.Protocol,
                $"The peer sent a record of type {(byte)header.Type} and {header.Length} bytes, which the link protocol does not allow.");
        return header;
    }
}
