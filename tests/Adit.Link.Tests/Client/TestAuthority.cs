using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Adit.Link.Tests.Client;

/// <summary>An authority as a hub makes it: one key, a self-signed root, and an issuing certificate that is sent in handshakes.</summary>
internal sealed class TestAuthority
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public TestAuthority()
    {
        Root = Request("CN=Test root").Create(new("CN=Test root"), Generator, _now.AddDays(-400), _now.AddDays(400), Serial());
        Issuing = Request("CN=Test authority").Create(Root.SubjectName, Generator, _now.AddDays(-400), _now.AddDays(400), Serial());
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Issuing { get; }

    public string Pin => KeyPin.Of(Root);

    private X509SignatureGenerator Generator => X509SignatureGenerator.CreateForECDsa(_key);

    /// <summary>A server's certificate with its chain, ready for handshakes.</summary>
    public SslStreamCertificateContext Issue(string name, int fromDay = -1, int toDay = 30) =>
        SslStreamCertificateContext.Create(Leaf(name, _key, fromDay, toDay), [Issuing, Root], offline: true);

    /// <summary>A certificate that claims to be this authority's but was signed by another key; sent with the true authority's certificate.</summary>
    public SslStreamCertificateContext Forge(string name)
    {
        using var thief = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return SslStreamCertificateContext.Create(Leaf(name, thief, -1, 30), [Issuing, Root], offline: true);
    }

    /// <summary>A certificate that nobody else signed.</summary>
    public static SslStreamCertificateContext SelfSigned(string name)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=alone", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(Names(name));
        return SslStreamCertificateContext.Create(request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1)), null, offline: true);
    }

    private X509Certificate2 Leaf(string name, ECDsa signer, int fromDay, int toDay)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(Names(name));
        using var leaf = request.Create(
            Issuing.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), _now.AddDays(fromDay), _now.AddDays(toDay), Serial());
        return leaf.CopyWithPrivateKey(key);
    }

    private CertificateRequest Request(string subject)
    {
        var request = new CertificateRequest(subject, _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }

    private static X509Extension Names(string name)
    {
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(name);
        return names.Build();
    }

    private static byte[] Serial() => [1, .. RandomNumberGenerator.GetBytes(8)];
}
