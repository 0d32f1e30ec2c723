using System.Net;
using System.Net.Sockets;

namespace Adit.Bench.Backend;

/// <summary>
/// The application behind every subject: a small HTTP/1.1 server on raw sockets that costs so little that what stands in front shows.
/// <c>/</c> answers 25 bytes, <c>/bytes/N</c> sends N bytes, a body is read and dropped, <c>Upgrade: websocket</c> echoes.
/// </summary>
internal static class BackendServer
{
    /// <summary>The line it prints when it accepts connections, followed by the port.</summary>
    public const string ReadyLine = "backend listens on ";

    private const int Backlog = 4096;

    /// <summary>Serves on a free port of 127.0.0.1 until cancelled.</summary>
    public static async Task RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(Backlog);
        await output.WriteLineAsync($"{ReadyLine}{((IPEndPoint)listener.LocalEndPoint!).Port}");
        await output.FlushAsync(cancellationToken);

        while (!cancellationToken.IsCancellationRequested)
        {
            var socket = await listener.AcceptAsync(cancellationToken);
            socket.NoDelay = true;
            _ = new BackendConnection(socket).ServeAsync();
        }
    }
}
