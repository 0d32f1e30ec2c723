using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Adit.Link;

/// <summary>
/// The fingerprint of a public key: <c>sha256:</c> and the base64url SHA-256 (43 characters, no padding) of its SubjectPublicKeyInfo
/// (RFC 5280 section 4.1.2.7). It stays the same when a certificate is renewed with the same key.
/// </summary>
public static class KeyPin
{
    private const string Prefix = "sha256:";

    /// <summary>The fingerprint of a certificate's key.</summary>
    public static string Of(X509Certificate2 certificate) =>
        Prefix + Base64Url.EncodeToString(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>Brings a fingerprint as a person gives it into the form of <see cref="Of"/>.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static string Parse(string text)
    {
        var trimmed = text.Trim();
        var value = trimmed.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? trimmed[Prefix.Length..] : trimmed;
        value = value.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        if (value.Length != 43 || !Base64Url.IsValid(value, out var length) || length != 32)
            throw new FormatException($"'{trimmed}' is not a key fingerprint; the hub prints it at start as sha256: and 43 characters.");
        return Prefix + value;
    }
}
