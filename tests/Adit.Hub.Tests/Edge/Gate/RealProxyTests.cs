using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using Adit.Api;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>Debian's own caddy and nginx ask the hub, configured with what the hub itself prints for them.</summary>
public sealed class RealProxyTests
{
    private const string Wiki = "wiki.example.test";

    [Fact(Timeout = 120_000)]
    public async Task Caddy_lets_in_whom_the_hub_lets_in()
    {
        await using var doors = await DoorHub.StartAsync(change: static o => o with { TrustedProxies = ["127.0.0.1"] });
        using var here = new TempDirectory();
        var port = Ports.Free();
        await MakeRouteAsync(doors, port);
        var needed = await ConfigurationAsync(doors, "caddy");
        var file = here.Write("Caddyfile", string.Create(CultureInfo.InvariantCulture, $$"""
            {
              admin off
              auto_https off
              default_bind 127.0.0.1
              storage file_system {{here.File("data")}}
            }
            {{needed}}
            """));
        var environment = new Dictionary<string, string?> { ["HOME"] = here.Path, ["XDG_DATA_HOME"] = null, ["XDG_CONFIG_HOME"] = null };
        await using var caddy = ChildProcess.Start("caddy", ["run", "--config", file, "--adapter", "caddyfile"], environment);
        await VisitAsync(caddy, port, forNobody: "HTTP/1.1 404 ");
        var away = await SendAsync(port, "/page?x=1", DoorHub.Navigate);
        Assert.StartsWith("HTTP/1.1 302 ", away);
        await SignInAsync(doors, port, away, "/page?x=1");
        Assert.StartsWith("HTTP/1.1 401 ", await SendAsync(port, "/page", "Accept: application/json"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Nginx_lets_in_whom_the_hub_lets_in()
    {
        await using var doors = await DoorHub.StartAsync(change: static o => o with { TrustedProxies = ["127.0.0.1"] });
        using var here = new TempDirectory();
        var port = Ports.Free();
        await MakeRouteAsync(doors, port);
        var needed = await ConfigurationAsync(doors, "nginx");
        var file = here.Write("nginx.conf", string.Create(CultureInfo.InvariantCulture, $$"""
            daemon off; master_process off; pid {{here.File("pid")}}; error_log stderr;
            events { worker_connections 256; }
            http {
              access_log off;
              client_body_temp_path {{here.Path}}; proxy_temp_path {{here.Path}}; fastcgi_temp_path {{here.Path}}; uwsgi_temp_path {{here.Path}}; scgi_temp_path {{here.Path}};
              server {
                listen 127.0.0.1:{{port}};
                {{needed}}
              }
            }
            """));
        await using var nginx = ChildProcess.Start("/usr/sbin/nginx", ["-c", file, "-e", "stderr", "-p", here.Path]);
        await VisitAsync(nginx, port, forNobody: "HTTP/1.1 403 ");
        var sent = await SendAsync(port, "/page?x=1", DoorHub.Navigate);
        Assert.StartsWith("HTTP/1.1 302 ", sent);
        Assert.EndsWith("/_adit/start?to=/page?x=1", DoorHub.LocationOf(sent));
        var away = await SendAsync(port, "/_adit/start?to=/page?x=1", DoorHub.Navigate);
        Assert.StartsWith("HTTP/1.1 302 ", away);
        await SignInAsync(doors, port, away, "/page?x=1");
    }

    private static async Task MakeRouteAsync(DoorHub doors, int port)
    {
        using var api = doors.Hub.Api();
        using var made = await api.PutAsJsonAsync(
            "/api/v1/external-routes/wiki",
            new ExternalRoute
            {
                Origins = [string.Create(CultureInfo.InvariantCulture, $"http://{Wiki}:{port}")], HubUrl = $"http://{doors.HubHost}",
                Rules = [new AccessRule { Allow = false, Who = ["public"], Paths = ["/secret/*"] }],
            },
            AccessJson.Default.ExternalRoute);
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
    }

    // What the hub itself says that the proxy needs.
    private static async Task<string> ConfigurationAsync(DoorHub doors, string proxy)
    {
        using var api = doors.Hub.Api();
        var path = string.Create(CultureInfo.InvariantCulture, $"/api/v1/external-routes/wiki/proxies/{proxy}?to=127.0.0.1:{doors.App.Port}");
        var configuration = (await api.GetFromJsonAsync(path, AccessJson.Default.ProxyConfiguration))!;
        Assert.Empty(configuration.Warnings);
        return configuration.Text;
    }

    // Waits for the proxy, and asks for what nobody may have.
    private static async Task VisitAsync(ChildProcess proxy, int port, string forNobody)
    {
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(proxy.HasExited, proxy.Output);
                try
                {
                    await using var peer = await RawPeer.ConnectAsync(port);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            "the proxy listens");
        Assert.StartsWith(forNobody, await SendAsync(port, "/%73ecret/x", "Accept: application/json"));
    }

    // From where the browser is sent, through the hub, back to the page.
    private static async Task SignInAsync(DoorHub doors, int port, string away, string target)
    {
        var session = await doors.SignInAsync("anna");
        Assert.StartsWith($"http://{doors.HubHost}/apps/authorize?app_host={Wiki}", DoorHub.LocationOf(away));
        var callback = await doors.AuthorizeAsync(DoorHub.LocationOf(away), session);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"http://{Wiki}:{port}/_adit/callback?"), callback);
        var done = await SendAsync(port, new Uri(callback).PathAndQuery, DoorHub.Navigate, $"Cookie: {DoorHub.CookieOf(away, "adit_state_")}");
        Assert.StartsWith("HTTP/1.1 303 ", done);
        Assert.EndsWith(target, DoorHub.LocationOf(done));
        var ticket = DoorHub.CookieOf(done, "adit_ticket");
        var page = await SendAsync(port, target, $"Cookie: {ticket}", "X-Forwarded-User: forged");
        Assert.StartsWith("HTTP/1.1 200 ", page);
        Assert.Contains("X-Forwarded-User: anna\r\n", page);
        Assert.Contains("X-Adit-Assertion: ey", page);
        Assert.DoesNotContain("forged", page);
        await doors.Sessions.EndAsync(doors.Sessions.List("anna").Single().Session.Id);
        Assert.DoesNotContain("HTTP/1.1 200 ", await SendAsync(port, target, $"Cookie: {ticket}"));
    }

    private static async Task<string> SendAsync(int port, string target, params string[] fields)
    {
        await using var peer = await RawPeer.ConnectAsync(port);
        var lines = string.Concat(fields.Select(static f => f + "\r\n"));
        await peer.SendAsync(string.Create(CultureInfo.InvariantCulture, $"GET {target} HTTP/1.1\r\nHost: {Wiki}:{port}\r\nConnection: close\r\n{lines}\r\n"));
        return await peer.ReadToEndAsync();
    }
}
