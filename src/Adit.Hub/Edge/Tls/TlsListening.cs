using System.Security.Authentication;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Adit.Hub.Edge.Tls;

/// <summary>TLS for what the door hands to Kestrel.</summary>
internal static class TlsListening
{
    /// <summary>Has Kestrel do TLS on this endpoint with the certificate of the server name asked for.</summary>
    public static ListenOptions UseAditTls(this ListenOptions listen, CertificateSelector certificates) => listen.UseHttps(new TlsHandshakeCallbackOptions
    {
        HandshakeTimeout = TimeSpan.FromSeconds(10),
        OnConnection = handshake =>
        {
            var name = handshake.ClientHelloInfo.ServerName;
            var certificate = certificates.Find(name)
                ?? throw new AuthenticationException("There is no certificate yet: neither files nor ACME nor --auto-tls gave one.");
            return ValueTask.FromResult(certificate.ForHttp);
        },
    });
}
