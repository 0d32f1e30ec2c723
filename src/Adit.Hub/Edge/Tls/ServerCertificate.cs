using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Adit.Hub.Edge.Tls;

/// <summary>
/// A certificate that the hub can show, with everything a handshake needs prepared: building a chain costs milliseconds, and session
/// resumption only works while the same context is used. Immutable.
/// </summary>
internal sealed class ServerCertificate
{
    /// <summary>Prepares a certificate.</summary>
    /// <param name="leaf">With its private key.</param>
    /// <param name="chain">The issuers to send with it, in any order.</param>
    /// <param name="origin">Where it came from, for logs.</param>
    public ServerCertificate(X509Certificate2 leaf, X509Certificate2Collection chain, string origin)
    {
        Leaf = leaf;
        Origin = origin;
        Names = ReadNames(leaf);
        NotBefore = new DateTimeOffset(leaf.NotBefore);
        NotAfter = new DateTimeOffset(leaf.NotAfter);

        // Offline: a handshake must never wait for someone else's OCSP or AIA server.
        var context = SslStreamCertificateContext.Create(leaf, chain, offline: true);
        ForHttp = Options(context, [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]);
        ForLinks = Options(context, [LinkProtocolName]);
    }

    /// <summary>What data connections say in ALPN (docs/reference/link.md).</summary>
    public static SslApplicationProtocol LinkProtocolName { get; } = new("adit-link");

    /// <summary>The certificate itself.</summary>
    public X509Certificate2 Leaf { get; }

    /// <summary>Where it came from.</summary>
    public string Origin { get; }

    /// <summary>The DNS names it is valid for, lower case, with <c>*.</c> where it is a wildcard.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Valid from.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Valid until.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>Handshake options for Kestrel's connections: HTTP/2 and HTTP/1.1.</summary>
    public SslServerAuthenticationOptions ForHttp { get; }

    /// <summary>Handshake options for data connections of links.</summary>
    public SslServerAuthenticationOptions ForLinks { get; }

    internal static SslServerAuthenticationOptions Options(
        SslStreamCertificateContext context, List<SslApplicationProtocol> protocols) => new()
    {
        ServerCertificateContext = context,
        ApplicationProtocols = protocols,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        AllowRenegotiation = false,
        AllowTlsResume = true,
        ClientCertificateRequired = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    private static string[] ReadNames(X509Certificate2 leaf)
    {
        foreach (var extension in leaf.Extensions)
        {
            if (extension.Oid?.Value != "2.5.29.17")
                continue;
            try
            {
                var names = extension as X509SubjectAlternativeNameExtension ?? new X509SubjectAlternativeNameExtension(extension.RawData);
                return [.. names.EnumerateDnsNames().Select(n => n.TrimEnd('.').ToLowerInvariant()).Distinct()];
            }
            catch (Exception e) when (e is AsnContentException or System.Security.Cryptography.CryptographicException)
            {
                return [];
            }
        }

        return [];
    }
}
