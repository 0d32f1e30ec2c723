using System.Globalization;
using System.Net;
using System.Text;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Disks;

/// <summary>What runs out: the disk under the database, the ports of tcp tunnels.</summary>
public sealed class DiskTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_full_disk_is_said_and_what_runs_goes_on_and_room_helps()
    {
        using var here = new TempDirectory();
        try
        {
            await ChildProcess.RunAsync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", here.Path]);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException($"A small file system cannot be mounted here; run this as root on Linux: {e.Message}", e);
        }

        try
        {
            await using var upstream = Upstream.Saying("still here");
            await using var hub = await HubProcess.StartAsync(here.File("hub"));
            await using var client = await Client.StartAsync(hub, "runs", "http", upstream.Target);
            var ballast = here.File("ballast");
            await using (var file = File.Create(ballast))
            {
                try
                {
                    while (true)
                    {
                        await file.WriteAsync(new byte[4096], Deadline);
                        await file.FlushAsync(Deadline);
                    }
                }
                catch (IOException)
                {
                    // Full, as it should be.
                }
            }

            using var admin = LoopbackHttp.Create(hub.AdminToken);
            var (status, text) = (HttpStatusCode.OK, "");
            for (var i = 0; i < 500 && (int)status < 400; i++)
            {
                using var answer = await MakeTokenAsync(admin, hub, i);
                (status, text) = (answer.StatusCode, await answer.Content.ReadAsStringAsync(Deadline));
            }

            Assert.Equal(HttpStatusCode.InsufficientStorage, status);
            Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
            using var visitor = LoopbackHttp.Create();
            Assert.Equal("still here", await visitor.GetStringAsync(new Uri(hub.TunnelUrl("runs")), Deadline));

            File.Delete(ballast);
            using var better = await MakeTokenAsync(admin, hub, 1000);
            Assert.Equal(HttpStatusCode.Created, better.StatusCode);
        }
        finally
        {
            await ChildProcess.RunAsync("umount", ["--lazy", here.Path]);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task When_all_ports_are_taken_the_next_tunnel_is_refused_and_a_freed_port_is_given_again()
    {
        await using var upstream = Upstream.Saying("port");
        var first = Ports.FreeRange(2);
        await using var hub = await HubProcess.StartAsync(arguments: ["--tcp-ports", $"{first}-{first + 1}"]);
        await using var one = await Client.StartAsync(hub, "one", "tcp", upstream.Target, null, "--port", "auto");
        await using var two = await Client.StartAsync(hub, "two", "tcp", upstream.Target, null, "--port", "auto");
        await using var three = AditProcess.Start(["tunnel", "tcp", upstream.Target, "--name", "three", "--port", "auto"], hub.ClientEnvironment);
        await three.WaitForLineAsync("port.*(taken|use|free)");
        Assert.Null(await Client.StateAsync(hub, "three"));

        await AditProcess.RunAsync(["tunnel", "rm", "one"], hub.ClientEnvironment);
        await using var four = await Client.StartAsync(hub, "four", "tcp", upstream.Target, null, "--port", "auto");
        using var visitor = await RawVisitor.ConnectAsync(first, Deadline);
        await visitor.SendAsync("GET / HTTP/1.1\r\n\r\n", Deadline);
        await visitor.ReadUntilAsync("port", Deadline);
    }

    private static Task<HttpResponseMessage> MakeTokenAsync(HttpClient admin, HubProcess hub, int number) => admin.PostAsync(
        new Uri($"{hub.Url}/api/v1/tokens"),
        new StringContent(string.Create(CultureInfo.InvariantCulture, $$"""{"name":"{{new string('n', 90)}}{{number}}"}"""), Encoding.UTF8, "application/json"),
        Deadline);
}
