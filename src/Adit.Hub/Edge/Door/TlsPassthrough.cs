using System.Net;
using System.Net.Sockets;
using Adit.Hub.Edge.Gate;
using Adit.Link;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Door;

/// <summary>
/// Passes a TLS connection on to a route's upstream, byte for byte from its ClientHello on: the hub holds no key for it and sees nothing.
/// </summary>
internal sealed partial class TlsPassthrough(
    DoorOptions options, RouteTable routes, OpenDoors? doors, DoorMeter meter, TimeProvider time, ILogger logger)
{
    /// <summary>Carries the connection to its end and closes it. Never throws.</summary>
    public async Task CarryAsync(Socket socket, EndPoint? remote, Route route, string name, CancellationToken cancellationToken)
    {
        // Whoever connects has shown nothing by which an owner could be known, so only what is open to anybody (from its network) can be passed.
        if (!MayPass(route, remote))
        {
            meter.Refused();
            LogNotPublic(logger, route.Name, remote);
            TlsRefusal.Refuse(socket, TlsAlert.AccessDenied);
            return;
        }

        var open = route.Meter.OpenStream();
        try
        {
            if (open > route.Limits.MaxConcurrent)
            {
                meter.Refused();
                TlsRefusal.Refuse(socket, TlsAlert.InternalError);
                return;
            }

            meter.Passthrough();
            await PumpAsync(socket, remote, route, name, cancellationToken);
        }
        finally
        {
            route.Meter.CloseStream();
        }
    }

    private async Task PumpAsync(Socket socket, EndPoint? remote, Route route, string name, CancellationToken cancellationToken)
    {
        var visitor = new SocketWire(socket, remote: remote);
        var door = new PassedDoor(() => !route.Life.IsOver && MayPass(routes.Find(name) ?? route, remote), visitor.Abort);
        doors?.Enter(door, mayEnd: route.Policy.Rules.Count > 0);
        try
        {
            if (!door.MayStay())
                return; // Something changed in between.
            await using var stream = await OpenAsync(route, remote, cancellationToken);
            await using var stopping = cancellationToken.UnsafeRegister(static w => ((SocketWire)w!).Abort(), visitor);
            var broken = await StreamPump.RunAsync(
                visitor, stream, new RouteTraffic(route.Meter, route.Limits.Bandwidth, cancellationToken));
            if (broken is null)
                visitor.Close();
            else
                LogBroken(logger, route.Name, remote, broken.Message);
        }
        catch (Exception e) when (e is LinkStreamException or OperationCanceledException)
        {
            LogNotOpened(logger, route.Name, remote, e.Message);
            TlsRefusal.Refuse(socket, TlsAlert.InternalError);
        }
        finally
        {
            doors?.Leave(door);
            visitor.Abort();
        }
    }

    private bool MayPass(Route route, EndPoint? remote) => PassedDoor.MayPass(route.Policy, (remote as IPEndPoint)?.Address, time);

    private async ValueTask<LinkStream> OpenAsync(Route route, EndPoint? remote, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.PassthroughOpenTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        return await route.Upstream.OpenAsync(remote?.ToString(), either.Token);
    }

    [LoggerMessage(Level = LogLevel.Information, Message =
        "TLS connection from {Remote} to {Route} refused: passthrough has no way to ask who comes; make the tunnel public to let it in.")]
    private static partial void LogNotPublic(ILogger logger, string route, EndPoint? remote);

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS connection from {Remote} to {Route} was not opened: {Reason}")]
    private static partial void LogNotOpened(ILogger logger, string route, EndPoint? remote, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "TLS connection from {Remote} to {Route} broke off: {Reason}")]
    private static partial void LogBroken(ILogger logger, string route, EndPoint? remote, string reason);
}
