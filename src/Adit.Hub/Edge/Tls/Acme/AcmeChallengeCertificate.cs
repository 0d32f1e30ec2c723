using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Adit.Hub.Edge.Tls.Acme;

/// <summary>The certificate that answers a TLS-ALPN-01 challenge (RFC 8737 section 3).</summary>
internal static class AcmeChallengeCertificate
{
    private const string AcmeIdentifier = "1.3.6.1.5.5.7.1.31";

    /// <summary>Self-signed, for this name only, with the hash of the key authorization in a critical extension.</summary>
    public static X509Certificate2 Make(string name, string keyAuthorization, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ACME challenge", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());

        var hash = new AsnWriter(AsnEncodingRules.DER);
        hash.WriteOctetString(SHA256.HashData(Encoding.ASCII.GetBytes(keyAuthorization)));
        request.CertificateExtensions.Add(new X509Extension(AcmeIdentifier, hash.Encode(), critical: true));

        var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        if (!OperatingSystem.IsWindows())
            return made;
        using (made)
            return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
