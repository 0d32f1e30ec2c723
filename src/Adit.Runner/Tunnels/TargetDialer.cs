using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Adit.Link;

namespace Adit.Runner.Tunnels;

/// <summary>
/// The client's end of every stream a hub opens: checks the target against the allow-list, connects it, and pumps. Whatever goes wrong is
/// told to the hub as a reset with one clear reason.
/// </summary>
/// <param name="time">Measures how long a connect may take.</param>
/// <param name="resolve">Looks names up.</param>
public sealed class TargetDialer(TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly IPAddress[] Loopback = [IPAddress.Loopback, IPAddress.IPv6Loopback];

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;
    private volatile AllowList _allowed = new([], []);
    private long _streams;
    private int _open;

    /// <summary>Where the hub may go. May be replaced at any time; streams that run are left alone.</summary>
    public AllowList Allowed
    {
        get => _allowed;
        set => _allowed = value;
    }

    /// <summary>Streams carried so far.</summary>
    public long Streams => Interlocked.Read(ref _streams);

    /// <summary>Streams open now.</summary>
    public int OpenStreams => Volatile.Read(ref _open);

    /// <summary>Told why a stream could not be connected; must not block.</summary>
    public event Action<OpenRequest, LinkStreamException>? Failed;

    /// <summary>Serves one stream to its end. Never throws.</summary>
    public Task ServeAsync(LinkStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return ServeAsync(stream, () => ConnectAsync(stream.Request, cancellationToken));
    }

    /// <summary>Serves one stream to its end, at an address that whoever calls answers for: no allow-list is asked. Never throws.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="at">Where to; null for nowhere, because what should be there is not.</param>
    /// <param name="cancellationToken">Gives up connecting.</param>
    public Task ServeAsync(LinkStream stream, IPEndPoint? at, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return ServeAsync(stream, async () =>
        {
            if (at is null)
                throw new LinkStreamException(ResetCode.Unreachable, $"{stream.Request.Target} is not running.");
            var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(at, cancellationToken);
                return new SocketWire(socket);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                throw new LinkStreamException(CodeOf(e), Reason(stream.Request, e), e);
            }
        });
    }

    private async Task ServeAsync(LinkStream stream, Func<Task<Wire>> connect)
    {
        Interlocked.Increment(ref _open);
        Interlocked.Increment(ref _streams);
        try
        {
            await using (stream)
                await ConnectAndPumpAsync(stream, connect);
        }
        catch (Exception e)
        {
            // Nobody awaits a stream's service: the reset is how its failure is seen.
            stream.Reset(ResetCode.None, $"The client failed: {e.Message}");
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    /// <summary>Connects what a request asks for.</summary>
    /// <exception cref="LinkStreamException">It is not allowed or could not be reached.</exception>
    public async Task<Wire> ConnectAsync(OpenRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var deadline = new CancellationTokenSource(ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            if (request.Target.StartsWith("unix:", StringComparison.Ordinal))
                return await ConnectUnixAsync(request.Target["unix:".Length..], either.Token);
            var isTls = request.Target.StartsWith("tls:", StringComparison.Ordinal);
            if ((!isTls && !request.Target.StartsWith("tcp:", StringComparison.Ordinal))
                || !TunnelTarget.TrySplit(request.Target[4..], out var host, out var port))
                throw new LinkStreamException(ResetCode.Forbidden, $"The client does not serve '{request.Target}'.");
            var socket = await ConnectTcpAsync(host, port, either.Token);
            return isTls ? await StartTlsAsync(socket, host, port, request, either.Token) : new SocketWire(socket);
        }
        catch (OperationCanceledException)
        {
            throw deadline.IsCancellationRequested
                ? new LinkStreamException(ResetCode.TimedOut, $"{Name(request)} did not answer within {ConnectTimeout.TotalSeconds:0} s.")
                : new LinkStreamException(ResetCode.Draining, "The client is ending.");
        }
        catch (SocketException e)
        {
            throw new LinkStreamException(CodeOf(e), Reason(request, e), e);
        }
        catch (Exception e) when (e is AuthenticationException or IOException and not LinkStreamException)
        {
            throw new LinkStreamException(
                ResetCode.TargetTls, $"TLS to {Name(request)} failed: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    private async Task ConnectAndPumpAsync(LinkStream stream, Func<Task<Wire>> connect)
    {
        Wire wire;
        try
        {
            wire = await connect();
        }
        catch (LinkStreamException e)
        {
            Failed?.Invoke(stream.Request, e);
            stream.Reset(e.Code, e.Message);
            return;
        }

        var isWhole = false; // Unless it is certain, the target must not take what it got for all there was.
        try
        {
            await stream.ConfirmOpenedAsync();
            isWhole = await StreamPump.RunAsync(wire, stream) is null;
        }
        catch (LinkStreamException)
        {
            // The visitor was gone before the target had answered.
        }
        finally
        {
            if (isWhole)
                wire.Close();
            else
                wire.Abort();
        }
    }

    private async Task<Wire> ConnectUnixAsync(string path, CancellationToken cancellationToken)
    {
        if (!_allowed.AllowsUnix(path))
            throw Forbidden("unix:" + path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new SocketWire(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Exactly the addresses that were checked are connected to: a second look-up could answer differently.
    private async Task<Socket> ConnectTcpAsync(string host, int port, CancellationToken cancellationToken)
    {
        SocketException? last = null;
        foreach (var address in await AddressesAsync(host, port, cancellationToken))
        {
            Socket? socket = null;
            try
            {
                socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
                SocketDialer.Tune(socket);
                return socket;
            }
            catch (SocketException e)
            {
                socket?.Dispose();
                // A machine without IPv6 says so for ::1, some at the socket already; that IPv4 refused is what the user wants to know.
                last ??= e;
            }
            catch
            {
                socket?.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private async Task<IPAddress[]> AddressesAsync(string host, int port, CancellationToken cancellationToken)
    {
        var allowed = _allowed;
        if (IPAddress.TryParse(host, out var literal))
            return allowed.AllowsAddress(literal, port) ? [literal] : throw Forbidden(TunnelTarget.Join(host, port));

        var named = allowed.AllowsName(host, port);
        if (host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal))
        {
            // RFC 6761 6.3: these names are loopback, whatever a DNS server says.
            var local = named ? Loopback : Loopback.Where(a => allowed.AllowsAddress(a, port)).ToArray();
            return local.Length > 0 ? local : throw Forbidden(TunnelTarget.Join(host, port));
        }

        // Not even a look-up for what cannot be allowed: names can carry data out.
        if (!named && !allowed.HasNetworks(port))
            throw Forbidden(TunnelTarget.Join(host, port));
        var addresses = await _resolve(host, cancellationToken);
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        var usable = addresses.Where(a => allowed.AllowsResolved(host, a, port)).ToArray();
        return usable.Length > 0 ? usable : throw new LinkStreamException(
            ResetCode.Forbidden, $"{host} resolves to {addresses[0]}, which the client's allow-list does not allow; start the client with --allow {TunnelTarget.Join(addresses[0].ToString(), port)}.");
    }

    private async Task<Wire> StartTlsAsync(Socket socket, string host, int port, OpenRequest request, CancellationToken cancellationToken)
    {
        var tls = new TlsStream(new NetworkStream(socket, ownsSocket: true));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = request.ServerName ?? host,
            ApplicationProtocols = request.Alpn?.Select(static p => new SslApplicationProtocol(p)).ToList(),
        };
        // The hub may only ask for what this client's user asked for too.
        if (request.Insecure && _allowed.AllowsInsecure(host, port))
        {
#pragma warning disable CA5359 // --upstream-insecure: the user said that the certificate is not to be verified.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        try
        {
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return new StreamWire(tls, socket.RemoteEndPoint, socket.Dispose);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    private static LinkStreamException Forbidden(string target) =>
        new(ResetCode.Forbidden, $"{target} is not on the client's allow-list; start the client with --allow {target} to permit it.");

    private static string Name(OpenRequest request) =>
        request.Target.StartsWith("unix:", StringComparison.Ordinal) ? request.Target : request.Target[4..];

    private static ResetCode CodeOf(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => ResetCode.Refused,
        SocketError.TimedOut => ResetCode.TimedOut,
        SocketError.ConnectionReset or SocketError.ConnectionAborted => ResetCode.TargetReset,
        _ => ResetCode.Unreachable,
    };

    private static string Reason(OpenRequest request, SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => $"Nothing listens on {Name(request)} as seen from the client; start the program there.",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
            $"The client's machine cannot resolve the name in {Name(request)}.",
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => $"The client's machine has no way to {Name(request)}.",
        SocketError.TimedOut => $"{Name(request)} did not answer the client.",
        _ => $"The client could not connect to {Name(request)}: {e.Message}.",
    };
}
