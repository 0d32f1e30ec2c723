using System.Net;
using System.Net.Sockets;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Adit.Link;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tunnels;

/// <summary>A port of the hub that leads to a tcp tunnel. Accepts while it lives; connections under way outlive it.</summary>
internal sealed partial class TunnelPort : IDisposable
{
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(30);

    private readonly Socket _listener;
    private readonly string _name;
    private readonly LiveTunnel _tunnel;
    private readonly OpenDoors? _doors;
    private readonly bool _isPrivate;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    private TunnelPort(
        Socket listener, string name, LiveTunnel tunnel, OpenDoors? doors, TimeProvider time, ILogger log)
    {
        _listener = listener;
        _name = name;
        _tunnel = tunnel;
        _doors = doors;
        _time = time;
        _log = log;
        var at = (IPEndPoint)listener.LocalEndPoint!;
        Port = at.Port;
        _isPrivate = IPAddress.IsLoopback(at.Address);
    }

    public int Port { get; }

    /// <summary>Binds and accepts.</summary>
    /// <exception cref="SocketException">The port cannot be had.</exception>
    public static TunnelPort Listen(
        IPEndPoint address, string name, LiveTunnel tunnel, OpenDoors? doors, TimeProvider time, ILogger log)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(address);
            listener.Listen(512);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        var port = new TunnelPort(listener, name, tunnel, doors, time, log);
        _ = port.AcceptAsync(); // Ends when the listener is disposed.
        return port;
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        var pause = TimeSpan.FromMilliseconds(10);
        while (true)
        {
            Socket visitor;
            try
            {
                visitor = await _listener.AcceptAsync();
                pause = TimeSpan.FromMilliseconds(10);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of file descriptors, most likely: others need the pause to close theirs.
                LogAcceptFailed(_name, Port, e.Message);
                await Task.Delay(pause, _time);
                pause = pause < TimeSpan.FromSeconds(1) ? pause * 2 : pause;
                continue;
            }

            _ = ServeAsync(visitor);
        }
    }

    private async Task ServeAsync(Socket visitor)
    {
        var wire = default(SocketWire);
        var isCounted = false;
        var door = default(PassedDoor);
        try
        {
            SocketDialer.Tune(visitor);
            wire = new SocketWire(visitor);
            var address = (visitor.RemoteEndPoint as IPEndPoint)?.Address;
            var limits = _tunnel.Limits;
            isCounted = true;
            if (_tunnel.Meter.OpenStream() > limits.MaxConcurrent || _tunnel is not { Record: { } record, Policy: { } policy, Upstream: { } upstream })
            {
                wire.Abort();
                return;
            }

            using var deadline = new CancellationTokenSource(OpenTimeout, _time);
            door = new PassedDoor(() => !_tunnel.Life.IsOver && MayPass(_tunnel.Record ?? record, _tunnel.Policy ?? policy, address), wire.Abort);
            _doors?.Enter(door, mayEnd: policy.Rules.Count > 0);
            if (!door.MayStay())
            {
                wire.Abort();
                return;
            }

            await using var stream = await upstream.OpenAsync(wire.Remote?.ToString(), deadline.Token);
            await StreamPump.RunAsync(wire, stream, new RouteTraffic(_tunnel.Meter, limits.Bandwidth, CancellationToken.None));
            wire.Close();
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            LogRefused(_name, e.Message);
            wire?.Abort();
        }
        finally
        {
            if (door is not null)
                _doors?.Leave(door);
            if (isCounted)
                _tunnel.Meter.CloseStream();
            visitor.Dispose();
        }
    }

    // A private tunnel's port is on loopback: whoever reaches it passes. A public one has at most a network to be known by. One whose tunnel
    // is no longer open to anybody closes what came in while it was.
    private bool MayPass(TunnelRecord record, RoutePolicy policy, IPAddress? address) => (_isPrivate && !record.IsPublic)
        || (record.IsPublic && PassedDoor.MayPass(policy, address, _time));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tunnel {Name}: port {Port} cannot accept: {Reason}")]
    private partial void LogAcceptFailed(string name, int port, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tunnel {Name}: a connection was dropped: {Reason}")]
    private partial void LogRefused(string name, string reason);
}
