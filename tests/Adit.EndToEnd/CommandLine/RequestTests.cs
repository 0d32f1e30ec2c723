using System.Globalization;
using System.Runtime.Versioning;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Adit.EndToEnd.CommandLine;

/// <summary>The requests of a tunnel in a terminal, as they pass.</summary>
[SupportedOSPlatform("linux")]
public sealed class RequestTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_client_and_whoever_follows_see_each_request_and_that_the_tunnel_was_removed()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var app = await LocalApp.StartAsync(static app => app.MapGet("/page", static () => Results.Text("hello")));
        await using var tunnel = await TunnelProcess.StartAsync(
            hub, "demo", "http", app.Port.ToString(CultureInfo.InvariantCulture), "--access", "public", "--requests");
        await using var following = AditProcess.Start(["tunnel", "requests", "demo", "-f"], hub.ClientEnvironment);
        using var visitor = LoopbackHttp.Create();
        await Eventually.HoldsAsync(
            async () =>
            {
                // Asked until both listen: what passed before is not told again.
                using var answer = await visitor.GetAsync(new Uri(tunnel.Tunnel.Url + "page"));
                Assert.True(answer.IsSuccessStatusCode);
                return tunnel.Process.Output.Contains("/page", StringComparison.Ordinal) && following.Output.Contains("/page", StringComparison.Ordinal);
            },
            "both show the request");

        await AditProcess.RunAsync(["tunnel", "rm", "demo"], hub.ClientEnvironment);
        Assert.Equal(1, await tunnel.Process.WaitForExitAsync());
        Assert.Contains("The tunnel demo was removed (removed by admin)", tunnel.Process.Output, StringComparison.Ordinal);
    }
}
