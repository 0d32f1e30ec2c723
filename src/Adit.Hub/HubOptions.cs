using Adit.Hub.Access.SignIn;

namespace Adit.Hub;

/// <summary>
/// What a hub is asked to be: defaults, overlaid by adit.yaml, by environment variables (<c>ADIT_HUB_…</c>) and by flags.
/// Every key is documented in docs/reference/config.md.
/// </summary>
public sealed record HubOptions
{
    /// <summary>The directory that holds everything the hub keeps. Created with mode 700.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// Where to listen in clear: <c>ADDRESS:PORT</c>. Beyond loopback only with <see cref="AllowInsecure"/>, or to redirect to HTTPS.
    /// </summary>
    public IReadOnlyList<string> Listen { get; init; } = ["127.0.0.1:8080"];

    /// <summary>Where to listen with TLS; empty for none.</summary>
    public IReadOnlyList<string> ListenTls { get; init; } = [];

    /// <summary>
    /// The port of the first TLS listener, to which visitors in clear are sent; null when there is none or it is picked at the start.
    /// </summary>
    internal int? HttpsPort => ListenTls is [var first, ..] && ListenAddress.TryParse(first, out var at) && at.Port != 0 ? at.Port : null;

    /// <summary>The domain whose sub-domains are tunnels and whose own name is the hub.</summary>
    public string Domain { get; init; } = "adit.localhost";

    /// <summary>
    /// The host of path mode, where <c>/w/OWNER/NAME/</c> leads an owner to its own tunnels; null for none. Neither the domain nor above or
    /// below it; at most 100 characters.
    /// </summary>
    public string? PathHost { get; init; }

    /// <summary>Listen in clear beyond loopback. Tokens and data then cross the network unencrypted.</summary>
    public bool AllowInsecure { get; init; }

    /// <summary>Addresses and networks (CIDR) of proxies in front whose forwarding headers and PROXY protocol are believed.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>Expect the PROXY protocol (v1 or v2) on each connection from a trusted proxy.</summary>
    public bool ProxyProtocol { get; init; }

    /// <summary>The ports that tcp tunnels may have, inclusive: <c>20000-20999</c>; empty for none.</summary>
    public IReadOnlyList<PortRange> TcpPorts { get; init; } = [new(15000, 15999), new(20000, 20999)];

    /// <summary>The address that tcp tunnels listen on; the plain listener's by default.</summary>
    public string? TcpAddress { get; init; }

    /// <summary>How the TLS listeners get certificates.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>How long an ephemeral tunnel's name is held after its last client went.</summary>
    public TimeSpan TunnelGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long entries of the audit log are kept.</summary>
    public TimeSpan AuditRetention { get; init; } = TimeSpan.FromDays(365);

    /// <summary>How long it is kept what tasks used, after they ended.</summary>
    public TimeSpan UsageRetention { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How long a deleted project can be restored.</summary>
    public TimeSpan ProjectGrace { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long streams may go on after SIGTERM.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long a browser's session lasts without use.</summary>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How long a browser's session lasts however much it is used.</summary>
    public TimeSpan SessionLife { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Directories and providers that people sign in with, beside the hub's own accounts; in the order of the sign-in page.</summary>
    public IReadOnlyList<SignInOptions> SignIn { get; init; } = [];

    /// <summary>How many requests an address may send to public routes; <see cref="RequestRate.None"/> for no bound.</summary>
    public RequestRate PublicRate { get; init; } = new(100, TimeSpan.FromSeconds(1));

    /// <summary>How many of them at once, after it was silent for a while.</summary>
    public int PublicBurst { get; init; } = 1000;

    /// <summary>Where OTLP traces go (<c>http://127.0.0.1:4317</c>); null for nowhere.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>Headers sent with traces: <c>name=value,name=value</c>; null for none. A secret.</summary>
    public string? OtlpHeaders { get; init; }

    /// <summary>One request in this many is logged; errors always are. 0 logs none.</summary>
    public int RequestLogSampling { get; init; } = 100;

    /// <summary>Bodies kept by the inspector, in bytes each; 0 keeps none.</summary>
    public int InspectBodyBytes { get; init; } = 64 * 1024;

    /// <summary>Requests kept by the inspector per tunnel.</summary>
    public int InspectRequests { get; init; } = 100;

    /// <summary>What tasks cost whose templates name no price.</summary>
    public PriceOptions Prices { get; init; } = new(0, 0, 0, null);
}

/// <summary>Prices of an hour of what a task has reserved; all zero for none.</summary>
/// <param name="CpuHour">One core.</param>
/// <param name="MemoryGiBHour">One GiB of memory.</param>
/// <param name="GpuHour">One GPU.</param>
/// <param name="Currency">What the numbers are: <c>EUR</c>; null for nothing in particular.</param>
public sealed record PriceOptions(decimal CpuHour, decimal MemoryGiBHour, decimal GpuHour, string? Currency);

/// <summary>An inclusive range of ports.</summary>
public readonly record struct PortRange(int First, int Last);

/// <summary>Where certificates come from. Sources add up: files are looked at first, then ACME, then the hub's own authority.</summary>
public sealed record TlsOptions
{
    /// <summary>PEM pairs; re-read when they change.</summary>
    public IReadOnlyList<CertificateFiles> Certificates { get; init; } = [];

    /// <summary>The hub makes its own authority and a certificate for its names and <see cref="AutoNames"/>.</summary>
    public bool Auto { get; init; }

    /// <summary>Further names and addresses of the automatic certificate.</summary>
    public IReadOnlyList<string> AutoNames { get; init; } = [];

    /// <summary>ACME, when a directory is set.</summary>
    public AcmeOptions? Acme { get; init; }
}

/// <summary>A certificate chain and its key, PEM.</summary>
public sealed record CertificateFiles(string Certificate, string Key);

/// <summary>RFC 8555.</summary>
public sealed record AcmeOptions
{
    /// <summary>The directory URL.</summary>
    public required string Directory { get; init; }

    /// <summary>Whom the authority may write to.</summary>
    public string? Email { get; init; }

    /// <summary>The names to get certificates for.</summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    /// <summary><c>http-01</c> or <c>tls-alpn-01</c>.</summary>
    public string Challenge { get; init; } = "tls-alpn-01";

    /// <summary>A PEM file with the authority's own root, when it is not publicly trusted.</summary>
    public string? CaFile { get; init; }
}
