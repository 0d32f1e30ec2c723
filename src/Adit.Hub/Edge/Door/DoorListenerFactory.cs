using System.Net;
using System.Net.Sockets;
using Adit.Hub.Edge.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Door;

/// <summary>
/// Kestrel's way to the door: binds every <see cref="DoorEndPoint"/> and nothing else.
/// </summary>
internal sealed partial class DoorListenerFactory(
    DoorOptions options,
    DoorHandlers handlers,
    RouteTable routes,
    CertificateSelector certificates,
    DoorMeter meter,
    TimeProvider time,
    ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly ILogger _logger = loggers.CreateLogger<DoorListenerFactory>();

    /// <inheritdoc />
    public bool CanBind(EndPoint endpoint) => endpoint is DoorEndPoint;

    /// <inheritdoc />
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var at = (DoorEndPoint)endpoint;
        var socket = Listen(at);
        var room = new WaitingRoom(options.MostWaiting, time, meter);
        var doorman = new Doorman(at.IsTls, options, routes, certificates, handlers, room, meter, time, _logger);
        return ValueTask.FromResult<IConnectionListener>(new DoorListener(socket, doorman, room, meter, time, loggers, _logger));
    }

    private Socket Listen(DoorEndPoint at)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // [::] is the whole machine, as everywhere else.
            if (at.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(at);
            socket.Listen(options.Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            if (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
                throw new AddressInUseException($"Cannot listen on {at}: another program does. Stop it or choose another port.", e);
            LogCannotListen(_logger, at, e.Message);
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot listen on {EndPoint}: {Reason}.")]
    private static partial void LogCannotListen(ILogger logger, EndPoint endPoint, string reason);
}
