using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Adit.Link;

/// <summary>
/// Bounds what a stream whose reader has stalled can hold in the kernel. Left alone, Linux lets a connection's buffers grow to tens of MB
/// while the reader is fast, and they stay full when it stops. Linux only; elsewhere the system's own bounds hold.
/// </summary>
public static class KernelBuffers
{
    private const int Tcp = 6;
    private const int TcpInfo = 11;
    private const int TcpNotSentLowWater = 25;
    private const int RoundTripAt = 68; // struct tcp_info, tcpi_rtt, in microseconds

    private const int Unsent = 64 * 1024;
    private const int LeastReceive = 128 * 1024;
    private const int MostReceive = 256 * 1024;
    private const int BytesPerMicrosecond = 125; // One Gbit/s: what a stream shall reach over any path.

    /// <summary>
    /// Bounds what waits in the send buffer without having been sent. What is on its way is not counted, so the rate over long paths stays.
    /// </summary>
    public static void BoundUnsent(Socket socket)
    {
        if (OperatingSystem.IsLinux() && socket.ProtocolType == ProtocolType.Tcp)
            Set(socket, TcpNotSentLowWater, Unsent);
    }

    /// <summary>
    /// Bounds the receive buffer of a data connection to what one Gbit/s needs over its round trip, at least 128 KB (which the kernel doubles
    /// for its own overhead); a path that would need more than 256 KB (2 ms and longer) keeps the kernel's own growth, since there a fixed
    /// window would cap the rate. What the window lets in is what a stalled stream holds, so it is as small as full speed over loopback and
    /// local networks allows, and no smaller.
    /// </summary>
    public static void BoundReceive(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.ProtocolType != ProtocolType.Tcp)
            return;
        Span<byte> info = stackalloc byte[RoundTripAt + sizeof(int)];
        try
        {
            if (socket.GetRawSocketOption(Tcp, TcpInfo, info) < info.Length)
                return;
            var wanted = (long)MemoryMarshal.Read<uint>(info[RoundTripAt..]) * BytesPerMicrosecond;
            if (wanted <= MostReceive)
                socket.ReceiveBufferSize = (int)Math.Max(wanted, LeastReceive);
        }
        catch (SocketException)
        {
            // The connection is gone already; whoever uses it next sees why.
        }
    }

    private static void Set(Socket socket, int option, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        MemoryMarshal.Write(bytes, value);
        try
        {
            socket.SetRawSocketOption(Tcp, option, bytes);
        }
        catch (SocketException)
        {
            // An old kernel, or the connection is gone already.
        }
    }
}
