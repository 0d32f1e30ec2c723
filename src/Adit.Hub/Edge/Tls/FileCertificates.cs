using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Tls;

/// <summary>
/// The PEM pairs that the operator named. Looked at again on every <see cref="Poll()"/>: what changed and is whole is taken, what is half
/// written or does not fit together is left alone and the old one kept. Not thread-safe.
/// </summary>
internal sealed partial class FileCertificates(IReadOnlyList<CertificateFiles> files, CertificateSelector selector, ILogger logger)
{
    private readonly Pair[] _pairs = [.. files.Select(f => new Pair(f))];

    /// <summary>Reads all pairs for the first time.</summary>
    /// <exception cref="CertificateException">One cannot be used.</exception>
    public void Load()
    {
        foreach (var pair in _pairs)
        {
            var content = pair.Read();
            pair.Current = pair.Make(content);
            pair.Seen = content.Hash;
        }

        Publish();
    }

    /// <summary>Takes what has changed since.</summary>
    public void Poll()
    {
        var changed = false;
        foreach (var pair in _pairs)
            changed |= Poll(pair);
        if (changed)
            Publish();
    }

    // Compares contents and not times: a renewal may be copied with its times, and two writes may share one tick of the clock.
    private bool Poll(Pair pair)
    {
        Content content;
        try
        {
            content = pair.Read();
        }
        catch (CertificateException e)
        {
            Complain(pair, e.Message);
            return false;
        }

        if (content.Hash == pair.Seen)
            return false;
        pair.Seen = content.Hash;
        try
        {
            pair.Current = pair.Make(content);
        }
        catch (CertificateException e)
        {
            Complain(pair, e.Message);
            return false;
        }

        pair.Complaint = null;
        LogReplaced(logger, pair.Files.Certificate, pair.Current.NotAfter);
        return true;
    }

    private void Complain(Pair pair, string message)
    {
        if (pair.Complaint == message)
            return;
        pair.Complaint = message;
        LogKept(logger, message);
    }

    private void Publish() => selector.Publish(CertificateOrigin.Files, [.. _pairs.Select(p => p.Current!)]);

    private readonly record struct Content(string Certificate, string Key, string Hash);

    private sealed class Pair(CertificateFiles files)
    {
        public CertificateFiles Files { get; } = files;

        public ServerCertificate? Current { get; set; }

        public string? Seen { get; set; }

        public string? Complaint { get; set; }

        public Content Read()
        {
            var certificate = PemPair.Read(Files.Certificate);
            var key = PemPair.Read(Files.Key);
            var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(certificate + "\0" + key)));
            return new Content(certificate, key, hash);
        }

        public ServerCertificate Make(Content content) => PemPair.Load(content.Certificate, content.Key, Files.Certificate);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificate {File} was replaced; the new one is valid until {Until:u}.")]
    private static partial void LogReplaced(ILogger logger, string file, DateTimeOffset until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A changed certificate is not used yet and the old one kept: {Reason}")]
    private static partial void LogKept(ILogger logger, string reason);
}
