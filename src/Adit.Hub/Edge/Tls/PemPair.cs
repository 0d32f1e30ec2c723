using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Adit.Hub.Edge.Tls;

/// <summary>Reads and writes certificate chains and keys as PEM (RFC 7468).</summary>
internal static class PemPair
{
    // A chain of ten certificates is under 30 KB.
    private const int LargestFile = 1 << 20;

    /// <summary>Makes a certificate of a chain (leaf first) and its key.</summary>
    /// <exception cref="CertificateException">One of them is not what it should be, or they do not belong together.</exception>
    public static ServerCertificate Load(string chainPem, string keyPem, string origin)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(chainPem);
        }
        catch (CryptographicException e)
        {
            throw new CertificateException(
                $"{origin}: the certificate is not valid PEM ({e.Message.TrimEnd('.')}); write the leaf first, then its issuers.", e);
        }

        if (chain.Count == 0)
            throw new CertificateException(
                $"{origin}: there is no certificate in it; it must hold PEM blocks '-----BEGIN CERTIFICATE-----'.");
        if (keyPem.Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal))
            throw new CertificateException($"{origin}: its key is encrypted; decrypt it first (openssl pkey -in KEY -out PLAIN).");

        try
        {
            var leaf = X509Certificate2.CreateFromPem(chainPem, keyPem);
            if (OperatingSystem.IsWindows())
            {
                // Schannel cannot use a key that lives in memory only.
                using var ephemeral = leaf;
                leaf = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null);
            }

            chain.RemoveAt(0);
            return new ServerCertificate(leaf, chain, origin);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CertificateException(
                $"{origin}: the key does not belong to the certificate or is not valid PEM ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>Reads a file of bounded size.</summary>
    /// <exception cref="CertificateException">It is missing, unreadable or too large.</exception>
    public static string Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (stream.Length > LargestFile)
                throw new CertificateException($"{path}: {stream.Length} bytes are too many for a PEM file.");
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{path}: cannot be read ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>Replaces a file in one step, so that nobody ever sees half of it. A secret is readable by its owner only.</summary>
    public static void Write(string path, string content, bool secret)
    {
        var temporary = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite
                | (secret ? UnixFileMode.None : UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            File.Delete(temporary);
        }

        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(content));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
