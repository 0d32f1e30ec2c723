namespace Adit.Hub.Config;

/// <summary>Everything that can be configured.</summary>
public static class ConfigKeys
{
    private const int MaxBodyBytes = 16 * 1024 * 1024;

    /// <summary>All keys, in the order of the reference.</summary>
    public static IReadOnlyList<ConfigKey> All { get; } =
    [
        ConfigKey.One(
            "data",
            "--data",
            ConfigTypes.Directory,
            "The directory that holds everything the hub keeps; made with mode 700",
            o => o.DataDirectory,
            (o, v) => o with { DataDirectory = v }),
        ConfigKey.Many(
            "listen",
            "--listen",
            ConfigTypes.Listener,
            "Where to listen in clear; beyond loopback only beside `listen-tls`, to redirect to HTTPS, or with `allow-insecure`",
            o => o.Listen,
            (o, v) => o with { Listen = v }),
        ConfigKey.Many(
            "listen-tls",
            "--listen-tls",
            ConfigTypes.Listener,
            "Where to listen with TLS",
            o => o.ListenTls,
            (o, v) => o with { ListenTls = v }),
        ConfigKey.One(
            "domain",
            "--domain",
            ConfigTypes.Host,
            "The hub's own name; each tunnel is a name below it",
            o => o.Domain,
            (o, v) => o with { Domain = v }),
        ConfigKey.One(
            "path-host",
            "--path-host",
            ConfigTypes.Host,
            "Path mode, for where no wildcard name can be had: a host of its own, outside of `domain`, where `/w/OWNER/NAME/` leads an owner to its "
                + "own http tunnels; off when not set",
            o => o.PathHost,
            (o, v) => o with { PathHost = v }),
        ConfigKey.One(
            "allow-insecure",
            "--allow-insecure",
            ConfigTypes.Switch,
            "Listen in clear beyond loopback: tokens and data cross the network unencrypted",
            o => o.AllowInsecure,
            (o, v) => o with { AllowInsecure = v }),
        ConfigKey.Many(
            "trusted-proxies",
            "--trusted-proxy",
            ConfigTypes.Network,
            "Proxies in front whose forwarding headers and PROXY protocol are believed",
            o => o.TrustedProxies,
            (o, v) => o with { TrustedProxies = v }),
        ConfigKey.One(
            "proxy-protocol",
            "--proxy-protocol",
            ConfigTypes.Switch,
            "Expect the PROXY protocol (v1 or v2) on each connection from a trusted proxy",
            o => o.ProxyProtocol,
            (o, v) => o with { ProxyProtocol = v }),
        ConfigKey.Many(
            "tls.cert",
            "--cert",
            ConfigTypes.File,
            "A certificate and its chain, PEM; read again when it changes",
            o => Some(o, c => c.Certificate),
            (o, v) => SetPairs(o, v, Some(o, c => c.Key))),
        ConfigKey.Many(
            "tls.key",
            "--key",
            ConfigTypes.File,
            "The certificate's private key, PEM; one for each `tls.cert`, in the same order",
            o => Some(o, c => c.Key),
            (o, v) => SetPairs(o, Some(o, c => c.Certificate), v)),
        ConfigKey.One(
            "tls.auto",
            "--auto-tls",
            ConfigTypes.Switch,
            "The hub makes an authority of its own, and from it a certificate for its names",
            o => o.Tls.Auto,
            (o, v) => SetTls(o, o.Tls with { Auto = v })),
        ConfigKey.Many(
            "tls.auto-names",
            "--auto-tls-name",
            ConfigTypes.HostOrAddress,
            "A further name or address in the automatic certificate",
            o => o.Tls.AutoNames,
            (o, v) => SetTls(o, o.Tls with { AutoNames = v })),
        ConfigKey.One(
            "tls.acme.directory",
            "--acme-directory",
            ConfigTypes.AcmeDirectory,
            "Get certificates by ACME (RFC 8555) from here; `letsencrypt` and `letsencrypt-staging` are short for theirs",
            o => o.Tls.Acme?.Directory is { Length: > 0 } url ? url : null,
            (o, v) => SetAcme(o, Acme(o) with { Directory = v })),
        ConfigKey.One(
            "tls.acme.email",
            "--acme-email",
            ConfigTypes.Text,
            "Whom the authority may write to",
            o => o.Tls.Acme?.Email,
            (o, v) => SetAcme(o, Acme(o) with { Email = v })),
        ConfigKey.Many(
            "tls.acme.domains",
            "--acme-domain",
            ConfigTypes.Host,
            "A name to get a certificate for; the hub's own is always one",
            o => o.Tls.Acme?.Domains ?? [],
            (o, v) => SetAcme(o, Acme(o) with { Domains = v })),
        ConfigKey.One(
            "tls.acme.challenge",
            "--acme-challenge",
            ConfigTypes.OneOf("tls-alpn-01", "http-01"),
            "How the names are proved to be the hub's",
            o => Acme(o).Challenge,
            (o, v) => SetAcme(o, Acme(o) with { Challenge = v })),
        ConfigKey.One(
            "tls.acme.ca-file",
            "--acme-ca-file",
            ConfigTypes.File,
            "The root of an ACME server that is not publicly trusted, PEM",
            o => o.Tls.Acme?.CaFile,
            (o, v) => SetAcme(o, Acme(o) with { CaFile = v })),
        ConfigKey.Many(
            "tcp-ports",
            "--tcp-ports",
            ConfigTypes.Ports,
            "The ports that tcp tunnels may have",
            o => o.TcpPorts,
            (o, v) => o with { TcpPorts = v }),
        ConfigKey.One(
            "tcp-address",
            "--tcp-address",
            ConfigTypes.Address,
            "The address that public tcp tunnels listen on (others: loopback); that of the first listener when not set",
            o => o.TcpAddress,
            (o, v) => o with { TcpAddress = v }),
        ConfigKey.One(
            "tunnel-grace",
            "--tunnel-grace",
            ConfigTypes.Duration,
            "How long a tunnel that is not kept holds its name after its last client went",
            o => o.TunnelGrace,
            (o, v) => o with { TunnelGrace = v }),
        ConfigKey.One(
            "project-grace",
            "--project-grace",
            ConfigTypes.Duration,
            "How long a deleted project can be restored before it goes with what is in it",
            o => o.ProjectGrace,
            (o, v) => o with { ProjectGrace = v }),
        ConfigKey.One(
            "audit-retention",
            "--audit-retention",
            ConfigTypes.Duration,
            "How long entries of the audit log are kept",
            o => o.AuditRetention,
            (o, v) => o with { AuditRetention = v }),
        ConfigKey.One(
            "usage-retention",
            "--usage-retention",
            ConfigTypes.Duration,
            "How long it is kept what tasks used, after they ended; 32 days in any case",
            o => o.UsageRetention,
            (o, v) => o with { UsageRetention = v }),
        ConfigKey.One(
            "drain-timeout",
            "--drain-timeout",
            ConfigTypes.Duration,
            "How long streams may go on after SIGTERM",
            o => o.DrainTimeout,
            (o, v) => o with { DrainTimeout = v }),
        ConfigKey.One(
            "session-idle",
            "--session-idle",
            ConfigTypes.Duration,
            "How long a browser stays signed in without use",
            o => o.SessionIdle,
            (o, v) => o with { SessionIdle = v }),
        ConfigKey.One(
            "session-life",
            "--session-life",
            ConfigTypes.Duration,
            "How long a browser stays signed in however much it is used",
            o => o.SessionLife,
            (o, v) => o with { SessionLife = v }),
        ConfigKey.One(
            "public-rate",
            "--public-rate",
            ConfigTypes.Rate,
            "How many requests an address (of IPv6, a network of 64 bits) may send to public tunnels; 0 for no bound",
            o => o.PublicRate,
            (o, v) => o with { PublicRate = v }),
        ConfigKey.One(
            "public-burst",
            "--public-burst",
            ConfigTypes.Number(1, 1_000_000),
            "How many requests an address may send to public tunnels at once, before `public-rate` counts",
            o => o.PublicBurst,
            (o, v) => o with { PublicBurst = v }),
        ConfigKey.One(
            "request-log-sampling",
            "--request-log-sampling",
            ConfigTypes.Number(0, 1_000_000_000),
            "One request in this many is logged, errors always; 0 logs none",
            o => o.RequestLogSampling,
            (o, v) => o with { RequestLogSampling = v }),
        ConfigKey.One(
            "inspect-requests",
            "--inspect-requests",
            ConfigTypes.Number(0, 10_000),
            "Requests that the inspector keeps for each tunnel; 0 keeps none",
            o => o.InspectRequests,
            (o, v) => o with { InspectRequests = v }),
        ConfigKey.One(
            "inspect-body-bytes",
            "--inspect-body-bytes",
            ConfigTypes.Size(MaxBodyBytes),
            "How much of each body the inspector keeps",
            o => o.InspectBodyBytes,
            (o, v) => o with { InspectBodyBytes = v }),
        ConfigKey.One(
            "otlp-endpoint",
            "--otlp-endpoint",
            ConfigTypes.Url,
            "Where traces go (OTLP over gRPC); nowhere when not set",
            o => o.OtlpEndpoint,
            (o, v) => o with { OtlpEndpoint = v }),
        ConfigKey.One(
            "otlp-headers",
            "--otlp-headers",
            ConfigTypes.Text,
            "Headers sent with traces, `name=value` with commas between; give them in the file or the environment, where other users do "
                + "not see them",
            o => o.OtlpHeaders,
            (o, v) => o with { OtlpHeaders = v },
            isSecret: true),
        ConfigKey.One(
            "prices.cpu-hour",
            "--price-cpu-hour",
            ConfigTypes.Price,
            "What an hour of one reserved core costs, where a task's template names no price",
            o => o.Prices.CpuHour,
            (o, v) => o with { Prices = o.Prices with { CpuHour = v } }),
        ConfigKey.One(
            "prices.memory-gib-hour",
            "--price-memory-gib-hour",
            ConfigTypes.Price,
            "Likewise one GiB of memory",
            o => o.Prices.MemoryGiBHour,
            (o, v) => o with { Prices = o.Prices with { MemoryGiBHour = v } }),
        ConfigKey.One(
            "prices.gpu-hour",
            "--price-gpu-hour",
            ConfigTypes.Price,
            "Likewise one GPU",
            o => o.Prices.GpuHour,
            (o, v) => o with { Prices = o.Prices with { GpuHour = v } }),
        ConfigKey.One(
            "prices.currency",
            "--price-currency",
            ConfigTypes.Currency,
            "What these numbers are",
            o => o.Prices.Currency,
            (o, v) => o with { Prices = o.Prices with { Currency = v } }),
    ];

    private static string[] Some(HubOptions options, Func<CertificateFiles, string> part) =>
        [.. options.Tls.Certificates.Select(part).Where(static file => file.Length > 0)];

    // Each of the two keys is set on its own; a file without its other half stays with an empty one, which is complained about in the end.
    private static HubOptions SetPairs(HubOptions options, IReadOnlyList<string> certificates, IReadOnlyList<string> keys)
    {
        var pairs = Enumerable.Range(0, Math.Max(certificates.Count, keys.Count))
            .Select(i => new CertificateFiles(certificates.ElementAtOrDefault(i) ?? "", keys.ElementAtOrDefault(i) ?? ""));
        return SetTls(options, options.Tls with { Certificates = [.. pairs] });
    }

    private static AcmeOptions Acme(HubOptions options) => options.Tls.Acme ?? new AcmeOptions { Directory = "" };

    private static HubOptions SetAcme(HubOptions options, AcmeOptions acme) => SetTls(options, options.Tls with { Acme = acme });

    private static HubOptions SetTls(HubOptions options, TlsOptions tls) => options with { Tls = tls };
}
