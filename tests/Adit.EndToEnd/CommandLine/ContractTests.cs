using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Api;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Adit.EndToEnd.CommandLine;

/// <summary>The lines of the command line that are promised to stay, word for word.</summary>
[SupportedOSPlatform("linux")]
public sealed class ContractTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task The_first_start_writes_a_token_that_only_its_owner_can_read_and_the_second_keeps_it()
    {
        using var data = new TempDirectory();
        string first;
        await using (var hub = await HubProcess.StartAsync(data.File("hub")))
        {
            first = hub.AdminToken;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(data.File("hub/admin-token")));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data.File("hub")));
            Assert.DoesNotContain(hub.AdminToken, await ApiAsync(hub, bearer: null, "/healthz"), StringComparison.Ordinal);
            Assert.Equal(0, await hub.Process.StopAsync());
        }

        await using var again = await HubProcess.StartAsync(data.File("hub"));
        Assert.Equal(first, again.AdminToken);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_http_tunnel_is_made_listed_used_and_removed()
    {
        await using var app = await LocalApp.StartAsync(app => app.MapGet("/", () => "hello from the application"));
        await using var hub = await HubProcess.StartAsync();
        await using var tunnel = await TunnelProcess.StartAsync(hub, "demo", "http", $"{app.Port}", "--access", "public");

        Assert.Equal(hub.TunnelUrl("demo"), tunnel.Tunnel.Url);
        using var visitor = LoopbackHttp.Create();
        Assert.Equal("hello from the application", await visitor.GetStringAsync(new Uri(hub.TunnelUrl("demo")), Deadline));

        var listed = JsonDocument.Parse(await AditProcess.RunAsync(["tunnel", "ls", "--json"], hub.ClientEnvironment)).RootElement;
        Assert.Equal("demo", Assert.Single(listed.EnumerateArray()).GetProperty("name").GetString());
        Assert.Contains("demo", await AditProcess.RunAsync(["tunnel", "ls"], hub.ClientEnvironment), StringComparison.Ordinal);

        await AditProcess.RunAsync(["tunnel", "rm", "demo"], hub.ClientEnvironment);
        Assert.Null(await TunnelProcess.FindAsync(hub, "demo"));
        using var gone = await visitor.GetAsync(new Uri(hub.TunnelUrl("demo")), Deadline);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_tunnel_is_for_its_owner_unless_told_otherwise()
    {
        await using var app = await LocalApp.StartAsync(app => app.MapGet("/", (HttpContext context) => $"token seen: {context.Request.Headers.Authorization}"));
        await using var hub = await HubProcess.StartAsync();
        await using var tunnel = await TunnelProcess.StartAsync(hub, "mine", "http", $"{app.Port}");

        using var stranger = LoopbackHttp.Create();
        using var refused = await stranger.GetAsync(new Uri(hub.TunnelUrl("mine")), Deadline);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        // What opened the door is the hub's business and does not reach the application.
        using var owner = LoopbackHttp.Create(hub.AdminToken);
        Assert.Equal("token seen: ", await owner.GetStringAsync(new Uri(hub.TunnelUrl("mine")), Deadline));
    }

    [Fact(Timeout = 120_000)]
    public async Task Exec_starts_a_program_on_a_free_port_exposes_it_and_ends_with_it()
    {
        await using var hub = await HubProcess.StartAsync();
        using var files = new TempDirectory();
        files.Write("index.html", "served by a program");
        await using var tunnel = await TunnelProcess.StartAsync(
            hub, "nb", "http", "--access", "public", "--exec", $"/usr/bin/python3 -m http.server {{port}} --bind 127.0.0.1 --directory {files}");

        using var visitor = LoopbackHttp.Create();
        Assert.Equal("served by a program", await visitor.GetStringAsync(new Uri(hub.TunnelUrl("nb")), Deadline));

        var target = new Uri(Assert.Single(tunnel.Tunnel.Servers).Target);
        tunnel.Process.Send(Signal.Interrupt);
        await tunnel.Process.WaitForExitAsync();
        await Assert.ThrowsAsync<SocketException>(async () => await new TcpClient().ConnectAsync(IPAddress.Loopback, target.Port, Deadline));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_tcp_tunnel_has_its_port_and_can_be_connected_to_without_it()
    {
        await using var app = await LocalApp.StartAsync(app => app.MapGet("/", () => "over tcp"));
        await using var hub = await HubProcess.StartAsync();
        var port = Ports.FreeRange(1, first: 15000, last: 15999);
        await using var tunnel = await TunnelProcess.StartAsync(hub, "db", "tcp", $"{app.Port}", "--port", Number(port));
        var local = Ports.Free();
        await using var connect = AditProcess.Start(["connect", "db", "--local", Number(local)], hub.ClientEnvironment);

        using var visitor = LoopbackHttp.Create();
        foreach (var entrance in new[] { port, local })
        {
            await Eventually.HoldsAsync(
                async () =>
                {
                    Assert.False(connect.HasExited, connect.Output);
                    try
                    {
                        return await visitor.GetStringAsync(new Uri($"http://127.0.0.1:{Number(entrance)}/"), Deadline) == "over tcp";
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                },
                $"port {entrance} leads to the application");
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task What_cannot_be_is_wrong_usage_and_says_what_to_do()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var tunnel = await TunnelProcess.StartAsync(hub, "web", "http", "9");
        await using var connect = AditProcess.Start(["connect", "web", "--local", "0"], hub.ClientEnvironment);
        Assert.Equal(2, await connect.WaitForExitAsync());
        Assert.Contains($"web is an http tunnel, which 'adit connect' does not reach; open {hub.TunnelUrl("web")}", connect.Output, StringComparison.Ordinal);

        await using var named = AditProcess.Start(["tunnel", "http", "9", "--name", "Not_A_Name"], hub.ClientEnvironment);
        Assert.Equal(2, await named.WaitForExitAsync());
        Assert.Contains("Not_A_Name", named.Output, StringComparison.Ordinal);
        await using var taken = AditProcess.Start(["tunnel", "tcp", "9", "--name", "web"], hub.ClientEnvironment);
        Assert.Equal(4, await taken.WaitForExitAsync());
        await using var unknown = AditProcess.Start(["frobnicate"], hub.ClientEnvironment);
        Assert.Equal(2, await unknown.WaitForExitAsync());
        Assert.Contains("There is no command 'frobnicate'. See 'adit --help'.", unknown.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_secret_from_a_file_is_no_part_of_the_command_line()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var app = await LocalApp.StartAsync(static app => app.MapGet("/", static () => Results.Text("hello")));
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        const string Secret = "#user:my \"pass\" --inspect off";
        await File.WriteAllTextAsync(file, Secret + "\n");
        try
        {
            await using var tunnel = await TunnelProcess.StartAsync(
                hub, "web", "http", app.Port.ToString(CultureInfo.InvariantCulture), "--access", "public", "--basic-auth", "@" + file);
            using var visitor = LoopbackHttp.Create();
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(hub.TunnelUrl("web")));
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Secret)));
            using var answer = await visitor.SendAsync(request, Deadline);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task The_api_lists_tunnels_to_whoever_shows_a_token_and_to_nobody_else()
    {
        await using var hub = await HubProcess.StartAsync();
        using var owner = LoopbackHttp.Create(hub.AdminToken);
        var list = await owner.GetFromJsonAsync(new Uri($"{hub.Url}/api/v1/tunnels"), TunnelsJson.Default.TunnelList, Deadline);
        Assert.Empty(list!.Items);

        using var stranger = LoopbackHttp.Create();
        using var refused = await stranger.GetAsync(new Uri($"{hub.Url}/api/v1/tunnels"), Deadline);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
    }

    private static async Task<string> ApiAsync(HubProcess hub, string? bearer, string path)
    {
        using var client = LoopbackHttp.Create(bearer);
        return await client.GetStringAsync(new Uri(hub.Url + path), Deadline);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
