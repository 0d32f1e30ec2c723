using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Adit.Testing;

namespace Adit.EndToEnd.Tls;

/// <summary>
/// kubectl's case: the application's own TLS passes untouched, so that the client verifies the application's certificate and shows its own.
/// </summary>
public sealed class TlsTests : IAsyncLifetime
{
    private const string Name = "cluster";
    private const string Host = "cluster.adit.localhost";

    private OpenSslAuthority _authority = null!;
    private ClusterApi _api = null!;
    private X509Certificate2 _admin = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _authority = await OpenSslAuthority.CreateAsync();
        _admin = await _authority.SignClientAsync("cluster-admin");
        _api = await ClusterApi.StartAsync(await _authority.SignServerAsync("kube-apiserver", $"DNS:{Host}", "IP:127.0.0.1"), _authority.TrustThisOnly());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        _authority.Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_private_tunnel_and_adit_connect_carry_mutual_tls_from_end_to_end()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var tunnel = await TunnelProcess.StartAsync(hub, Name, "tcp", $"127.0.0.1:{_api.Port}");
        Assert.Null(tunnel.Tunnel.Port);
        var local = Ports.Free();
        await using var connect = AditProcess.Start(["connect", Name, "--local", $"{local}"], hub.ClientEnvironment);
        await ListensAsync(local, connect);

        await AssertSeesTheClusterAsync(new Uri($"https://127.0.0.1:{local}/"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_tls_tunnel_passes_by_server_name_without_being_opened_on_the_hub()
    {
        var tlsPort = Ports.Free();
        await using var hub = await HubProcess.StartAsync(arguments: ["--listen-tls", $"127.0.0.1:{tlsPort}", "--auto-tls"]);
        await using var tunnel = await TunnelProcess.StartAsync(hub, Name, "tls", $"127.0.0.1:{_api.Port}", "--access", "public");

        await AssertSeesTheClusterAsync(new Uri($"https://{Host}:{tlsPort}/"));
    }

    private async Task AssertSeesTheClusterAsync(Uri address)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var handler = LoopbackHttp.CreateHandler();
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = _authority.TrustThisOnly(),
            ClientCertificates = [_admin],
        };
        using var client = new HttpClient(handler) { BaseAddress = address };
        Assert.Equal("cluster-admin", await client.GetStringAsync(new Uri("/whoami", UriKind.Relative), cancellationToken));

        // A watch: each line arrives while the answer is still open.
        using var watch = await client.GetAsync(new Uri("/watch", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        using var lines = new StreamReader(await watch.Content.ReadAsStreamAsync(cancellationToken));
        for (var line = 0; line < 3; line++)
        {
            Assert.Equal($"event {line}", await lines.ReadLineAsync(cancellationToken));
            using var next = await client.PostAsync(new Uri("/next", UriKind.Relative), content: null, cancellationToken);
        }

        Assert.Null(await lines.ReadLineAsync(cancellationToken));

        // Whoever trusts other authorities only (here: the machine's) is not served, which shows whose certificate it was.
        using var strangerHandler = LoopbackHttp.CreateHandler();
        using var stranger = new HttpClient(strangerHandler) { BaseAddress = address };
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetStringAsync(new Uri("/whoami", UriKind.Relative), cancellationToken));
        Assert.IsType<AuthenticationException>(refused.InnerException);
    }

    private static Task ListensAsync(int port, ChildProcess process) => Eventually.HoldsAsync(
        async () =>
        {
            Assert.False(process.HasExited, $"adit connect ended. It wrote:\n{process.Output}");
            using var client = new System.Net.Sockets.TcpClient();
            try
            {
                await client.ConnectAsync(System.Net.IPAddress.Loopback, port);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        },
        $"adit connect listens on 127.0.0.1:{port}");
}
