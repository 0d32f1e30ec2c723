namespace Adit.Hub.Config;

/// <summary>What has to hold between keys before a hub may start.</summary>
internal static class ConfigRules
{
    private const int LongestPathHost = 100;

    public static void Check(HubOptions options, Func<string, ConfigOrigin> origin, List<ConfigProblem> problems)
    {
        void Complain(string key, string message) => problems.Add(new ConfigProblem(origin(key), message));

        if (options.Listen.Count == 0 && options.ListenTls.Count == 0)
            Complain("listen", "the hub listens nowhere. Set 'listen' or 'listen-tls'.");

        if (options.ListenTls.Count == 0
            && !options.AllowInsecure
            && options.Listen.FirstOrDefault(static address => !ListenAddress.IsLoopback(address)) is { } open)
            Complain(
                "listen",
                $"'{open}' can be reached from other machines, where tokens would travel in clear. Set 'listen-tls' and a certificate (or "
                    + "'tls.auto'), or 'allow-insecure' if something in front does TLS.");

        if (options.ListenTls.Count > 0 && options.Tls is { Certificates: [], Auto: false, Acme: null })
            Complain(
                "listen-tls", "a TLS listener needs a certificate: set 'tls.cert' and 'tls.key', 'tls.auto', or 'tls.acme.directory'.");

        if (options.Tls.Certificates.Any(static pair => pair.Certificate.Length == 0 || pair.Key.Length == 0))
            Complain("tls.cert", "'tls.cert' and 'tls.key' need the same number of files, in the same order.");

        if (options.Tls is { AutoNames.Count: > 0, Auto: false })
            Complain("tls.auto-names", "'tls.auto-names' means nothing without 'tls.auto'.");

        if (options.Tls.Acme is { Directory: "" })
            Complain(
                "tls.acme.directory",
                "'tls.acme' is set but 'tls.acme.directory' is not. Set it to the ACME server's directory URL, or to 'letsencrypt'.");

        if (options.PathHost is { } host && PathHostRefusal(host, options.Domain) is { } refusal)
            Complain("path-host", refusal);

        if (options.ProxyProtocol && options.TrustedProxies.Count == 0)
            Complain("proxy-protocol", "'proxy-protocol' needs 'trusted-proxies': nobody else is believed.");
    }

    // Pages of path mode run what people expose: they must be of no host that the hub or a tunnel has.
    private static string? PathHostRefusal(string host, string domain)
    {
        if (host.Length > LongestPathHost)
            return $"'path-host' has at most {LongestPathHost} characters.";
        return host == "localhost" || host == domain || host.EndsWith("." + domain, StringComparison.Ordinal) || domain.EndsWith("." + host, StringComparison.Ordinal)
            ? $"'path-host' is a host of its own: neither '{domain}' nor a name above or below it. Take another, such as apps.example.com."
            : null;
    }
}
