using System.Diagnostics;
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
    public async Task Hub_and_client_are_small_when_idle()
    {
        Assert.SkipUnless(IsPublished, "not the published executable");
        await using var app = await LocalApp.StartAsync(app => app.MapGet("/", () => "hello"));

        var started = Stopwatch.GetTimestamp();
        await using var hub = await HubProcess.StartAsync();
        var ready = Stopwatch.GetElapsedTime(started);
        await using var tunnel = await TunnelProcess.StartAsync(hub, "idle", "http", $"{app.Port}", "--access", "public");

        output.WriteLine($"hub ready in {ready.TotalMilliseconds:F0} ms after {hub.Process.CpuTime.TotalMilliseconds:F0} ms CPU, {hub.Process.ResidentBytes / MegaByte} MB; client {tunnel.Process.ResidentBytes / MegaByte} MB");
        Assert.True(hub.Process.CpuTime < TimeSpan.FromSeconds(1), $"The hub took {hub.Process.CpuTime} of CPU time to start and make a tunnel.");
        Assert.True(hub.Process.ResidentBytes < 90 * MegaByte, $"An idle hub holds {hub.Process.ResidentBytes / MegaByte} MB.");
        Assert.True(tunnel.Process.ResidentBytes < 45 * MegaByte, $"An idle client holds {tunnel.Process.ResidentBytes / MegaByte} MB.");
    }

    private static bool IsPublished => AditProcess.Executable == Repository.Find("out", "adit");
}
