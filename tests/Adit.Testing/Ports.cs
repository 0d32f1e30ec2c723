using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Adit.Testing;

/// <summary>Finds loopback ports for programs that cannot say which port they picked.</summary>
public static class Ports
{
    // Below the kernel's range for outgoing connections (32768 up), so that none of them takes the port between our look and its use,
    // and beside the hub's default tunnel ports.
    private const int First = 22000;
    private const int Last = 31999;

    /// <summary>A port of 127.0.0.1 that nobody listens on now.</summary>
    public static int Free() => FreeRange(1);

    /// <summary>The first of <paramref name="count"/> neighbouring ports of 127.0.0.1, all from <paramref name="first"/> to <paramref name="last"/>, that nobody listens on now.</summary>
    public static int FreeRange(int count, int first = First, int last = Last)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var port = RandomNumberGenerator.GetInt32(first, last - count + 2);
            if (Enumerable.Range(port, count).All(IsFree))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"No {count} neighbouring free ports found between {first} and {last} on 127.0.0.1.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
