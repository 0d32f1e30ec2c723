using static Adit.Configuration.SettingShape;

namespace Adit.Configuration;

/// <summary>Every key of a hub's configuration, in the order of help and documentation.</summary>
internal static class HubSettings
{
    public static IReadOnlyList<HubSetting> All { get; } =
    [
        new("data", One, "DIR", "~/.local/share/adit-hub", "The directory that holds everything the hub keeps."),
        new("listen", Many, "ADDR:PORT", "127.0.0.1:8080", "Where to listen in clear. Beyond loopback only with --allow-insecure, or to redirect to HTTPS."),
        new("listen-tls", Many, "ADDR:PORT", "none", "Where to listen with TLS."),
        new("domain", One, "NAME", "adit.localhost", "The hub's own host name; tunnels are names below it."),
        new("tls-cert", Many, "FILE", "none", "A certificate chain (PEM), read again when it changes."),
        new("tls-key", Many, "FILE", "none", "The key of the certificate at the same place in the list (PEM)."),
        new("auto-tls", Switch, "NAME", "false", "Make a certificate authority of the hub's own, and a certificate for its names and the names and addresses given here."),
        new("auto-tls-san", Many, "NAME", "none", "A further name or address of the automatic certificate."),
        new("acme-directory", One, "URL", "none", "Get certificates from this ACME directory (RFC 8555)."),
        new("acme-email", One, "ADDRESS", "none", "Whom the ACME authority may write to."),
        new("acme-domain", Many, "NAME", "the hub's domain", "A name to get a certificate for."),
        new("acme-challenge", One, "http-01|tls-alpn-01", "tls-alpn-01", "How to prove that a name is ours."),
        new("acme-ca-file", One, "FILE", "none", "The ACME server's own authority (PEM), when it is not publicly trusted."),
        new("trusted-proxy", Many, "ADDR|NETWORK", "none", "A proxy in front whose forwarding headers are believed."),
        new("proxy-protocol", Switch, "", "false", "Expect the PROXY protocol (v1 or v2) from the trusted proxies."),
        new("tcp-ports", Many, "FIRST-LAST", "15000-15999, 20000-20999", "The ports that tcp tunnels may have; 'none' for none."),
        new("tcp-address", One, "ADDR", "the address of --listen", "Where tcp tunnels listen."),
        new("allow-insecure", Switch, "", "false", "Listen in clear beyond loopback: tokens and data cross the network unencrypted."),
        new("tunnel-grace", One, "SECONDS", "60", "How long an ephemeral tunnel's name is held after its last client went."),
        new("drain-timeout", One, "SECONDS", "25", "How long what runs may go on after SIGTERM."),
        new("otlp", One, "URL", "none", "Send traces to this OpenTelemetry collector (OTLP over gRPC)."),
        new("log-requests", One, "N", "100", "Log one request in N; errors always are. 0 logs none."),
        new("inspect-requests", One, "N", "100", "How many requests the inspector keeps for each tunnel."),
        new("inspect-body", One, "BYTES", "64KiB", "How much of each body the inspector keeps; 0 for none."),
    ];
}
