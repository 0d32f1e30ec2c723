using System.Globalization;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;

namespace Adit.EndToEnd.CommandLine;

/// <summary>
/// What starting and idling may cost. Only the published executable is held to it (<c>./run build</c>; <c>./test</c> sees to that): a debug build
/// compiles everything anew at each start.
/// </summary>
public sealed class FootprintTests(ITestOutputHelper output)
{
    private const long MegaByte = 1_000_000;

    [Fact(Timeout = 120_000)]
    public async Task Help_costs_less_than_a_tenth_of_a_second_of_cpu()
    {
        Assert.SkipUnless(IsPublished, "not the published executable");

        // The best of a few: what else the machine does is not ours.
        var best = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < 7; attempt++)
        {
            var times = await ChildProcess.RunAsync("/bin/bash", ["-c", "TIMEFORMAT='%3U %3S'; time \"$0\" --help >/dev/null", AditProcess.Executable]);
            var cpu = TimeSpan.FromSeconds(times.Trim().Split(' ').Sum(part => double.Parse(part, CultureInfo.InvariantCulture)));
            best = cpu < best ? cpu : best;
        }

        output.WriteLine($"adit --help: {best.TotalMilliseconds} ms CPU");
        Assert.True(best < TimeSpan.FromMilliseconds(100), $"adit --help took {best.TotalMilliseconds} ms of CPU time.");
    }

    [Fact(Timeout = 120_000)]
    public async Task Hub_and_client_hold_little_memory_of_their_own_when_idle()
    {
        Assert.SkipUnless(IsPublished, "not the published executable");
        await using var app = await LocalApp.StartAsync(app => app.MapGet("/", () => "hello"));
        await using var hub = await HubProcess.StartAsync();
        await using var tunnel = await TunnelProcess.StartAsync(hub, "idle", "http", $"{app.Port}", "--access", "public");

        var (hubOwn, clientOwn) = (OwnBytes(hub.Process), OwnBytes(tunnel.Process));
        output.WriteLine($"hub after {hub.Process.CpuTime.TotalMilliseconds:F0} ms CPU: {hubOwn / MegaByte} MB of its own, {hub.Process.ResidentBytes / MegaByte} MB with the pages of its file; client: {clientOwn / MegaByte} MB, {tunnel.Process.ResidentBytes / MegaByte} MB");
        Assert.True(hub.Process.CpuTime < TimeSpan.FromSeconds(2), $"The hub took {hub.Process.CpuTime} of CPU time to start and make a tunnel.");
        Assert.True(hubOwn < 40 * MegaByte, $"An idle hub holds {hubOwn / MegaByte} MB.");
        Assert.True(clientOwn < 30 * MegaByte, $"An idle client holds {clientOwn / MegaByte} MB.");
    }

    // Without the pages of the executable's file, which the kernel maps generously, shares between processes and takes back when it wants.
    private static long OwnBytes(ChildProcess process) => 1024 * File.ReadLines($"/proc/{process.Id}/status")
        .Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal))
        .Select(line => long.Parse(line["RssAnon:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture))
        .Single();

    private static bool IsPublished => AditProcess.Executable == Repository.Find("out", "adit");
}
