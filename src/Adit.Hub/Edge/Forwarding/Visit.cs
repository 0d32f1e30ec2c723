using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Adit.Hub.Edge.Gate;
using Adit.Link;
using Microsoft.AspNetCore.Http.Features;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// A request of a visitor and what has become of it. One object serves all requests of a visitor's connection (or HTTP/2 stream slot),
/// one after the other.
/// </summary>
internal sealed class Visit : OpenDoor
{
    private static readonly TimeSpan IdentityLife = TimeSpan.FromSeconds(20);

    private UpstreamConnection? _connection;
    private int _error;
    private volatile bool _visitorLeft;
    private int _generation;
    private KnownIdentity? _identity;
    private DoorLoss _loss;
    private (string Visitor, KeyValuePair<string, string>[] Fields, byte[] Lines)? _framed;

    public IFeatureCollection Features { get; private set; } = null!;

    public IHttpRequestFeature Request { get; private set; } = null!;

    public IHttpResponseFeature Response { get; private set; } = null!;

    public IHttpResponseBodyFeature ResponseBody { get; private set; } = null!;

    public IHttpRequestLifetimeFeature Lifetime { get; private set; } = null!;

    /// <summary>The authority asked for.</summary>
    public string Authority { get; private set; } = "";

    /// <summary>Path and query as sent (<see cref="RequestTarget.OriginForm"/>): by this it is judged, and this goes on.</summary>
    public string Target { get; private set; } = "/";

    /// <summary>What stood before <see cref="Target"/> in path mode, <c>/w/OWNER/NAME</c>; empty where the host is the application's own.</summary>
    public string Prefix { get; private set; } = "";

    /// <summary>The address of whoever connected.</summary>
    public IPAddress? Peer { get; private set; }

    /// <summary>The visitor's address and port, for the client's log.</summary>
    public string? From { get; private set; }

    /// <summary>The visitor's address: the peer's, or what a trusted proxy says.</summary>
    public IPAddress? Client { get; set; }

    /// <summary>The scheme by which the visitor came in: of the connection, or what a trusted proxy says.</summary>
    public string Scheme { get; set; } = "http";

    /// <summary>Whether the visitor came in by TLS.</summary>
    public bool IsSecure => Scheme == "https";

    public string Id { get; set; } = "";

    public Route? Route { get; set; }

    /// <summary>Where the head of the request to the upstream is written, and a small body.</summary>
    public RecordBuffer Head { get; } = new();

    public ForwardedFields Forwarded { get; } = new();

    public RequestShape Shape { get; set; }

    /// <summary>The reader of the request's body while it is pumped.</summary>
    public PipeReader? BodyReader { get; set; }

    /// <summary>Whether the visitor's whole body has been read.</summary>
    public volatile bool BodyIsRead;

    /// <summary>Whether any of the body is gone from where it could be sent again.</summary>
    public volatile bool BodyIsTouched;

    /// <summary>
    /// With Expect: 100-continue, whether the body shall be sent: true at the upstream's 100, false at its final answer. Else null.
    /// </summary>
    public TaskCompletionSource<bool>? Continue { get; set; }

    /// <summary>Whether the response's head is still to come.</summary>
    public volatile bool AwaitsHead;

    /// <summary>Whether the Authorization field opened the gate, and so was meant for the hub.</summary>
    public bool OpenedByAuthorization { get; set; }

    /// <summary>Whether a cookie opened the gate.</summary>
    public bool OpenedByCookie { get; set; }

    /// <summary>What was shown at the gate and let the visitor pass; null before, and where nothing is asked.</summary>
    public DoorPass? Pass { get; set; }

    /// <summary>The gate that it passed.</summary>
    public Gatekeeper? Gate { get; set; }

    /// <summary>Whether it counts among the open doors.</summary>
    public bool IsInside { get; set; }

    /// <summary>How its WebSocket is ended, once it is one; null otherwise.</summary>
    public WebSocketEnding? Ending { get; set; }

    /// <summary>The grant by which a frame shows what the hub itself answers; null for none.</summary>
    public EmbedGrant? FramedBy { get; set; }

    /// <summary>With an error that passes by itself, how long that takes; zero when nobody can say.</summary>
    public TimeSpan RetryAfter { get; set; }

    /// <summary>The field that gives the visitor a ticket for the next minutes; null when the one it has is good for long enough.</summary>
    public string? RenewedTicket { get; set; }

    /// <summary>The last ticket that was found good on this connection; kept from one request to the next.</summary>
    public DoorTicket? KnownTicket { get; set; }

    /// <summary>The fields that tell the application who the visitor is; null when it is not known.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Identity { get; private set; }

    /// <summary>The same as lines.</summary>
    public byte[] IdentityLines { get; private set; } = [];

    public long BytesIn { get; set; }

    public long BytesOut { get; set; }

    /// <summary>What it says about the use of the application.</summary>
    public UseClass Use { get; set; }

    /// <summary>Whether it has become a connection of another protocol.</summary>
    public bool IsUpgraded { get; set; }

    /// <summary>Of its bytes, how many there were when <see cref="RouteUse.Look"/> was last asked.</summary>
    public long BytesSeen { get; set; }

    public Exchange? Exchange { get; set; }

    public IBodyObserver? Watcher { get; set; }

    public long Started { get; set; }

    /// <summary>The span of the request, when somebody traces.</summary>
    public Activity? Span { get; set; }

    /// <summary>Says more about <see cref="Error"/>.</summary>
    public string? Detail { get; private set; }

    /// <summary>The first thing that went wrong.</summary>
    public ForwardError Error => (ForwardError)Volatile.Read(ref _error);

    public bool VisitorLeft => _visitorLeft;

    public bool IsHttp11 => Request.Protocol == "HTTP/1.1";

    /// <summary>The connection in use. Whoever gives up finds it here.</summary>
    public UpstreamConnection? Connection
    {
        get => _connection;
        set
        {
            Interlocked.Exchange(ref _connection, value); // A full fence: Leave writes and reads these two the other way round.
            if (value is null)
                return;
            value.Visit = this;
            if (_visitorLeft)
                value.Stream.Reset(ResetCode.Cancelled, "The visitor went away.");
        }
    }

    public void Begin(IFeatureCollection features, IHttpRequestFeature request, string authority)
    {
        Features = features;
        Request = request;
        Authority = authority;
        Target = RequestTarget.OriginForm(request.RawTarget);
        Prefix = "";
        Response = features.Get<IHttpResponseFeature>()!;
        ResponseBody = features.Get<IHttpResponseBodyFeature>()!;
        Lifetime = features.Get<IHttpRequestLifetimeFeature>()!;
        var connection = features.Get<IHttpConnectionFeature>();
        if (From is null || !ReferenceEquals(connection?.RemoteIpAddress, Peer))
        {
            Peer = connection?.RemoteIpAddress;
            From = Peer is null ? "unknown" : new IPEndPoint(Peer, connection!.RemotePort).ToString();
        }

        Client = Peer;
        Scheme = request.Scheme;
    }

    /// <summary>The application is below a path: what is before it, and the target within.</summary>
    public void Mount(string prefix, string target)
    {
        Prefix = prefix;
        Target = target;
    }

    /// <summary>Notes who the visitor is. What was made of that for the last request of the connection is used again for a while.</summary>
    public void Identify(DoorPass pass, Assertions? assertions, TimeProvider time)
    {
        var host = Prefix.Length == 0 ? HostName.Of(Authority) : Gatekeeper.HostOf(this);
        if (_identity is not { } known || !ReferenceEquals(known.Person, pass.Person) || known.Key != pass.Key
            || !host.Equals(known.Host, StringComparison.OrdinalIgnoreCase) || time.GetElapsedTime(known.Made) > IdentityLife)
        {
            var name = host.ToString().ToLowerInvariant();
            var fields = Edge.Gate.Identity.Of(pass, name, assertions).ToArray();
            var lines = Encoding.Latin1.GetBytes(string.Concat(fields.Select(static f => $"{f.Key}: {f.Value}\r\n")));
            known = _identity = new KnownIdentity(pass.Person!, pass.Key, name, time.GetTimestamp(), fields, lines);
        }

        Identity = known.Fields;
        IdentityLines = known.Lines;
    }

    /// <summary>Notes what a signature said of a visitor in a frame.</summary>
    public void Identify(string visitor)
    {
        if (_framed is not { } known || known.Visitor != visitor)
        {
            var dot = visitor.IndexOf('.', StringComparison.Ordinal);
            KeyValuePair<string, string>[] fields = dot < 0 ? [] : [new(Edge.Gate.Identity.VisitorField, Edge.Gate.Identity.Plain(visitor[(dot + 1)..]))];
            known = (visitor, fields, Encoding.Latin1.GetBytes(string.Concat(fields.Select(static f => $"{f.Key}: {f.Value}\r\n"))));
            _framed = known;
        }

        if (known.Fields.Length == 0)
            return;
        Identity = known.Fields;
        IdentityLines = known.Lines;
    }

    /// <inheritdoc />
    public override bool MayStay()
    {
        if (Gate is not { } gate || Ending is { IsAsked: true })
            return true;
        _loss = DoorLoss.NotAllowed; // Should it not be possible to ask.
        return (_loss = gate.LossOf(this)) == DoorLoss.None;
    }

    /// <inheritdoc />
    public override Action Closing()
    {
        var (generation, lifetime, ending) = (Volatile.Read(ref _generation), Lifetime, Ending);
        var close = _loss == DoorLoss.SignedOut ? WebSocketClose.SignedOut : WebSocketClose.NotAllowed;
        return () =>
        {
            if (Volatile.Read(ref _generation) != generation)
                return;
            Fail(ForwardError.Revoked);
            if (ending is not null)
                ending.Ask(close);
            else
                lifetime.Abort();
        };
    }

    /// <summary>Forgets the request, keeping what the next one can use.</summary>
    public void End()
    {
        Interlocked.Increment(ref _generation);
        Head.Release();
        _connection = null;
        Pass = null;
        Gate = null;
        Ending = null;
        Identity = null;
        RenewedTicket = null;
        RetryAfter = default;
        FramedBy = null;
        OpenedByCookie = false;
        _error = 0;
        _visitorLeft = false;
        Detail = null;
        Route = null;
        BodyReader = null;
        Continue = null;
        OpenedByAuthorization = false;
        BodyIsRead = BodyIsTouched = AwaitsHead = false;
        BytesIn = BytesOut = BytesSeen = 0;
        Use = UseClass.None;
        IsUpgraded = false;
        Exchange = null;
        Watcher = null;
        Span = null;
        Features = null!;
    }

    /// <summary>Notes what went wrong, unless something did before.</summary>
    public void Fail(ForwardError error, string? detail = null)
    {
        if (Interlocked.CompareExchange(ref _error, (int)error, 0) == 0)
            Detail = detail;
    }

    /// <summary>The visitor's connection or stream is gone. May come at any time, from any thread.</summary>
    public void Leave()
    {
        _visitorLeft = true;
        Fail(ForwardError.VisitorLeft);
        Volatile.Read(ref _connection)?.Stream.Reset(ResetCode.Cancelled, "The visitor went away.");
    }

    /// <summary>A wait took longer than it may.</summary>
    public void Expired(Wait wait)
    {
        Fail(wait switch
        {
            Wait.ResponseHead => ForwardError.ResponseHeadTimeout,
            Wait.ResponseBody => ForwardError.ResponseBodyTimeout,
            Wait.RequestBody => ForwardError.RequestBodyTimeout,
            Wait.UpstreamReads => ForwardError.UpstreamStalled,
            _ => ForwardError.VisitorStalled,
        });

        // Before the reset: from then on what was received may be overwritten, and an answer that has begun must not go on with that.
        if (wait == Wait.VisitorReads || Response.HasStarted)
            Lifetime.Abort();
        BodyReader?.CancelPendingRead();
        Volatile.Read(ref _connection)?.Stream.Reset(ResetCode.Cancelled, "The hub gave up waiting.");
    }

    private sealed record KnownIdentity(
        IDoorPerson Person, DoorKey Key, string Host, long Made, IReadOnlyList<KeyValuePair<string, string>> Fields, byte[] Lines);
}

/// <summary>How a request is to be forwarded.</summary>
internal enum RequestShape : byte
{
    /// <summary>It has no body.</summary>
    Bodiless,

    /// <summary>A body of a known length.</summary>
    Sized,

    /// <summary>A body of unknown length, sent chunked.</summary>
    Chunked,

    /// <summary>It asks to switch protocols (RFC 9110 section 7.8).</summary>
    Upgrade,

    /// <summary>It asks for a WebSocket within HTTP/2 (RFC 8441); the upstream sees an upgrade.</summary>
    WebSocketOverHttp2,
}
