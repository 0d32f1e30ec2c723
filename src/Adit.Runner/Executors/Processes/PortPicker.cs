using System.Net;
using System.Net.Sockets;

namespace Adit.Runner.Executors;

/// <summary>
/// Chooses free ports for programs that will listen in a moment. A port is nobody else's from <see cref="Take"/> to <see cref="Release"/>, so that two
/// starts at once do not get the same. They are above those that a hub on the same machine has for tcp tunnels, unless told otherwise, and below
/// those that Linux takes for connections, so that nothing of the two gets in between. Safe for concurrent use.
/// </summary>
internal sealed class PortPicker(Random random)
{
    private const int Lowest = 21_000;
    private const int Highest = 32_767;
    private const int MostTries = 2_000;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _taken = [];

    /// <summary>A port on which nobody listens, on any address.</summary>
    /// <exception cref="ExecutorException">There is none.</exception>
    public int Take()
    {
        lock (_lock)
        {
            for (var i = 0; i < MostTries; i++)
            {
                var port = random.Next(Lowest, Highest + 1);
                if (_taken.Contains(port) || !IsFree(port))
                    continue;
                _taken.Add(port);
                return port;
            }
        }

        throw new ExecutorException($"No free port was found between {Lowest} and {Highest} on the runner.");
    }

    /// <summary>Keeps a port from others: a task that was adopted has it.</summary>
    public void Keep(int port)
    {
        lock (_lock)
            _taken.Add(port);
    }

    /// <summary>Gives a port back.</summary>
    public void Release(int port)
    {
        lock (_lock)
            _taken.Remove(port);
    }

    private static bool IsFree(int port)
    {
        try
        {
            // Bound and never listened on: nobody can reach it.
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
