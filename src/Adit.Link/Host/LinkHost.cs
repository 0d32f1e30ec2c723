using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;

namespace Adit.Link;

/// <summary>
/// The hub's side of the link protocol: all links, the tickets they were given, and the timer that tends them.
/// </summary>
public sealed class LinkHost : IAsyncDisposable
{
    private static readonly TimeSpan TendEvery = TimeSpan.FromSeconds(5);
    private const int TrimEvery = 12;

    private readonly ConcurrentDictionary<string, HubLink> _links = new();
    private readonly ConcurrentDictionary<string, HubLink> _byInstance = new();
    private readonly ConcurrentDictionary<DataConnection, bool> _attached = new(); // They outlive their links while a stream is on them.
    private readonly ITimer _timer;
    private int _tended;
    private ControlMessage? _draining;

    /// <summary>Makes a host without links.</summary>
    public LinkHost(LinkHostOptions options)
    {
        Options = options;
        Tickets = new TicketBook(options.Time);
        _timer = options.Time.CreateTimer(static h => ((LinkHost)h!).Tend(), this, TendEvery, TendEvery);
    }

    /// <summary>A link was welcomed. Handlers must not block.</summary>
    public event Action<HubLink>? Connected;

    /// <summary>A link is gone, and why. Handlers must not block.</summary>
    public event Action<HubLink, string>? Disconnected;

    /// <summary>All links now.</summary>
    public IReadOnlyCollection<HubLink> Links => (IReadOnlyCollection<HubLink>)_links.Values;

    /// <summary>How many there are.</summary>
    public int Count => _links.Count;

    internal LinkHostOptions Options { get; }

    internal TicketBook Tickets { get; }

    /// <summary>Finds a link by its id.</summary>
    public HubLink? Find(string id) => _links.GetValueOrDefault(id);

    /// <summary>
    /// Serves a control connection until it ends. The caller has authenticated it and accepted the WebSocket.
    /// </summary>
    /// <param name="socket">Accepted, with subprotocol <see cref="LinkProtocol.SubProtocol"/>.</param>
    /// <param name="principal">Who authenticated it.</param>
    /// <param name="remote">The client's address.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task ServeControlAsync(WebSocket socket, LinkPrincipal principal, EndPoint? remote, CancellationToken cancellationToken)
    {
        using var control = new ControlChannel(socket, Options.Time);
        HubLink? link = null;
        var reason = "the connection was closed";
        try
        {
            link = await WelcomeAsync(control, principal, remote, cancellationToken);
            if (link is null)
                return;
            while (await control.ReceiveAsync(cancellationToken) is { } message)
            {
                if (message.Type == "bye")
                {
                    reason = message.Reason ?? "the client ended it";
                    break;
                }

                await HandleAsync(link, message);
            }
        }
        catch (LinkStreamException e)
        {
            reason = e.Message;
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            reason = link?.IsClosed == true ? reason : "the connection was lost";
        }
        finally
        {
            if (link is not null)
                await link.CloseAsync(null, reason);
            else
                control.Abort();
        }
    }

    /// <summary>
    /// Takes a ticket. Whoever holds the answer must bring a wire to <see cref="DataAdmission.ServeAsync"/> or dispose of it.
    /// </summary>
    /// <returns>Null when the ticket is not good: unknown, used, expired, or of a link that is gone.</returns>
    public DataAdmission? Redeem(string ticket) =>
        Tickets.Redeem(ticket) is var (link, role) ? new DataAdmission(link, role, Options.Time) : null;

    /// <summary>Tells all clients to come back later (or to another hub), and takes no new links. Streams go on.</summary>
    /// <param name="reason">For people.</param>
    /// <param name="retryAfter">Clients spread their return over this time.</param>
    public async Task DrainAsync(string reason, TimeSpan retryAfter)
    {
        var message = new ControlMessage { Type = "drain", Reason = reason, RetryAfterMs = (int)retryAfter.TotalMilliseconds };
        _draining = message;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2), Options.Time);
        await Task.WhenAll(_links.Values.Select(async link =>
        {
            try
            {
                await link.Control.SendAsync(message, deadline.Token);
            }
            catch (Exception e) when (Wire.IsBroken(e))
            {
                // It is going anyway.
            }
        }));
    }

    /// <summary>Ends the links of a token, as when it is revoked.</summary>
    public void CloseLinksOf(string tokenId, string reason)
    {
        foreach (var link in _links.Values)
        {
            if (link.Principal.TokenId == tokenId)
                link.Close(reason);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        var bye = new ControlMessage { Type = "bye", Code = "stopping", Reason = _draining?.Reason ?? "the hub is stopping", RetryAfterMs = _draining?.RetryAfterMs ?? 1000 };
        await Task.WhenAll(_links.Values.Select(link => link.CloseAsync(bye, "the hub is stopping")));
    }

    internal void Attach(DataConnection connection) => _attached[connection] = true;

    internal void Detach(DataConnection connection) => _attached.TryRemove(connection, out _);

    internal void Remove(HubLink link, string reason)
    {
        if (!_links.TryRemove(link.Id, out _))
            return;
        if (InstanceKey(link) is { } key)
            _byInstance.TryRemove(KeyValuePair.Create(key, link));
        Disconnected?.Invoke(link, reason);
    }

    private static string? InstanceKey(HubLink link) =>
        link.Client.Instance is { Length: > 0 and <= 64 } instance ? link.Principal.TokenId + "/" + instance : null;

    private async Task<HubLink?> WelcomeAsync(ControlChannel control, LinkPrincipal principal, EndPoint? remote, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10), Options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var hello = await control.ReceiveAsync(both.Token);
        if (Refusal(hello) is { } refusal)
        {
            await control.CloseAsync(refusal);
            return null;
        }

        var id = "l" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(9));
        var link = new HubLink(this, id, control, principal, hello!.Client!, Math.Max(0, hello.MaxConnections), remote)
        {
            TakesNotices = hello.Capabilities?.Contains(LinkProtocol.Notice) == true,
        };
        if (InstanceKey(link) is { } key && _byInstance.TryGetValue(key, out var old))
            await old.CloseAsync(null, "the client connected anew"); // Its old connection died unseen.
        // In the table before the client knows its id: the first thing it does may be to ask for a tunnel that this link serves.
        _links[id] = link;
        try
        {
            await control.SendAsync(
                new ControlMessage
                {
                    Type = "welcome",
                    Protocol = Math.Min(hello.Protocol, LinkProtocol.Version),
                    Capabilities = LinkProtocol.Capabilities,
                    Link = id,
                    HeartbeatMs = (int)LinkProtocol.Heartbeat.TotalMilliseconds,
                    Tickets = link.WelcomeTickets(),
                },
                both.Token);
        }
        catch
        {
            _links.TryRemove(id, out _);
            throw;
        }

        if (InstanceKey(link) is { } instance)
            _byInstance[instance] = link;
        Connected?.Invoke(link);
        return link;
    }

    private ControlMessage? Refusal(ControlMessage? hello)
    {
        if (hello is not { Type: "hello", Client: { } client })
            return Bye("protocol", "A control connection begins with a hello that names the client.");
        if (hello.MinProtocol > LinkProtocol.Version)
            return Bye("version", $"This hub speaks link protocol {LinkProtocol.MinVersion} to {LinkProtocol.Version} and the client needs at least {hello.MinProtocol}; upgrade the hub.");
        if (hello.Protocol < LinkProtocol.MinVersion)
            return Bye("version", $"This hub speaks link protocol {LinkProtocol.MinVersion} to {LinkProtocol.Version} and the client at most {hello.Protocol}; upgrade the client.");
        if (!IsName(client.Name))
            return Bye("protocol", "A client's name is 1 to 63 characters of a-z, 0-9, '-', '.' and '_'.");
        if (_draining is { } draining)
            return Bye("draining", draining.Reason!) with { RetryAfterMs = draining.RetryAfterMs };
        return Count >= Options.MaxLinks ? Bye("full", $"The hub is at its limit of {Options.MaxLinks} links.") with { RetryAfterMs = 10_000 } : null;
    }

    private static ControlMessage Bye(string code, string reason) => new() { Type = "bye", Code = code, Reason = reason };

    private static bool IsName(string? name) =>
        name is { Length: >= 1 and <= 63 } && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or '_');

    private static async Task HandleAsync(HubLink link, ControlMessage message)
    {
        switch (message.Type)
        {
            case "ping":
                await link.Control.SendAsync(new ControlMessage { Type = "pong", Stamp = message.Stamp }, link.Closed);
                break;
            case "refused":
                foreach (var ticket in message.Tickets?.Take(64) ?? [])
                    link.Refused(ticket, message.Reason);
                break;
            case "want":
                await link.SendTicketsAsync(message.Count);
                break;
            default:
                break; // Of a newer client; this version does not need it.
        }
    }

    private void Tend()
    {
        Tickets.Sweep();
        foreach (var (connection, _) in _attached)
            connection.AbortIfUnanswered();
        var trim = Interlocked.Increment(ref _tended) % TrimEvery == 0;
        foreach (var link in _links.Values)
        {
            if (link.Control.Silence > LinkProtocol.DeadAfter)
                _ = link.CloseAsync(null, $"the client was not heard for {LinkProtocol.DeadAfter.TotalSeconds:0} s");
            else
                link.Tend(trim);
        }
    }
}
