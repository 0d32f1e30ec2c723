using System.Net;
using System.Net.Sockets;

namespace Adit.Bench.Subjects;

/// <summary>Free ports of 127.0.0.1 for processes that must be told one.</summary>
internal static class LoopbackPort
{
    private const int First = 15000; // within the hub's default range for tcp tunnels, below the ports that the kernel hands out
    private const int Last = 15999;
    private static int _next = First + Environment.ProcessId % 800;

    /// <summary>A port that nobody listens on now and that was not given before.</summary>
    public static int Take()
    {
        while (_next <= Last)
        {
            var port = _next++;
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken by someone else.
            }
        }

        throw new InvalidOperationException($"no free port between {First} and {Last}");
    }
}
