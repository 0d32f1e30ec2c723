using System.Buffers.Binary;
using System.Text;

namespace Adit.Link;

/// <summary>
/// The payload of a RESET record: the stream's ordinal (4 bytes), a <see cref="ResetCode"/> (2), a reason (UTF-8, at most 512).
/// </summary>
internal readonly record struct ResetPayload(uint Ordinal, ResetCode Code, string Reason)
{
    private const int Fixed = 6;

    /// <summary>
    /// The whole record. A reason that is too long is cut. A stream that is given up because another one's connection was lost, as a relay
    /// does, was cancelled as far as the peer can tell: its own is well.
    /// </summary>
    public byte[] ToRecord()
    {
        var text = Encoding.UTF8.GetBytes(Reason);
        var payload = new byte[Fixed + Math.Min(text.Length, RecordHeader.MaxReset - Fixed)];
        BinaryPrimitives.WriteUInt32BigEndian(payload, Ordinal);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(4), (ushort)(Code == ResetCode.LinkLost ? ResetCode.Cancelled : Code));
        text.AsSpan(0, payload.Length - Fixed).CopyTo(payload.AsSpan(Fixed));
        return DataConnection.Record(RecordType.Reset, payload);
    }

    /// <exception cref="LinkStreamException">The payload is too short.</exception>
    public static ResetPayload Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < Fixed)
            throw new LinkStreamException(ResetCode.Protocol, "The peer sent a RESET record that is too short.");
        return new ResetPayload(
            BinaryPrimitives.ReadUInt32BigEndian(payload),
            Known((ResetCode)BinaryPrimitives.ReadUInt16BigEndian(payload[4..])),
            Encoding.UTF8.GetString(payload[Fixed..]));
    }

    // A peer of a later version may have more codes. Of a lost link it cannot tell: what it says so is the loss of something behind it.
    private static ResetCode Known(ResetCode code) => code switch
    {
        < ResetCode.LinkLost => code,
        ResetCode.LinkLost => ResetCode.Cancelled,
        _ => ResetCode.None,
    };
}
