using System.Net;
using System.Net.Sockets;
using Adit.Link;

namespace Adit.Runner.Tunnels;

/// <summary>
/// The user's side of <c>adit connect</c>: a local port whose connections are streams on a link to a tunnel of the hub. No port is opened
/// anywhere else.
/// </summary>
public sealed class PrivatePort : IDisposable
{
    private const int Backlog = 128;
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _listener;
    private readonly LinkClient _link;
    private readonly string _tunnel;
    private readonly TimeProvider _time;
    private int _open;

    /// <summary>Listens.</summary>
    /// <exception cref="SocketException">The address is in use or not this machine's.</exception>
    public PrivatePort(IPEndPoint local, LinkClient link, string tunnel, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(local);
        _time = time;
        _link = link;
        _tunnel = tunnel;
        _listener = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(local);
            _listener.Listen(Backlog);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }
    }

    /// <summary>Where it listens, with the port that the system picked when 0 was asked for.</summary>
    public IPEndPoint Local => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Connections open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>A connection could not be carried, or broke: why. Must not block.</summary>
    public event Action<string>? Failed;

    /// <summary>Accepts until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (await AcceptAsync(cancellationToken) is { } socket)
                    _ = CarryAsync(socket, cancellationToken);
                else
                    await Task.Delay(AcceptPause, _time, cancellationToken); // Others need the pause to close theirs.
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked for.
        }
    }

    /// <inheritdoc />
    public void Dispose() => _listener.Dispose();

    // Null when this one could not be had: out of file descriptors, or gone before it was taken.
    private async Task<Socket?> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _listener.AcceptAsync(cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode != SocketError.OperationAborted)
        {
            Failed?.Invoke($"A connection could not be accepted: {e.Message}");
            return null;
        }
    }

    // Owns its failures: each is told to whoever listens to Failed.
    private async Task CarryAsync(Socket socket, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _open);
        var wire = new SocketWire(socket);
        try
        {
            SocketDialer.Tune(socket);
            var stream = await _link.OpenAsync(
                new OpenRequest { Target = "tunnel:" + _tunnel, From = socket.RemoteEndPoint?.ToString() }, cancellationToken);
            await using (stream)
            {
                await using var ending = cancellationToken.UnsafeRegister(
                    static s => ((LinkStream)s!).Reset(ResetCode.Cancelled, "adit connect is ending."), stream);
                var broken = await StreamPump.RunAsync(wire, stream);
                if (broken is null)
                {
                    wire.Close();
                    return;
                }

                if (broken is LinkStreamException { Code: not ResetCode.Cancelled and not ResetCode.TargetReset })
                    Failed?.Invoke(broken.Message);
            }
        }
        catch (Exception e) when (e is LinkStreamException or OperationCanceledException or SocketException)
        {
            if (!cancellationToken.IsCancellationRequested)
                Failed?.Invoke(e.Message);
        }
        finally
        {
            wire.Abort();
            Interlocked.Decrement(ref _open);
        }
    }
}
