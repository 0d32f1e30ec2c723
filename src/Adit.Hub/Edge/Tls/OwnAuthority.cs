using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Adit.Link;

namespace Adit.Hub.Edge.Tls;

/// <summary>
/// The hub's own certificate authority: one ECDSA P-256 key with two certificates, a self-signed root (for browsers and curl) and an
/// issuing one signed by it. TLS servers do not send roots, but they send issuing certificates: so a client that knows nothing but the
/// fingerprint of the key finds that key in the handshake itself.
/// </summary>
internal sealed class OwnAuthority : IDisposable
{
    /// <summary>How far certificates reach back, for machines whose clocks are behind.</summary>
    public static readonly TimeSpan BackDating = TimeSpan.FromDays(3);

    private const int LeafDays = 90;
    private const int AuthorityYears = 20;
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly ECDsa _key;
    private readonly X509Certificate2 _root;

    private OwnAuthority(ECDsa key, X509Certificate2 root)
    {
        _key = key;
        _root = root;
        RootPem = root.ExportCertificatePem() + "\n";
        Fingerprint = KeyPin.Of(root);
    }

    /// <summary>The root certificate, PEM.</summary>
    public string RootPem { get; }

    /// <summary>What clients pin: <c>sha256:</c> and the base64url SHA-256 of the key's SubjectPublicKeyInfo.</summary>
    public string Fingerprint { get; }

    /// <summary>Opens the authority in a directory (<c>ca.pem</c>, <c>ca.key</c>), making it when neither file is there.</summary>
    /// <exception cref="CertificateException">
    /// One file is missing or broken. A new key is never made silently: every client that pinned the old one would be locked out.
    /// </exception>
    public static OwnAuthority Open(string directory, DateTimeOffset now)
    {
        var certificateFile = Path.Combine(directory, "ca.pem");
        var keyFile = Path.Combine(directory, "ca.key");
        if (!File.Exists(certificateFile) && !File.Exists(keyFile))
            return Create(certificateFile, keyFile, now);

        var pem = PemPair.Read(certificateFile);
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(PemPair.Read(keyFile));
            var root = X509Certificate2.CreateFromPem(pem);
            if (!root.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
                throw new CertificateException(
                    $"{keyFile} is not the key of {certificateFile}; restore both from the same backup, or remove both to start a new "
                        + "authority that every client must pin anew.");
            return new OwnAuthority(key, root);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new CertificateException(
                $"{certificateFile} or {keyFile} is damaged; restore both from a backup, or remove both to start a new authority that "
                    + "every client must pin anew.",
                e);
        }
        catch (CertificateException)
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes a key and a certificate for these names and addresses. The chain holds the leaf and the issuing certificate.
    /// </summary>
    public (string ChainPem, string KeyPem) Issue(IReadOnlyCollection<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Adit hub", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(SubjectNames(names));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], false));

        using var issuing = MakeIssuing(now);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuing, true, false));
        using var leaf = request.Create(
            issuing.SubjectName, Generator, now - BackDating, now.AddDays(LeafDays), Serial());
        return (leaf.ExportCertificatePem() + "\n" + issuing.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>Whether this authority's key signed a certificate.</summary>
    public bool Issued(X509Certificate2 leaf)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        using var issuing = MakeIssuing(new DateTimeOffset(leaf.NotBefore) + BackDating);
        chain.ChainPolicy.ExtraStore.Add(issuing);
        return chain.Build(leaf);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _key.Dispose();
        _root.Dispose();
    }

    private static OwnAuthority Create(string certificateFile, string keyFile, DateTimeOffset now)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            $"CN=Adit hub root {Convert.ToHexStringLower(Serial().AsSpan(0, 4))}", key, HashAlgorithmName.SHA256);
        AddAuthorityExtensions(request, pathLength: 1);
        var root = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - BackDating, now.AddYears(AuthorityYears), Serial());
        PemPair.Write(keyFile, key.ExportPkcs8PrivateKeyPem() + "\n", secret: true);
        PemPair.Write(certificateFile, root.ExportCertificatePem() + "\n", secret: false);
        return new OwnAuthority(key, root);
    }

    private X509SignatureGenerator Generator => X509SignatureGenerator.CreateForECDsa(_key);

    // Never outlives the root, which some validators would mind.
    private X509Certificate2 MakeIssuing(DateTimeOffset now)
    {
        var request = new CertificateRequest("CN=Adit hub authority", _key, HashAlgorithmName.SHA256);
        AddAuthorityExtensions(request, pathLength: 0);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, true, false));
        var until = now.AddDays(2 * LeafDays);
        var end = new DateTimeOffset(_root.NotAfter);
        return request.Create(_root.SubjectName, Generator, now - BackDating, until < end ? until : end, Serial());
    }

    private static void AddAuthorityExtensions(CertificateRequest request, int pathLength)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, pathLength, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
    }

    private static X509Extension SubjectNames(IReadOnlyCollection<string> names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
                builder.AddIpAddress(address);
            else
                builder.AddDnsName(name);
        }

        return builder.Build();
    }

    // Positive and of 16 bytes (RFC 5280 section 4.1.2.2).
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }
}
