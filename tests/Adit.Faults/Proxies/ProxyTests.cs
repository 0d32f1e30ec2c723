using System.Security.Cryptography.X509Certificates;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Proxies;

/// <summary>Real proxies between client and hub: Debian's tinyproxy and nginx.</summary>
public sealed class ProxyTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_client_behind_tinyproxy_serves_its_tunnel_through_CONNECT()
    {
        await using var upstream = Upstream.Saying("through the proxy");
        await using var hub = await HubProcess.StartAsync();
        var port = Ports.Free();
        using var here = new TempDirectory();
        await using var proxy = await StartTinyproxyAsync(here, port, hub.Port);
        await using var client = await Client.StartAsync(hub, "proxied", "http", upstream.Target, Through(hub, port));

        using var http = LoopbackHttp.Create();
        Assert.Equal("through the proxy", await http.GetStringAsync(new Uri(hub.TunnelUrl("proxied")), Deadline));
        Assert.Contains($"CONNECT 127.0.0.1:{hub.Port}", proxy.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_proxy_that_refuses_CONNECT_is_named_in_the_error()
    {
        await using var hub = await HubProcess.StartAsync();
        var port = Ports.Free();
        using var here = new TempDirectory();
        await using var proxy = await StartTinyproxyAsync(here, port, allowed: 1);
        await using var client = AditProcess.Start(["tunnel", "http", "9", "--name", "refused"], Through(hub, port));
        var line = await client.WaitForLineAsync($"127.0.0.1:{port}.*403");
        Assert.Contains($"refused to connect to 127.0.0.1:{hub.Port}", line, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_reverse_proxy_that_lets_only_WebSockets_upgrade_still_carries_a_tunnel()
    {
        await using var upstream = new Upstream(async call =>
        {
            do
            {
                await call.WriteAsync($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{1_000_000:x}\r\n{new string('w', 1_000_000)}\r\n0\r\n\r\n");
            }
            while (await call.NextHeadAsync() is not null);
        });
        await using var hub = await HubProcess.StartAsync(arguments: ["--trusted-proxy", "127.0.0.1"]);
        var port = Ports.Free();
        using var here = new TempDirectory();
        await using var proxy = await StartNginxAsync(here, port, hub.Port);
        var environment = new Dictionary<string, string?>(hub.ClientEnvironment) { ["ADIT_HUB"] = $"http://127.0.0.1:{port}" };
        await using var client = await Client.StartAsync(hub, "framed", "http", upstream.Target, environment);

        using var http = LoopbackHttp.Create();
        foreach (var address in new[] { hub.TunnelUrl("framed"), $"http://framed.adit.localhost:{port}/" })
        {
            var body = await http.GetStringAsync(new Uri(address), Deadline);
            Assert.Equal(1_000_000, body.Length);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_hub_with_its_own_authority_is_trusted_by_its_pin_and_by_no_other()
    {
        await using var upstream = Upstream.Saying("pinned");
        var tls = Ports.Free();
        await using var hub = await HubProcess.StartAsync(arguments: ["--listen-tls", $"127.0.0.1:{tls}", "--auto-tls", "127.0.0.1"]);
        var pin = await hub.Process.WaitForLineAsync("(sha256:[A-Za-z0-9_+/-]{43})");
        var environment = new Dictionary<string, string?>(hub.ClientEnvironment) { ["ADIT_HUB"] = $"https://127.0.0.1:{tls}" };
        await using (await Client.StartAsync(hub, "pinned", "http", upstream.Target, environment, "--pin", pin))
        {
            using var http = Trusting(hub);
            Assert.Equal("pinned", await http.GetStringAsync(new Uri($"https://pinned.adit.localhost:{tls}/"), Deadline));
        }

        var other = pin[.."sha256:".Length] + (pin["sha256:".Length] == 'A' ? 'B' : 'A') + pin[("sha256:".Length + 1)..];
        await using var refused = AditProcess.Start(["tunnel", "http", upstream.Target, "--name", "forged", "--pin", other], environment);
        Assert.NotEqual(0, await refused.WaitForExitAsync());
        Assert.Contains("pin", refused.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(hub.AdminToken, refused.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_half_open_TLS_handshake_is_ended_and_delays_nobody()
    {
        await using var upstream = Upstream.Saying("neighbour");
        var tls = Ports.Free();
        await using var hub = await HubProcess.StartAsync(arguments: ["--listen-tls", $"127.0.0.1:{tls}", "--auto-tls", "127.0.0.1"]);
        var pin = await hub.Process.WaitForLineAsync("(sha256:[A-Za-z0-9_+/-]{43})");
        var environment = new Dictionary<string, string?>(hub.ClientEnvironment) { ["ADIT_HUB"] = $"https://127.0.0.1:{tls}" };
        await using var client = await Client.StartAsync(hub, "calm", "http", upstream.Target, environment, "--pin", pin);
        var before = Descriptors.Sockets(hub.Process.Id);
        var silent = new List<RawVisitor>();
        for (var i = 0; i < 200; i++)
        {
            silent.Add(await RawVisitor.ConnectAsync(tls, Deadline));
            await silent[i].SendAsync([0x16, 0x03, 0x01, 0x02, 0x00, 0x01], Deadline);
        }

        using var http = Trusting(hub);
        Assert.Equal("neighbour", await http.GetStringAsync(new Uri($"https://calm.adit.localhost:{tls}/"), Deadline).WaitAsync(TimeSpan.FromSeconds(5), Deadline));
        foreach (var visitor in silent)
        {
            Assert.True(await visitor.ReadToEndAsync(TimeSpan.FromSeconds(40), Deadline), "a handshake that stopped was kept");
            visitor.Dispose();
        }

        await Eventually.HoldsAsync(() => Descriptors.Sockets(hub.Process.Id) <= before + 3, "the sockets are gone");
    }

    // A visitor who trusts the authority that the hub made for itself.
    private static HttpClient Trusting(HubProcess hub)
    {
        var root = X509CertificateLoader.LoadCertificateFromFile(Directory.EnumerateFiles(hub.DataDirectory, "ca.pem", SearchOption.AllDirectories).First());
        var handler = LoopbackHttp.CreateHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(root);
        return new HttpClient(handler);
    }

    private static Dictionary<string, string?> Through(HubProcess hub, int port) => new(hub.ClientEnvironment)
    {
        ["HTTP_PROXY"] = $"http://127.0.0.1:{port}",
        ["http_proxy"] = $"http://127.0.0.1:{port}",
        ["HTTPS_PROXY"] = $"http://127.0.0.1:{port}",
        ["NO_PROXY"] = null,
        ["no_proxy"] = null,
    };

    private static async Task<ChildProcess> StartTinyproxyAsync(TempDirectory here, int port, int allowed)
    {
        var file = here.Write("tinyproxy.conf", $"Port {port}\nListen 127.0.0.1\nTimeout 600\nLogLevel Connect\nMaxClients 100\nAllow 127.0.0.1\nConnectPort {allowed}\n");
        var proxy = ChildProcess.Start("tinyproxy", ["-d", "-c", file]);
        await UntilListensAsync(proxy, port);
        return proxy;
    }

    private static async Task<ChildProcess> StartNginxAsync(TempDirectory here, int port, int hub)
    {
        var file = here.Write("nginx.conf", $$"""
            daemon off; master_process off; pid {{here.File("pid")}}; error_log stderr;
            events { worker_connections 256; }
            http {
              access_log off;
              client_body_temp_path {{here.Path}}; proxy_temp_path {{here.Path}}; fastcgi_temp_path {{here.Path}}; uwsgi_temp_path {{here.Path}}; scgi_temp_path {{here.Path}};
              map $http_upgrade $upgrade { default ''; websocket websocket; }
              map $upgrade $hop { default upgrade; '' ''; }
              server {
                listen 127.0.0.1:{{port}};
                location / {
                  proxy_pass http://127.0.0.1:{{hub}};
                  proxy_http_version 1.1;
                  proxy_set_header Host $http_host;
                  proxy_set_header Upgrade $upgrade;
                  proxy_set_header Connection $hop;
                  proxy_buffering off;
                }
              }
            }
            """);
        var proxy = ChildProcess.Start("/usr/sbin/nginx", ["-c", file, "-e", "stderr", "-p", here.Path]);
        await UntilListensAsync(proxy, port);
        return proxy;
    }

    private static Task UntilListensAsync(ChildProcess proxy, int port) => Eventually.HoldsAsync(
        async () =>
        {
            if (proxy.HasExited)
            {
                throw new InvalidOperationException($"{proxy.Name} ended with {proxy.ExitCode}: {proxy.Output}");
            }

            try
            {
                using var visitor = await RawVisitor.ConnectAsync(port, Deadline);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        },
        $"{proxy.Name} listens");
}
