using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>What the hub says when it ends a WebSocket: the frame of RFC 6455 section 5.5.1. Codes from 4000 on are free for applications.</summary>
internal sealed class WebSocketClose
{
    /// <summary>4401: whoever it was is not signed in any more; signing in again may help.</summary>
    public static readonly WebSocketClose SignedOut = new(4401, "Not signed in any more.");

    /// <summary>4403: whoever it is may not any more.</summary>
    public static readonly WebSocketClose NotAllowed = new(4403, "Not allowed any more.");

    private const int GoingAway = 1001;
    private const byte CloseFrame = 0x88;
    private const byte Masked = 0x80;

    private WebSocketClose(ushort code, string reason)
    {
        var frame = new byte[4 + Encoding.UTF8.GetByteCount(reason)];
        frame[0] = CloseFrame;
        frame[1] = (byte)(frame.Length - 2);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), code);
        Encoding.UTF8.GetBytes(reason, frame.AsSpan(4));
        Frame = frame;
    }

    /// <summary>The frame to the visitor, which is not masked.</summary>
    public ReadOnlyMemory<byte> Frame { get; }

    /// <summary>
    /// The frame to the application in the visitor's stead, masked as a client's (section 5.3): 1001, as from a page that is left.
    /// </summary>
    public static byte[] FrameToUpstream()
    {
        var frame = new byte[8];
        frame[0] = CloseFrame;
        frame[1] = Masked | 2;
        var mask = frame.AsSpan(2, 4);
        RandomNumberGenerator.Fill(mask);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(6), GoingAway);
        frame[6] ^= mask[0];
        frame[7] ^= mask[1];
        return frame;
    }
}
