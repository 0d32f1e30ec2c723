using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>How a tunnel is reached from outside.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TunnelKind>))]
public enum TunnelKind
{
    /// <summary>By host name; the edge speaks HTTP to visitor and upstream.</summary>
    [JsonStringEnumMemberName("http")] Http,

    /// <summary>By a port of the hub, or by <c>adit connect</c>; bytes pass untouched.</summary>
    [JsonStringEnumMemberName("tcp")] Tcp,

    /// <summary>By the server name in the visitor's TLS ClientHello; bytes pass untouched.</summary>
    [JsonStringEnumMemberName("tls")] Tls,
}

/// <summary>Whether a tunnel can be used now.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TunnelState>))]
public enum TunnelState
{
    /// <summary>At least one client serves it.</summary>
    [JsonStringEnumMemberName("up")] Up,

    /// <summary>No client serves it; its name is held.</summary>
    [JsonStringEnumMemberName("down")] Down,
}

/// <summary>What every kind of tunnel can be told; all optional.</summary>
public sealed record TunnelOptions
{
    /// <summary>
    /// The Host header the upstream sees: <c>preserve</c> (default), <c>upstream</c> (its own host and port), or a literal value.
    /// </summary>
    public string? HostHeader { get; init; }

    /// <summary>Headers set on each request to the upstream, replacing the visitor's.</summary>
    public IReadOnlyDictionary<string, string>? RequestHeaders { get; init; }

    /// <summary>Names of headers removed from each request.</summary>
    public IReadOnlyList<string>? RemoveRequestHeaders { get; init; }

    /// <summary>Headers set on each response to the visitor, replacing the upstream's.</summary>
    public IReadOnlyDictionary<string, string>? ResponseHeaders { get; init; }

    /// <summary>Names of headers removed from each response.</summary>
    public IReadOnlyList<string>? RemoveResponseHeaders { get; init; }

    /// <summary><c>user:password</c> that visitors must show by HTTP Basic. Write-only: answers hold <c>user:***</c>.</summary>
    public string? BasicAuth { get; init; }

    /// <summary>A bearer token that visitors must show. Write-only.</summary>
    public string? VisitorToken { get; init; }

    /// <summary>Accept any certificate of an <c>https</c> or <c>tls</c> upstream.</summary>
    public bool? InsecureUpstream { get; init; }

    /// <summary>The server name asked of an <c>https</c> or <c>tls</c> upstream, when it is not the target's host.</summary>
    public string? UpstreamServerName { get; init; }

    /// <summary>The largest request body in bytes; null is unlimited.</summary>
    public long? MaxRequestBytes { get; init; }

    /// <summary>
    /// How long the upstream may take to the first byte of its answer, in seconds; null is the hub's default (none for upgrades).
    /// </summary>
    public int? ResponseTimeoutSeconds { get; init; }

    /// <summary>
    /// Let pages of other sites have a visitor's browser send what changes something, with its sign-in: for applications that look
    /// themselves. Default false.
    /// </summary>
    public bool? CrossSite { get; init; }

    /// <summary>Whether the inspector keeps the last requests; default true for <c>http</c>.</summary>
    public bool? Inspect { get; init; }
}

/// <summary>POST /api/v1/tunnels: make a tunnel, or serve an existing one of one's own from one more client.</summary>
public sealed record CreateTunnelRequest
{
    /// <summary>
    /// A DNS label (RFC 1035: a-z, 0-9, hyphen; 1 to 63 characters), unique on the hub. Null asks for a random one.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>How it is reached.</summary>
    public required TunnelKind Kind { get; init; }

    /// <summary>
    /// Where the serving client connects streams: <c>http://HOST:PORT</c>, <c>https://HOST:PORT</c>, <c>h2c://HOST:PORT</c>,
    /// <c>unix:PATH</c> for kind http; <c>HOST:PORT</c> or <c>tls://HOST:PORT</c> for kind tcp and tls.
    /// </summary>
    public required string Target { get; init; }

    /// <summary>The link that serves the tunnel (from the link's welcome). Needed unless <see cref="Client"/> is given.</summary>
    public string? Link { get; init; }

    /// <summary>The name of a client that shall serve the tunnel whenever it is connected; makes the tunnel a kept one.</summary>
    public string? Client { get; init; }

    /// <summary>
    /// Kept: the name stays, with an offline page, while no client serves it. Default false: gone after the hub's grace time.
    /// </summary>
    public bool Keep { get; init; }

    /// <summary>
    /// Who may use it: <c>owner</c>, <c>project</c>, <c>signed-in</c>, <c>public</c>, <c>group:NAME</c>, <c>user:NAME</c>, or several with
    /// commas. The owner always may, unless a rule says otherwise. Null asks for <c>owner</c>, or for what it is already.
    /// </summary>
    public string? Access { get; init; }

    /// <summary>What comes before that: rules in order, the first that fits decides. Null asks for none, or for those there are.</summary>
    public IReadOnlyList<AccessRule>? Rules { get; init; }

    /// <summary>
    /// For kind tcp: the hub's port; 0 picks a free one of the configured range; null opens none (<c>adit connect</c> only).
    /// </summary>
    public int? Port { get; init; }

    /// <summary>Further host names (custom domains) for kind http and tls.</summary>
    public IReadOnlyList<string>? Hosts { get; init; }

    /// <summary>The project it is in, whose members see it; null for none, or for the one that it is in already.</summary>
    public string? Project { get; init; }

    /// <summary>Everything else.</summary>
    public TunnelOptions? Options { get; init; }
}

/// <summary>PATCH /api/v1/tunnels/{name}: what is present replaces what was; the rest stays.</summary>
public sealed record ChangeTunnelRequest
{
    /// <summary>Who may use it.</summary>
    public string? Access { get; init; }

    /// <summary>All rules, in place of those before; an empty list for none.</summary>
    public IReadOnlyList<AccessRule>? Rules { get; init; }

    /// <summary>Whether it outlives its clients.</summary>
    public bool? Keep { get; init; }

    /// <summary>The project it is in; an empty text for none.</summary>
    public string? Project { get; init; }

    /// <summary>
    /// All options, in place of those before. A secret that is written as the API shows it (<c>user:***</c>, <c>***</c>) stays what it is.
    /// </summary>
    public TunnelOptions? Options { get; init; }
}

/// <summary>A tunnel as the API shows it.</summary>
public sealed record Tunnel
{
    /// <summary>Its name; also its first host label.</summary>
    public required string Name { get; init; }

    /// <summary>How it is reached.</summary>
    public required TunnelKind Kind { get; init; }

    /// <summary>Up when a client serves it.</summary>
    public required TunnelState State { get; init; }

    /// <summary>
    /// What the asker may do with it beside seeing it: <c>change</c> its settings, rules and servers, replay its requests and remove it;
    /// <c>embed</c>, to let other sites show it. An interface leaves out the rest; who asks all the same is answered 403.
    /// </summary>
    public IReadOnlyList<string> May { get; set; } = [];

    /// <summary>
    /// Where visitors go: <c>http://demo.adit.localhost:8080/</c>, <c>tcp://127.0.0.1:15432</c>; null for a private tcp tunnel.
    /// </summary>
    public string? Url { get; init; }

    /// <summary>Where its owner, and nobody else, finds an http tunnel too, on a hub with path mode; null where that is off.</summary>
    public string? PathUrl { get; init; }

    /// <summary>Who may use it, where no rule says otherwise.</summary>
    public required string Access { get; init; }

    /// <summary>What comes before that, in order; null for none.</summary>
    public IReadOnlyList<AccessRule>? Rules { get; init; }

    /// <summary>The name of the token that made it.</summary>
    public required string Owner { get; init; }

    /// <summary>The account that owns it.</summary>
    public string Account { get; set; } = "";

    /// <summary>The project it is in; null for none.</summary>
    public string? Project { get; init; }

    /// <summary>Whether it outlives its clients.</summary>
    public required bool Keep { get; init; }

    /// <summary>The id of the task whose port it is; null for a tunnel of its own.</summary>
    public string? Task { get; init; }

    /// <summary>All host names it answers to.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }

    /// <summary>The hub's port, for kind tcp with one.</summary>
    public int? Port { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Who serves it now.</summary>
    public required IReadOnlyList<TunnelServer> Servers { get; init; }

    /// <summary>What it was told; secrets masked.</summary>
    public TunnelOptions? Options { get; init; }

    /// <summary>Counters since the hub started.</summary>
    public required TunnelTraffic Traffic { get; init; }
}

/// <summary>One client that serves a tunnel.</summary>
public sealed record TunnelServer
{
    /// <summary>The client's name.</summary>
    public required string Client { get; init; }

    /// <summary>The link it serves through; null while a named client is away.</summary>
    public string? Link { get; init; }

    /// <summary>Where it connects streams.</summary>
    public required string Target { get; init; }

    /// <summary>Where the client dialled from.</summary>
    public string? Remote { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset? Since { get; init; }
}

/// <summary>Counters of one tunnel since the hub started.</summary>
public sealed record TunnelTraffic
{
    /// <summary>Requests forwarded (kind http).</summary>
    public long Requests { get; init; }

    /// <summary>Streams carried.</summary>
    public long Streams { get; init; }

    /// <summary>Streams open now.</summary>
    public long OpenStreams { get; init; }

    /// <summary>Bytes from visitors.</summary>
    public long BytesIn { get; init; }

    /// <summary>Bytes to visitors.</summary>
    public long BytesOut { get; init; }
}

/// <summary>A page of a list; ask for the next with <c>?cursor=</c>.</summary>
public sealed record TunnelList
{
    /// <summary>The tunnels, by name.</summary>
    public required IReadOnlyList<Tunnel> Items { get; init; }

    /// <summary>Give this as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>What happened to a tunnel; the data of a <c>tunnel</c> event under /api/v1/events.</summary>
public sealed record TunnelEvent
{
    /// <summary><c>created</c>, <c>up</c>, <c>down</c>, <c>changed</c> or <c>removed</c>.</summary>
    public required string Type { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The tunnel's name.</summary>
    public required string Name { get; init; }

    /// <summary>Why, where there is more to say (<c>the link of gpu1 was lost</c>).</summary>
    public string? Reason { get; init; }
}

/// <summary>One request that passed an http tunnel, as the live view shows it; the data of a <c>request</c> event.</summary>
public sealed record RequestSummary
{
    /// <summary>The request's id, also in the X-Request-Id header of the answer.</summary>
    public required string Id { get; init; }

    /// <summary>The tunnel.</summary>
    public required string Tunnel { get; init; }

    /// <summary>When its head was complete.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The request target as sent.</summary>
    public required string Target { get; init; }

    /// <summary>The status answered; 0 if the visitor went away before.</summary>
    public required int Status { get; init; }

    /// <summary>From head to last byte, in milliseconds.</summary>
    public required double Milliseconds { get; init; }

    /// <summary>Body bytes from the visitor.</summary>
    public required long BytesIn { get; init; }

    /// <summary>Body bytes to the visitor.</summary>
    public required long BytesOut { get; init; }

    /// <summary>The visitor's address.</summary>
    public string? Remote { get; init; }

    /// <summary>What went wrong, when the hub answered instead of the upstream.</summary>
    public string? Error { get; init; }
}

/// <summary>One request in full, as the inspector keeps it: GET /api/v1/tunnels/{name}/requests/{id}.</summary>
public sealed record InspectedRequest
{
    /// <summary>The line of the live view.</summary>
    public required RequestSummary Summary { get; init; }

    /// <summary>The request's headers in order, as name and value.</summary>
    public required IReadOnlyList<HeaderField> RequestHeaders { get; init; }

    /// <summary>The first bytes of its body, base64; at most the inspector's limit.</summary>
    public byte[]? RequestBody { get; init; }

    /// <summary>True when the body was longer than what is kept; such a request cannot be replayed.</summary>
    public bool RequestBodyTruncated { get; init; }

    /// <summary>The response's headers in order.</summary>
    public required IReadOnlyList<HeaderField> ResponseHeaders { get; init; }

    /// <summary>The first bytes of its body, base64.</summary>
    public byte[]? ResponseBody { get; init; }

    /// <summary>True when the body was longer than what is kept.</summary>
    public bool ResponseBodyTruncated { get; init; }

    /// <summary>The id of the request this one replayed.</summary>
    public string? ReplayOf { get; init; }
}

/// <summary>A header field.</summary>
public sealed record HeaderField(string Name, string Value);

/// <summary>GET /api/v1/tunnels/{name}/requests, newest first.</summary>
public sealed record RequestList
{
    /// <summary>What the inspector still holds.</summary>
    public required IReadOnlyList<RequestSummary> Items { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateTunnelRequest))]
[JsonSerializable(typeof(ChangeTunnelRequest))]
[JsonSerializable(typeof(Tunnel))]
[JsonSerializable(typeof(TunnelList))]
[JsonSerializable(typeof(TunnelEvent))]
[JsonSerializable(typeof(InspectedRequest))]
[JsonSerializable(typeof(RequestList))]
[JsonSerializable(typeof(RequestSummary))]
public sealed partial class TunnelsJson : JsonSerializerContext;
