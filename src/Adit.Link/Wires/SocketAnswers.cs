using System.Buffers.Binary;
using System.Net.Sockets;

namespace Adit.Link;

/// <summary>
/// Whether the peer of a socket still answers, as the kernel sees it. TCP's keepalive finds a dead peer only while nothing is under way;
/// with bytes under way the kernel tries for a quarter of an hour. TCP_USER_TIMEOUT would shorten that, but it also ends a connection
/// whose peer lives and only reads nothing for a while, which is how a slow reader is held back here.
/// </summary>
internal static class SocketAnswers
{
    private const int Tcp = 6;
    private const int TcpInfo = 11;

    // Offsets in Linux's struct tcp_info, which only ever grows at its end.
    private const int Retransmits = 2;
    private const int Probes = 3;
    private const int Unacknowledged = 24;
    private const int LastAcknowledged = 56;
    private const int Length = 60;

    private const int MostRetransmits = 5;
    private const int MostProbes = 3;

    /// <summary>
    /// True when bytes were sent again and again and nothing was acknowledged for <see cref="LinkProtocol.DeadAfter"/>, or when probes of a
    /// closed window go unanswered. False where the system does not tell.
    /// </summary>
    public static bool HaveStopped(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.ProtocolType != ProtocolType.Tcp)
            return false;
        Span<byte> state = stackalloc byte[Length];
        try
        {
            if (socket.GetRawSocketOption(Tcp, TcpInfo, state) < Length)
                return false;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false; // Closed: whoever uses it knows by now.
        }

        var silence = TimeSpan.FromMilliseconds(Word(state, LastAcknowledged));
        return silence > LinkProtocol.DeadAfter
            && (state[Probes] >= MostProbes || (state[Retransmits] >= MostRetransmits && Word(state, Unacknowledged) > 0));
    }

    // The kernel writes in the machine's own order.
    private static uint Word(ReadOnlySpan<byte> state, int offset) =>
        BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt32LittleEndian(state[offset..])
            : BinaryPrimitives.ReadUInt32BigEndian(state[offset..]);
}
