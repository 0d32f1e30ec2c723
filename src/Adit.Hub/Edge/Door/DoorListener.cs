using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Door;

/// <summary>
/// One listening socket: accepts, has the <see cref="Doorman"/> find out what each connection wants, and gives Kestrel what is Kestrel's.
/// </summary>
internal sealed partial class DoorListener : IConnectionListener
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HandlersGrace = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly Doorman _doorman;
    private readonly WaitingRoom _room;
    private readonly DoorMeter _meter;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SocketConnectionContextFactory _contexts;
    private readonly CancellationTokenSource _unbound = new();
    private readonly Task _accepting;
    private long _lastComplaint;

    // Not bounded itself: what is in it came through the waiting room, which is, and Kestrel takes it out at once.
    private readonly Channel<ConnectionContext> _forKestrel = Channel.CreateUnbounded<ConnectionContext>(new() { SingleReader = true });

    public DoorListener(
        Socket socket, Doorman doorman, WaitingRoom room, DoorMeter meter, TimeProvider time, ILoggerFactory loggers, ILogger logger)
    {
        _socket = socket;
        _doorman = doorman;
        _room = room;
        _meter = meter;
        _time = time;
        _logger = logger;
        _lastComplaint = time.GetTimestamp() - (60 * time.TimestampFrequency);
        EndPoint = socket.LocalEndPoint!;

        // Inline: the whole byte path runs where the socket's event arrived, without a hop to another thread.
        _contexts = new SocketConnectionContextFactory(
            new SocketConnectionFactoryOptions { UnsafePreferInlineScheduling = true },
            loggers.CreateLogger<SocketConnectionContextFactory>());
        _accepting = AcceptLoopAsync();
    }

    /// <inheritdoc />
    public EndPoint EndPoint { get; }

    /// <inheritdoc />
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _forKestrel.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_forKestrel.Reader.TryRead(out var context))
                return context;
        }

        return null;
    }

    /// <inheritdoc />
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        // Whoever has not said yet what it wants gets no answer any more; data connections and passthrough go on until DisposeAsync.
        await _unbound.CancelAsync();
        _socket.Dispose();
        await _accepting;
        _room.Dispose();
        _forKestrel.Writer.TryComplete();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync(CancellationToken.None);
        await _doorman.StopAsync(HandlersGrace);
        while (_forKestrel.Reader.TryRead(out var context))
            await context.DisposeAsync();
        _contexts.Dispose();
        _unbound.Dispose();
    }

    private async Task AcceptLoopAsync()
    {
        var backOff = FirstBackOff;
        while (!_unbound.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_unbound.Token);
                backOff = FirstBackOff;
                _meter.Accepted();
                _doorman.Receive(socket, HandToKestrel);
            }
            catch (Exception) when (_unbound.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // The peer went away while it was in the backlog.
            }
            catch (Exception e)
            {
                // Out of descriptors or memory (EMFILE, ENFILE, ENOBUFS, ENOMEM). The connection stays in the backlog, so asking again at
                // once would spin; connections that end free what is missing.
                _meter.AcceptError();
                Complain(e);
                await Task.Delay(backOff, _time, _unbound.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                backOff = backOff * 2 < LongestBackOff ? backOff * 2 : LongestBackOff;
            }
        }
    }

    private void HandToKestrel(Socket socket, EndPoint? remote)
    {
        var context = _contexts.Create(socket);
        context.RemoteEndPoint = remote;
        _meter.Http();
        if (!_forKestrel.Writer.TryWrite(context))
            context.Abort(new ConnectionAbortedException("The hub is stopping."));
    }

    private void Complain(Exception e)
    {
        if (_time.GetElapsedTime(_lastComplaint) < TimeSpan.FromSeconds(30))
            return;
        _lastComplaint = _time.GetTimestamp();
        LogCannotAccept(_logger, EndPoint, e.Message);
    }

    [LoggerMessage(Level = LogLevel.Error, Message =
        "Cannot accept connections on {EndPoint}: {Reason}. Trying again; if this lasts, raise the limit of open files (LimitNOFILE, "
            + "ulimit -n).")]
    private static partial void LogCannotAccept(ILogger logger, EndPoint endPoint, string reason);
}
