using System.Net;
using System.Net.Sockets;

namespace Adit.Link;

/// <summary>Connects TCP sockets as every leg of a link wants them: no delay, and with keepalive that finds a dead peer in 30 s.</summary>
public static class SocketDialer
{
    /// <summary>
    /// Connects to a host by name or address. <c>localhost</c> and every name under it is this machine (RFC 6761 6.3), whatever the
    /// system's resolver thinks of it.
    /// </summary>
    /// <exception cref="SocketException">It could not be resolved or reached.</exception>
    public static async Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        if (IsLocalhost(host))
        {
            try
            {
                return await ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            }
            catch (SocketException) when (Socket.OSSupportsIPv6)
            {
                return await ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, port), cancellationToken);
            }
        }

        return IPAddress.TryParse(host, out var address)
            ? await ConnectAsync(new IPEndPoint(address, port), cancellationToken)
            : await ConnectAsync(new DnsEndPoint(host, port), cancellationToken);
    }

    /// <summary>Sets what every leg wants on a socket that somebody else connected or accepted.</summary>
    public static void Tune(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        KernelBuffers.BoundUnsent(socket);
    }

    private static bool IsLocalhost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    private static async Task<Socket> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = endPoint is IPEndPoint ip
            ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            Tune(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
