using System.Security.Cryptography.X509Certificates;
using Adit.Testing;

namespace Adit.EndToEnd.Tls;

/// <summary>A certificate authority made by openssl, which signs server and client certificates the way a Kubernetes cluster's does.</summary>
internal sealed class OpenSslAuthority : IDisposable
{
    private readonly TempDirectory _directory = new();

    private OpenSslAuthority()
    {
    }

    /// <summary>The authority's own certificate, PEM.</summary>
    public string CertificateFile => _directory.File("ca.crt");

    /// <summary>Makes the authority.</summary>
    public static async Task<OpenSslAuthority> CreateAsync()
    {
        var authority = new OpenSslAuthority();
        await OpenSslAsync(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=cluster-ca",
            "-keyout", authority._directory.File("ca.key"), "-out", authority.CertificateFile);
        return authority;
    }

    /// <summary>A server certificate for these names: <c>DNS:NAME</c> or <c>IP:ADDRESS</c>.</summary>
    public Task<X509Certificate2> SignServerAsync(string commonName, params string[] names) =>
        SignAsync(commonName, $"subjectAltName={string.Join(',', names)}\nextendedKeyUsage=serverAuth\n");

    /// <summary>A client certificate that says who its holder is.</summary>
    public Task<X509Certificate2> SignClientAsync(string commonName) => SignAsync(commonName, "extendedKeyUsage=clientAuth\n");

    /// <summary>The policy of a client that trusts this authority and no other.</summary>
    public X509ChainPolicy TrustThisOnly() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(CertificateFile) },
    };

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private async Task<X509Certificate2> SignAsync(string commonName, string extensions)
    {
        var (key, request, certificate) = (_directory.File($"{commonName}.key"), _directory.File($"{commonName}.csr"), _directory.File($"{commonName}.crt"));
        await OpenSslAsync(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", $"/CN={commonName}", "-keyout", key, "-out", request);
        await OpenSslAsync(
            "x509", "-req", "-in", request, "-CA", CertificateFile, "-CAkey", _directory.File("ca.key"), "-CAcreateserial", "-days", "2",
            "-extfile", _directory.Write($"{commonName}.ext", extensions), "-out", certificate);
        return X509Certificate2.CreateFromPemFile(certificate, key);
    }

    private static Task<string> OpenSslAsync(params string[] arguments) => ChildProcess.RunAsync("/usr/bin/openssl", arguments);
}
