using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Adit.Hub.Edge.Tls.Acme;

/// <summary>The key of an ACME account: signs requests (JWS with ES256, RFC 7518 section 3.4) and vouches for challenges.</summary>
internal sealed class AcmeAccountKey : IDisposable
{
    private readonly ECDsa _key;
    private readonly AcmeJwk _jwk;

    private AcmeAccountKey(ECDsa key)
    {
        _key = key;
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        _jwk = new AcmeJwk("P-256", "EC", Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));

        // RFC 7638: the required members in lexical order without white space, which is how the record is written.
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(_jwk, AcmeJson.Default.AcmeJwk)));
    }

    /// <summary>The key's thumbprint (RFC 7638).</summary>
    public string Thumbprint { get; }

    /// <summary>Opens the key in a file, making it when the file is missing.</summary>
    /// <exception cref="CertificateException">The file is damaged.</exception>
    public static AcmeAccountKey Open(string path)
    {
        if (!File.Exists(path))
        {
            var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            PemPair.Write(path, made.ExportPkcs8PrivateKeyPem() + "\n", secret: true);
            return new AcmeAccountKey(made);
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(PemPair.Read(path));
            return new AcmeAccountKey(key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new CertificateException(
                $"{path} is damaged; restore it, or remove it to open a new account with the ACME authority.", e);
        }
    }

    /// <summary>What proves that a challenge was seen by this account (RFC 8555 section 8.1).</summary>
    public string KeyAuthorization(string token) => $"{token}.{Thumbprint}";

    /// <summary>Signs a request.</summary>
    /// <param name="url">The address it goes to.</param>
    /// <param name="nonce">A fresh one.</param>
    /// <param name="account">The account's address; null before there is one, when the key itself is sent.</param>
    /// <param name="payload">JSON; empty for POST-as-GET.</param>
    public byte[] Sign(string url, string nonce, string? account, ReadOnlySpan<byte> payload)
    {
        var header = new AcmeHeader("ES256", account is null ? _jwk : null, account, nonce, url);
        var first = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header, AcmeJson.Default.AcmeHeader));
        var second = Base64Url.EncodeToString(payload);
        var signature = _key.SignData(
            Encoding.ASCII.GetBytes($"{first}.{second}"), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return JsonSerializer.SerializeToUtf8Bytes(
            new AcmeSigned(first, second, Base64Url.EncodeToString(signature)), AcmeJson.Default.AcmeSigned);
    }

    /// <inheritdoc />
    public void Dispose() => _key.Dispose();
}
