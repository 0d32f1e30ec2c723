using System.Net;
using System.Net.Sockets;
using Adit.Hub.Edge.Tls;
using Adit.Link;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Door;

/// <summary>
/// Finds out what a connection wants by looking at its first bytes without taking them, and leads it there.
/// <code>
///  accepted ─ 1 PROXY header? ─ 2 first bytes ─┬─ in clear: GET /_adit/link/data ──────────────▶ link data
///                                              ├─ TLS: server name of a passthrough route ────▶ upstream, untouched
///                                              ├─ TLS: ALPN adit-link ─ 3 handshake ──────────▶ link data
///                                              ├─ TLS: ALPN acme-tls/1, challenge pending ────▶ answered here
///                                              └─ anything else ──────────────────────────────▶ Kestrel
/// </code>
/// Nothing is held for a connection that has sent nothing but its socket and its place in the waiting room.
/// </summary>
internal sealed partial class Doorman
{
    private readonly bool _isTls;
    private readonly DoorOptions _options;
    private readonly RouteTable _routes;
    private readonly DoorHandlers _handlers;
    private readonly WaitingRoom _room;
    private readonly DoorMeter _meter;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TlsPassthrough _passthrough;
    private readonly DoorHandshake _handshake;
    private readonly CancellationTokenSource _stopping = new();
    private readonly HandlerCount _running = new();
    private readonly HandlerCount _passing = new();

    public Doorman(
        bool isTls, DoorOptions options, RouteTable routes, CertificateSelector certificates, DoorHandlers handlers, WaitingRoom room,
        DoorMeter meter, TimeProvider time, ILogger logger)
    {
        _isTls = isTls;
        _options = options;
        _routes = routes;
        _handlers = handlers;
        _room = room;
        _meter = meter;
        _time = time;
        _logger = logger;
        _passthrough = new TlsPassthrough(options, routes, handlers.Open, meter, time, logger);
        _handshake = new DoorHandshake(certificates);
    }

    /// <summary>Takes over a connection that was just accepted. Returns at once and never throws.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="toKestrel">Takes the connection and its peer's address when it is not one of the door's.</param>
    public void Receive(Socket socket, Action<Socket, EndPoint?> toKestrel)
    {
        _running.Add();
        _ = ReceiveAsync(socket, toKestrel);
    }

    /// <summary>
    /// Lets TLS passthrough connections come to their end, at most for <see cref="DoorOptions.DrainTimeout"/>; then ends the connections
    /// that the door's handlers carry and waits for them, at most this long.
    /// </summary>
    public async Task StopAsync(TimeSpan patience)
    {
        await _passing.WhenNone.WaitAsync(_options.DrainTimeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stopping.CancelAsync();
        await _running.WhenNone.WaitAsync(patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReceiveAsync(Socket socket, Action<Socket, EndPoint?> toKestrel)
    {
        try
        {
            var remote = Prepare(socket);
            if (_room.Enter(socket, _options.FirstByteTimeout) is { } guest)
                await SniffAsync(socket, remote, guest, toKestrel);
            else
                socket.Dispose();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // It went away, or was sent away by the waiting room.
            socket.Dispose();
        }
        catch (Exception e)
        {
            LogFailed(_logger, e);
            socket.Dispose();
        }
        finally
        {
            _running.Remove();
        }
    }

    private static EndPoint? Prepare(Socket socket)
    {
        SocketDialer.Tune(socket);
        return socket.RemoteEndPoint;
    }

    private async Task SniffAsync(Socket socket, EndPoint? remote, WaitingRoom.Guest guest, Action<Socket, EndPoint?> toKestrel)
    {
        var peek = new SocketPeek(socket, guest, _options.SniffTimeout, _time);

        // 1 Only those the operator named are believed, and they must always send the header: otherwise a visitor who gets a proxy to
        // pass on bytes unchanged could bring a header of their own.
        if (_options.ProxyProtocolFrom?.Contains(remote) == true)
        {
            var header = await ReadProxyHeaderAsync(peek);
            if (header.State != ProxyHeaderState.Complete)
            {
                Refuse(socket, guest, remote, "a trusted proxy sent no valid PROXY protocol header; check its send-proxy setting");
                return;
            }

            remote = header.Source ?? remote;
        }

        // 2
        if (!_isTls)
            await LeadPlainAsync(socket, remote, guest, peek, toKestrel);
        else
            await LeadTlsAsync(socket, remote, guest, peek, toKestrel);
    }

    private static async ValueTask<ProxyHeader> ReadProxyHeaderAsync(SocketPeek peek)
    {
        var header = await peek.ReadAsync(
            ProxyHeader.Longest, static bytes => ProxyHeader.Read(bytes), static h => h.State != ProxyHeaderState.Incomplete);
        if (header.State == ProxyHeaderState.Complete)
            peek.Consume(header.Length);
        return header;
    }

    private async Task LeadPlainAsync(
        Socket socket, EndPoint? remote, WaitingRoom.Guest guest, SocketPeek peek, Action<Socket, EndPoint?> toKestrel)
    {
        var first = await peek.ReadAsync(
            FirstBytesReader.Needed, static bytes => FirstBytesReader.Read(bytes), static f => f != FirstBytes.Undecided);
        if (!guest.TryLeave())
            return;
        switch (first)
        {
            case FirstBytes.LinkData:
                KernelBuffers.BoundReceive(socket);
                await CarryLinkAsync(new SocketWire(socket, remote: remote));
                break;
            case FirstBytes.Other:
                toKestrel(socket, remote);
                break;
            default:
                socket.Dispose();
                break;
        }
    }

    private async Task LeadTlsAsync(
        Socket socket, EndPoint? remote, WaitingRoom.Guest guest, SocketPeek peek, Action<Socket, EndPoint?> toKestrel)
    {
        var hello = await peek.ReadAsync(
            _options.MostHelloBytes, static bytes => ClientHello.Read(bytes), static h => h.State != ClientHelloState.Incomplete);
        switch (hello.State)
        {
            case ClientHelloState.Incomplete:
            case ClientHelloState.Malformed:
                LogRefused(_logger, remote, "its TLS ClientHello is malformed or too long");
                Refuse(socket, guest, TlsAlert.DecodeError);
                return;
            case ClientHelloState.NotTls:
                _meter.Refused();
                if (guest.TryLeave())
                    PlainOnTls.Answer(socket);
                return;
        }

        if (hello.OffersAcme && hello.ServerName is { } challenged && _handshake.AcmeOptions(challenged) is { } challenge)
        {
            // RFC 8737 section 3: the handshake is the answer; nothing is said afterwards.
            await using var answered = await DoorHandshake.RunAsync(socket, challenge, _stopping.Token);
            guest.TryLeave();
            return;
        }

        if (hello.ServerName is { } name && _routes.Find(name) is { Kind: RouteKind.TlsPassthrough } route)
        {
            if (guest.TryLeave())
                await PassAsync(socket, remote, route, name);
            return;
        }

        if (hello.OffersLink)
        {
            await LeadLinkOverTlsAsync(socket, remote, guest, hello.ServerName);
            return;
        }

        if (guest.TryLeave())
            toKestrel(socket, remote);
    }

    private async Task PassAsync(Socket socket, EndPoint? remote, Route route, string name)
    {
        _passing.Add();
        try
        {
            await _passthrough.CarryAsync(socket, remote, route, name, _stopping.Token);
        }
        finally
        {
            _passing.Remove();
        }
    }

    // 3 The guest stays in the waiting room during the handshake, so that its deadline holds.
    private async Task LeadLinkOverTlsAsync(Socket socket, EndPoint? remote, WaitingRoom.Guest guest, string? name)
    {
        if (_handshake.LinkOptions(name) is not { } options)
        {
            Refuse(socket, guest, TlsAlert.UnrecognizedName);
            return;
        }

        var tls = await DoorHandshake.RunAsync(socket, options, _stopping.Token);
        KernelBuffers.BoundReceive(socket);
        if (guest.TryLeave())
            await CarryLinkAsync(new StreamWire(tls, remote, socket.Dispose, socket: socket));
        else
            await tls.DisposeAsync();
    }

    private async Task CarryLinkAsync(Wire wire)
    {
        _meter.LinkData();
        try
        {
            await _handlers.LinkData(wire, _stopping.Token);
        }
        finally
        {
            wire.Abort();
        }
    }

    private void Refuse(Socket socket, WaitingRoom.Guest guest, EndPoint? remote, string why)
    {
        LogRefused(_logger, remote, why);
        _meter.Refused();
        if (guest.TryLeave())
            socket.Dispose();
    }

    private void Refuse(Socket socket, WaitingRoom.Guest guest, TlsAlert alert)
    {
        _meter.Refused();
        if (guest.TryLeave())
            TlsRefusal.Refuse(socket, alert);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection from {Remote} closed: {Reason}.")]
    private static partial void LogRefused(ILogger logger, EndPoint? remote, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A connection failed at the door in a way that nobody foresaw.")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
