using System.Net;
using System.Net.Sockets;

namespace Adit.Testing;

/// <summary>
/// HTTP clients that connect to 127.0.0.1 whatever host the address names. A browser resolves *.localhost to loopback by itself
/// (RFC 6761 section 6.3); glibc, and with it .NET, asks the DNS unless the machine has nss-myhostname.
/// </summary>
public static class LoopbackHttp
{
    /// <summary>A handler that follows no redirects, keeps no cookies and uses no proxy: tests see what was sent.</summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectCallback = static async (context, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    /// <summary>A client over <see cref="CreateHandler"/>; give it a bearer token to be someone.</summary>
    public static HttpClient Create(string? bearer = null)
    {
        var client = new HttpClient(CreateHandler()) { Timeout = TimeSpan.FromSeconds(100) };
        if (bearer is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", bearer);
        }

        return client;
    }
}
