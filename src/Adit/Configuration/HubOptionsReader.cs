using System.Globalization;
using System.Net;
using Adit.Commands;
using Adit.Hub;

namespace Adit.Configuration;

/// <summary>Makes options of a configuration's text. Each complaint names the source of what it complains about.</summary>
internal sealed class HubOptionsReader(HubConfiguration configuration)
{
    private static readonly string[] OnlyWithAcme = ["acme-email", "acme-domain", "acme-challenge", "acme-ca-file"];

    /// <exception cref="CommandException">A value is not what it should be.</exception>
    public static HubOptions Read(HubConfiguration configuration) => new HubOptionsReader(configuration).Read();

    /// <summary>The data directory when nobody names one.</summary>
    public static string DefaultDataDirectory => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "adit-hub");

    private HubOptions Read()
    {
        var plain = new HubOptions { DataDirectory = Path.GetFullPath(Text("data") ?? DefaultDataDirectory) };
        return plain with
        {
            Listen = Many("listen", EndPoint) ?? plain.Listen,
            ListenTls = Many("listen-tls", EndPoint) ?? plain.ListenTls,
            Domain = One("domain", Domain) ?? plain.Domain,
            AllowInsecure = Switch("allow-insecure"),
            TrustedProxies = Many("trusted-proxy", Network) ?? plain.TrustedProxies,
            ProxyProtocol = Switch("proxy-protocol"),
            TcpPorts = Ports() ?? plain.TcpPorts,
            TcpAddress = One("tcp-address", Address) ?? plain.TcpAddress,
            Tls = ReadTls(),
            TunnelGrace = Seconds("tunnel-grace") ?? plain.TunnelGrace,
            DrainTimeout = Seconds("drain-timeout") ?? plain.DrainTimeout,
            OtlpEndpoint = One("otlp", Url),
            RequestLogSampling = Number("log-requests", 0, int.MaxValue) ?? plain.RequestLogSampling,
            InspectRequests = Number("inspect-requests", 0, 10_000) ?? plain.InspectRequests,
            InspectBodyBytes = One("inspect-body", static t => ByteSize.Parse(t) is var size and <= 16 * 1024 * 1024 ? ((int)size).ToString(CultureInfo.InvariantCulture) : throw new FormatException($"'{t}' is more than 16 MiB")) is { } bytes
                ? int.Parse(bytes, CultureInfo.InvariantCulture)
                : plain.InspectBodyBytes,
        };
    }

    private TlsOptions ReadTls()
    {
        var certificates = configuration.Find("tls-cert")?.Values ?? [];
        var keys = configuration.Find("tls-key")?.Values ?? [];
        if (certificates.Count != keys.Count)
            throw Wrong(certificates.Count > keys.Count ? "tls-cert" : "tls-key", $"there are {certificates.Count} of tls-cert and {keys.Count} of tls-key; each certificate needs its key");
        var auto = configuration.Find("auto-tls")?.Values ?? [];
        // As a flag and in the file, auto-tls may name what the certificate is for.
        var names = auto.Where(static v => !IsSwitch(v)).Concat(configuration.Find("auto-tls-san")?.Values ?? []).ToArray();
        return new TlsOptions
        {
            Certificates = [.. certificates.Zip(keys, static (c, k) => new CertificateFiles(Path.GetFullPath(c), Path.GetFullPath(k)))],
            Auto = auto.Count > 0 ? !auto.Contains("false") : names.Length > 0,
            AutoNames = names,
            Acme = ReadAcme(),
        };
    }

    private AcmeOptions? ReadAcme()
    {
        if (One("acme-directory", Url) is not { } directory)
        {
            return OnlyWithAcme.FirstOrDefault(k => configuration.Find(k) is not null) is { } lonely
                ? throw Wrong(lonely, "it means nothing without acme-directory")
                : null;
        }

        return new AcmeOptions
        {
            Directory = directory,
            Email = Text("acme-email"),
            Domains = Many("acme-domain", Domain) ?? [],
            Challenge = One("acme-challenge", static t => t is "http-01" or "tls-alpn-01" ? t : throw new FormatException($"'{t}' is neither http-01 nor tls-alpn-01")) ?? "tls-alpn-01",
            CaFile = Text("acme-ca-file") is { } file ? Path.GetFullPath(file) : null,
        };
    }

    private List<PortRange>? Ports()
    {
        if (configuration.Find("tcp-ports") is not { } value)
            return null;
        if (value.Values is ["none"])
            return [];
        List<PortRange> ranges = [];
        foreach (var part in value.Values.SelectMany(static v => v.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            var ends = part.Split('-');
            if (ends.Length is 1 or 2 && Runner.Tunnels.TunnelTarget.TryParsePort(ends[0], out var first)
                && Runner.Tunnels.TunnelTarget.TryParsePort(ends[^1], out var last) && first <= last)
                ranges.Add(new PortRange(first, last));
            else
                throw Wrong("tcp-ports", $"'{part}' is no range of ports; write 20000-20999");
        }

        return ranges;
    }

    private string? Text(string key) => configuration.Find(key)?.Values[^1];

    private bool Switch(string key) => Text(key) switch
    {
        null or "false" or "no" or "off" or "0" => false,
        "true" or "yes" or "on" or "1" => true,
        var other => throw Wrong(key, $"'{other}' is neither true nor false"),
    };

    private int? Number(string key, int least, int most) => Text(key) switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most => number,
        var other => throw Wrong(key, string.Create(CultureInfo.InvariantCulture, $"'{other}' is no whole number from {least} to {most}")),
    };

    private TimeSpan? Seconds(string key) => Number(key, 0, 86_400) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private string? One(string key, Func<string, string> check) => Text(key) is { } text ? Checked(key, text, check) : null;

    private List<string>? Many(string key, Func<string, string> check) =>
        configuration.Find(key)?.Values.Where(static v => v != "none").Select(v => Checked(key, v, check)).ToList();

    private string Checked(string key, string text, Func<string, string> check)
    {
        try
        {
            return check(text.Trim());
        }
        catch (FormatException e)
        {
            throw Wrong(key, e.Message);
        }
    }

    private CommandException Wrong(string key, string problem) =>
        new(ExitCode.Usage, $"{configuration.Find(key)?.Source ?? key}: {key}: {problem}.");

    private static bool IsSwitch(string value) => value is "true" or "false" or "yes" or "no" or "on" or "off" or "1" or "0";

    private static string EndPoint(string text)
    {
        var plain = text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" + text["localhost".Length..] : text;
        if (plain.StartsWith(':') || plain.StartsWith('*'))
            plain = "0.0.0.0" + plain.TrimStart('*');
        return plain.LastIndexOf(':') > 0 && IPEndPoint.TryParse(plain, out var at)
            ? at.ToString()
            : throw new FormatException($"'{text}' is no ADDRESS:PORT");
    }

    private static string Address(string text) => IPAddress.TryParse(text, out var address) ? address.ToString() : throw new FormatException($"'{text}' is no address");

    private static string Network(string text) =>
        IPAddress.TryParse(text, out _) || IPNetwork.TryParse(text, out _) ? text : throw new FormatException($"'{text}' is neither an address nor a network such as 10.0.0.0/8");

    private static string Url(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? text : throw new FormatException($"'{text}' is no http:// or https:// URL");

    private static string Domain(string text)
    {
        var name = text.TrimEnd('.').ToLowerInvariant();
        return Uri.CheckHostName(name) == UriHostNameType.Dns && name.Length <= 253 && !name.StartsWith('*')
            ? name
            : throw new FormatException($"'{text}' is no host name");
    }
}
