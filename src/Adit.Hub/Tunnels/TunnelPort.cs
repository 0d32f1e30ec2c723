using System.Net;
using System.Net.Sockets;
using Adit.Hub.Edge;
using Adit.Link;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tunnels;

/// <summary>A port of the hub that leads to a tcp tunnel. Accepts while it lives; connections under way outlive it.</summary>
internal sealed partial class TunnelPort : IDisposable
{
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(30);

    private readonly Socket _listener;
    private readonly string _name;
    private readonly TunnelUpstream _upstream;
    private readonly RouteMeter _meter;
    private readonly Func<RouteLimits> _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    private TunnelPort(
        Socket listener, string name, TunnelUpstream upstream, RouteMeter meter, Func<RouteLimits> limits, TimeProvider time, ILogger log)
    {
        _listener = listener;
        _name = name;
        _upstream = upstream;
        _meter = meter;
        _limits = limits;
        _time = time;
        _log = log;
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    public int Port { get; }

    /// <summary>Binds and accepts.</summary>
    /// <exception cref="SocketException">The port cannot be had.</exception>
    public static TunnelPort Listen(
        IPEndPoint address, string name, TunnelUpstream upstream, RouteMeter meter, Func<RouteLimits> limits, TimeProvider time, ILogger log)
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

        var port = new TunnelPort(listener, name, upstream, meter, limits, time, log);
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
        try
        {
            SocketDialer.Tune(visitor);
            wire = new SocketWire(visitor);
            var limits = _limits();
            isCounted = true;
            if (_meter.OpenStream() > limits.MaxConcurrent)
            {
                wire.Abort();
                return;
            }

            using var deadline = new CancellationTokenSource(OpenTimeout, _time);
            await using var stream = await _upstream.OpenAsync(wire.Remote?.ToString(), deadline.Token);
            await StreamPump.RunAsync(wire, stream, new RouteTraffic(_meter, limits.Bandwidth, CancellationToken.None));
            wire.Close();
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            LogRefused(_name, e.Message);
            wire?.Abort();
        }
        finally
        {
            if (isCounted)
                _meter.CloseStream();
            visitor.Dispose();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tunnel {Name}: port {Port} cannot accept: {Reason}")]
    private partial void LogAcceptFailed(string name, int port, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tunnel {Name}: a connection was dropped: {Reason}")]
    private partial void LogRefused(string name, string reason);
}
