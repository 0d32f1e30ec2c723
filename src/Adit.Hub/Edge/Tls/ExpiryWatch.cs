using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Tls;

/// <summary>Says once a day which certificates are about to expire, have expired, or are not valid yet. Not thread-safe.</summary>
internal sealed partial class ExpiryWatch(CertificateSelector selector, TimeProvider time, ILogger logger)
{
    /// <summary>How long before its end a certificate is worth a word.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(14);

    private static readonly TimeSpan Repeat = TimeSpan.FromDays(1);

    // By certificate and not by file: a replaced one is judged at once.
    private readonly Dictionary<string, DateTimeOffset> _said = [];

    /// <summary>Looks at all certificates in use.</summary>
    public void Poll()
    {
        var now = time.GetUtcNow();
        var inUse = selector.All;
        foreach (var gone in _said.Keys.Except(inUse.Select(c => c.Leaf.Thumbprint)).ToList())
            _said.Remove(gone);

        foreach (var certificate in inUse)
        {
            if (_said.TryGetValue(certificate.Leaf.Thumbprint, out var at) && now - at < Repeat && now >= at)
                continue;
            if (Say(certificate, now))
                _said[certificate.Leaf.Thumbprint] = now;
        }
    }

    private bool Say(ServerCertificate certificate, DateTimeOffset now)
    {
        if (now < certificate.NotBefore)
            LogNotYet(logger, certificate.Origin, certificate.NotBefore, now);
        else if (now > certificate.NotAfter)
            LogExpired(logger, certificate.Origin, certificate.NotAfter);
        else if (certificate.NotAfter - now < Notice)
            LogSoon(logger, certificate.Origin, certificate.NotAfter);
        else
            return false;
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "The certificate of {Origin} is not valid before {NotBefore:u}, and it is {Now:u} here: clients will refuse it; check this "
            + "machine's clock.")]
    private static partial void LogNotYet(ILogger logger, string origin, DateTimeOffset notBefore, DateTimeOffset now);

    [LoggerMessage(Level = LogLevel.Error, Message = "The certificate of {Origin} expired at {NotAfter:u}: clients refuse it; replace it.")]
    private static partial void LogExpired(ILogger logger, string origin, DateTimeOffset notAfter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate of {Origin} expires at {NotAfter:u}; replace it before.")]
    private static partial void LogSoon(ILogger logger, string origin, DateTimeOffset notAfter);
}
