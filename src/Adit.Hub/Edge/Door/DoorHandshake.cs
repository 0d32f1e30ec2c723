using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Adit.Hub.Edge.Tls;
using Adit.Link;

namespace Adit.Hub.Edge.Door;

/// <summary>
/// The TLS handshakes that the door does itself, with <see cref="SslStream"/> straight on the socket: no pipes between, and with an empty
/// read neither the stream nor the socket holds a buffer, so an idle data connection costs OpenSSL's state and little more.
/// </summary>
internal sealed class DoorHandshake(CertificateSelector certificates)
{
    /// <summary>How to serve a data connection asked for under this name; null when there is no certificate at all.</summary>
    public SslServerAuthenticationOptions? LinkOptions(string? serverName) => certificates.Find(serverName)?.ForLinks;

    /// <summary>How to answer the challenge that is pending for this name; null when none is.</summary>
    public SslServerAuthenticationOptions? AcmeOptions(string serverName) => certificates.FindChallenge(serverName);

    /// <summary>Does the handshake. The stream owns the socket; when the handshake fails both are disposed.</summary>
    /// <exception cref="IOException">It failed, or its time was over.</exception>
    public static async Task<SslStream> RunAsync(Socket socket, SslServerAuthenticationOptions options, CancellationToken cancellationToken)
    {
        var tls = new TlsStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsServerAsync(options, cancellationToken);
            return tls;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync();
            if (e is AuthenticationException or OperationCanceledException or InvalidOperationException)
                throw new IOException("The TLS handshake failed.", e);
            throw;
        }
    }
}
