using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Runtime.InteropServices;

namespace Adit.Link;

/// <summary>
/// A client's end of a link: keeps a control connection to one hub, dials data connections when the hub asks, comes back after a cut.
/// Streams under way do not notice that the control connection was lost and made anew. Several of these may live in one process.
/// </summary>
public sealed class LinkClient
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TendEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan WelcomeTimeout = TimeSpan.FromSeconds(15);

    private readonly LinkClientOptions _options;
    private readonly HubDialer _dialer;
    private readonly ClientPool _pool;
    private readonly string _instance;
    private readonly ConcurrentDictionary<DataConnection, bool> _serving = new();
    private volatile LinkSession? _session;
    private int _dialing;

    /// <summary>Makes a client that is not connected yet.</summary>
    public LinkClient(LinkClientOptions options)
    {
        _options = options;
        _dialer = new HubDialer(options);
        _pool = new ClientPool(this);
        _instance = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));
    }

    /// <summary>A link was made: its id. Called before anything else happens on it; must not block.</summary>
    public event Action<string>? Connected;

    /// <summary>The link was lost or could not be made: why, and when it is tried again. Must not block.</summary>
    public event Action<string, TimeSpan>? Disconnected;

    /// <summary>The hub is draining: why. Must not block.</summary>
    public event Action<string>? Draining;

    /// <summary>The hub says that something that this client serves is over: what, and why. Must not block.</summary>
    public event Action<string, string?>? Noticed;

    /// <summary>The id of the link; null while there is none.</summary>
    public string? LinkId => _session?.LinkId;

    /// <summary>Data connections now.</summary>
    public int Connections => _serving.Count + _pool.Count + Volatile.Read(ref _dialing);

    internal LinkClientOptions Options => _options;

    internal bool IsFull => _options.MaxConnections > 0 && Connections >= _options.MaxConnections;

    internal string AtLimit => $"it is at its own limit of {_options.MaxConnections} connections";

    /// <summary>Connects, serves, and connects again, until it is cancelled.</summary>
    /// <exception cref="LinkRefusedException">The hub will not have this client, now or later.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = FirstRetry;
        var spread = TimeSpan.Zero;
        await using var tending = _options.Time.CreateTimer(static c => ((LinkClient)c!).Tend(), this, TendEvery, TendEvery);
        try
        {
            while (true)
            {
                var (reason, retryAfter, wasConnected) = await ConnectAndServeAsync(cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                if (wasConnected)
                    (retry, spread) = (FirstRetry, TimeSpan.Zero);
                // Jitter over most of the wait, so that two thousand clients of a hub that restarts do not come at once. Who comes too
                // early after a drain waits long again: all who did so would else meet in the hub's first second.
                if (retryAfter > TimeSpan.Zero)
                    spread = retryAfter / 2;
                var most = retryAfter > TimeSpan.Zero ? retryAfter : retry > spread ? retry : spread;
                var wait = most * (0.2 + (0.8 * Next()));
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
                Disconnected?.Invoke(reason, wait);
                await Task.Delay(wait, _options.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked for.
        }
        finally
        {
            _pool.Close();
            foreach (var connection in _serving.Keys)
                connection.Abort();
        }
    }

    /// <summary>Opens a stream to something that the hub offers (<c>tunnel:NAME</c>).</summary>
    /// <exception cref="LinkStreamException">There is no link now, or it could not be opened.</exception>
    public ValueTask<LinkStream> OpenAsync(OpenRequest request, CancellationToken cancellationToken) => _pool.OpenAsync(request, cancellationToken);

    // Asks the hub for tickets with which the pool may dial.
    internal async Task WantTicketsAsync(int count, CancellationToken cancellationToken)
    {
        var session = _session ?? throw new LinkStreamException(ResetCode.LinkLost, $"There is no link to {_options.Hub} at the moment.");
        session.Want(count);
        await session.Control.SendAsync(new ControlMessage { Type = "want", Count = count }, cancellationToken);
    }

    private void Tend()
    {
        foreach (var (connection, _) in _serving)
            connection.AbortIfUnanswered();
        _pool.Tend();
    }

    private double Next()
    {
        lock (_options.Random)
            return _options.Random.NextDouble();
    }

    private async Task<(string Reason, TimeSpan RetryAfter, bool WasConnected)> ConnectAndServeAsync(CancellationToken cancellationToken)
    {
        WebSocket socket;
        try
        {
            socket = await _dialer.DialControlAsync(cancellationToken);
        }
        catch (TlsTrustException e)
        {
            throw new LinkRefusedException("untrusted", e.Message); // The same certificate would be shown again.
        }
        catch (Exception e) when (Wire.IsBroken(e) || e is HttpRequestException or System.Security.Authentication.AuthenticationException)
        {
            return (Sentence(e), TimeSpan.Zero, false);
        }

        using var control = new ControlChannel(socket, _options.Time);
        var session = new LinkSession(control, _options.Time);
        await using var stopping = cancellationToken.UnsafeRegister(static c => ((ControlChannel)c!).Abort(), control);
        try
        {
            await HelloAsync(session, cancellationToken);
            await using (_options.Time.CreateTimer(static s => ((LinkSession)s!).Beat(), session, session.Heartbeat, session.Heartbeat))
            {
                while (await control.ReceiveAsync(cancellationToken) is { } message)
                {
                    if (message.Type == "bye")
                        return (message.Reason ?? "the hub ended the link", RetryAfter(message), true);
                    await HandleAsync(session, message, cancellationToken);
                }
            }

            return (session.LostReason ?? "the hub closed the connection", session.RetryAfter, session.LinkId is not null);
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            return (session.LostReason ?? Sentence(e), session.RetryAfter, session.LinkId is not null);
        }
        finally
        {
            _session = null;
            DropIdle();
            if (cancellationToken.IsCancellationRequested)
                await control.CloseAsync(null);
            else
                control.Abort();
        }
    }

    private async Task HelloAsync(LinkSession session, CancellationToken cancellationToken)
    {
        await session.Control.SendAsync(
            new ControlMessage
            {
                Type = "hello",
                Protocol = LinkProtocol.Version,
                MinProtocol = LinkProtocol.MinVersion,
                Capabilities = LinkProtocol.Capabilities,
                MaxConnections = _options.MaxConnections,
                Client = new ClientDescription
                {
                    Name = _options.Name,
                    Instance = _instance,
                    Version = _options.Version,
                    Platform = RuntimeInformation.RuntimeIdentifier,
                },
            },
            cancellationToken);
        using var deadline = new CancellationTokenSource(WelcomeTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var welcome = await session.Control.ReceiveAsync(either.Token);
        switch (welcome)
        {
            case { Type: "welcome", Link: { } link } when welcome.Protocol is >= LinkProtocol.MinVersion and <= LinkProtocol.Version:
                session.Welcome(link, welcome.HeartbeatMs);
                break;
            case { Type: "bye", Code: "version" or "protocol" or "unauthorized" }:
                throw new LinkRefusedException(welcome.Code, welcome.Reason ?? welcome.Code);
            case { Type: "bye" }:
                session.RetryAfter = RetryAfter(welcome);
                throw new IOException(welcome.Reason ?? "The hub takes no links now.");
            case null:
                throw new IOException("The hub closed the connection before it welcomed the link.");
            default:
                throw new LinkRefusedException("protocol", $"The hub {_options.Hub} answered hello with something other than welcome; check that hub and client are at most one version apart.");
        }

        _session = session;
        Connected?.Invoke(session.LinkId!);
        await DialAsync(session, welcome.Tickets, cancellationToken);
    }

    private async Task HandleAsync(LinkSession session, ControlMessage message, CancellationToken cancellationToken)
    {
        switch (message.Type)
        {
            case "dial":
                await DialAsync(session, message.Tickets, cancellationToken);
                break;
            case "tickets":
                foreach (var ticket in message.Tickets ?? [])
                {
                    if (!session.TakeWanted())
                        break;
                    if (IsFull)
                        _pool.DialFailed(ResetCode.Busy, $"This client cannot open another connection: {AtLimit}.");
                    else
                        _ = DialForPoolAsync(session, ticket, cancellationToken);
                }

                break;
            case "ping":
                await session.Control.SendAsync(new ControlMessage { Type = "pong", Stamp = message.Stamp }, cancellationToken);
                break;
            case "notice" when message.Subject is { } subject:
                Noticed?.Invoke(subject, message.Reason);
                break;
            case "drain":
                session.RetryAfter = RetryAfter(message);
                session.LostReason = message.Reason;
                Draining?.Invoke(message.Reason ?? "the hub is draining");
                break;
            default:
                break; // pong, or of a newer hub.
        }
    }

    // ---- Data connections on which the hub opens streams --------------------------------------------------------------------------

    // Refusals are waited for: a hub that floods us with tickets and does not read our answers stalls itself, and not our memory.
    private async Task DialAsync(LinkSession session, IReadOnlyList<string>? tickets, CancellationToken cancellationToken)
    {
        foreach (var ticket in tickets ?? [])
        {
            if (IsFull)
                await RefuseAsync(session, ticket, AtLimit);
            else
                _ = DialAndServeAsync(session, ticket, cancellationToken);
        }
    }

    private async Task DialAndServeAsync(LinkSession session, string ticket, CancellationToken cancellationToken)
    {
        Wire wire;
        Interlocked.Increment(ref _dialing);
        try
        {
            wire = await _dialer.DialDataAsync(ticket, cancellationToken);
        }
        catch (Exception e) when (Wire.IsBroken(e) || e is LinkRefusedException or System.Security.Authentication.AuthenticationException)
        {
            await RefuseAsync(session, ticket, e.Message);
            return;
        }
        finally
        {
            Interlocked.Decrement(ref _dialing);
        }

        var connection = new DataConnection(wire, _options.Time);
        _serving[connection] = true;
        DropIfLate(connection, session);
        try
        {
            await connection.AcceptAsync(_options.OnStream ?? RefuseStreamAsync);
        }
        finally
        {
            _serving.TryRemove(connection, out _);
        }
    }

    private static async Task RefuseStreamAsync(LinkStream stream)
    {
        stream.Reset(ResetCode.Forbidden, "This client takes no streams.");
        await stream.DisposeAsync();
    }

    private static async Task RefuseAsync(LinkSession session, string ticket, string reason)
    {
        try
        {
            await session.Control.SendAsync(new ControlMessage { Type = "refused", Tickets = [ticket], Reason = reason }, CancellationToken.None);
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            // The link is gone, and the ticket with it.
        }
    }

    // ---- Data connections on which this side opens streams ------------------------------------------------------------------------

    private async Task DialForPoolAsync(LinkSession session, string ticket, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _dialing);
        try
        {
            var connection = new DataConnection(await _dialer.DialDataAsync(ticket, cancellationToken), _options.Time);
            _pool.Add(connection);
            DropIfLate(connection, session);
        }
        catch (Exception e) when (Wire.IsBroken(e) || e is LinkRefusedException or System.Security.Authentication.AuthenticationException)
        {
            _pool.DialFailed(ResetCode.LinkLost, Sentence(e));
        }
        finally
        {
            Interlocked.Decrement(ref _dialing);
        }
    }

    // ---- The control connection is lost -------------------------------------------------------------------------------------------

    // The hub has forgotten the link or soon will, and with it the idle ones; a stream is left alone until it ends.
    private void DropIdle()
    {
        foreach (var connection in _serving.Keys)
            connection.FinishIfIdle();
        _pool.LinkLost();
    }

    // A connection that was still being dialled when its link was lost. Called when it is in its table: one of the two sees the other.
    private void DropIfLate(DataConnection connection, LinkSession session)
    {
        if (!ReferenceEquals(_session, session))
            connection.FinishIfIdle();
    }

    private static TimeSpan RetryAfter(ControlMessage message) =>
        TimeSpan.FromMilliseconds(Math.Clamp(message.RetryAfterMs, 0, (int)LinkProtocol.LongestRetryAfter.TotalMilliseconds));

    private string Sentence(Exception e) => e switch
    {
        OperationCanceledException => $"the hub {_options.Hub} did not answer in time",
        _ => $"the hub {_options.Hub} cannot be reached: {e.InnerException?.Message ?? e.Message}",
    };
}
