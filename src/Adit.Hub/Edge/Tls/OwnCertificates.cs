using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Tls;

/// <summary>
/// <c>--auto-tls</c>: keeps one certificate of the hub's own authority for all the hub's names, and makes it anew before it expires, when
/// the names change and when the clock shows that it cannot be right. Not thread-safe.
/// </summary>
internal sealed partial class OwnCertificates(
    string directory, IReadOnlyCollection<string> names, CertificateSelector selector, TimeProvider time, ILogger logger) : IDisposable
{
    private OwnAuthority? _authority;
    private ServerCertificate? _current;

    /// <summary>The authority; null before <see cref="Load"/>.</summary>
    public OwnAuthority? Authority => _authority;

    /// <summary>Opens the authority, and the certificate of the last start when it will still do.</summary>
    /// <exception cref="CertificateException">The authority's files are damaged.</exception>
    public void Load()
    {
        _authority = OwnAuthority.Open(directory, time.GetUtcNow());
        LogAuthority(logger, _authority.Fingerprint);
        _current = TryLoadLeaf();
        if (_current is null || !IsRight(_current) || !_authority.Issued(_current.Leaf))
            Renew();
        else
            selector.Publish(CertificateOrigin.Own, [_current]);
    }

    /// <summary>Makes a new certificate when it is time.</summary>
    public void Poll()
    {
        if (_current is not null && !IsRight(_current))
            Renew();
    }

    /// <inheritdoc />
    public void Dispose() => _authority?.Dispose();

    private string ChainFile => Path.Combine(directory, "hub.pem");

    private string KeyFile => Path.Combine(directory, "hub.key");

    private ServerCertificate? TryLoadLeaf()
    {
        if (!File.Exists(ChainFile) || !File.Exists(KeyFile))
            return null;
        try
        {
            return PemPair.Load(PemPair.Read(ChainFile), PemPair.Read(KeyFile), "own authority");
        }
        catch (CertificateException)
        {
            // Half written by a crash, or by hand: a new one costs nothing.
            return null;
        }
    }

    private bool IsRight(ServerCertificate certificate)
    {
        var now = time.GetUtcNow();
        var renewAt = certificate.NotBefore + ((certificate.NotAfter - certificate.NotBefore) * 2 / 3);
        return now >= certificate.NotBefore && now < renewAt
            && AllNames(certificate.Leaf).SetEquals(names);
    }

    private void Renew()
    {
        var (chain, key) = _authority!.Issue(names, time.GetUtcNow());
        PemPair.Write(KeyFile, key, secret: true);
        PemPair.Write(ChainFile, chain, secret: false);
        _current = PemPair.Load(chain, key, "own authority");
        selector.Publish(CertificateOrigin.Own, [_current]);
        LogIssued(logger, string.Join(", ", names), _current.NotAfter);
    }

    private static HashSet<string> AllNames(X509Certificate2 leaf)
    {
        var san = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return san is null ? [] : [.. san.EnumerateDnsNames(), .. san.EnumerateIPAddresses().Select(a => a.ToString())];
    }

    /// <summary>
    /// The names of the certificate: the domain, all below it, this machine's loopback, the listeners' own addresses, and what was asked
    /// for.
    /// </summary>
    public static IReadOnlyCollection<string> NamesFor(HubOptions options)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { options.Domain.ToLowerInvariant(), "*." + options.Domain.ToLowerInvariant(), "localhost", "127.0.0.1", "::1" };
        if (options.PathHost is { } pathHost)
            names.Add(pathHost);
        foreach (var listen in options.ListenTls)
        {
            if (IPEndPoint.TryParse(listen, out var at) && !at.Address.Equals(IPAddress.Any) && !at.Address.Equals(IPAddress.IPv6Any))
                names.Add(at.Address.ToString());
        }

        foreach (var name in options.Tls.AutoNames)
            names.Add(IPAddress.TryParse(name, out var address) ? address.ToString() : name.ToLowerInvariant());
        return names;
    }

    [LoggerMessage(Level = LogLevel.Information, Message =
        "The hub's own authority has the fingerprint {Fingerprint}: clients pin it with --pin, or trust it on first use.")]
    private static partial void LogAuthority(ILogger logger, string fingerprint);

    [LoggerMessage(Level = LogLevel.Information, Message =
        "Made a certificate of the hub's own authority for {Names}, valid until {Until:u}.")]
    private static partial void LogIssued(ILogger logger, string names, DateTimeOffset until);
}
