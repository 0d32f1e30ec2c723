using System.Diagnostics;
using System.Text.RegularExpressions;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.SignIn;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Door;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Inspector;
using Adit.Hub.Secrets;
using Adit.Hub.Tasks;
using Adit.Hub.Tasks.Idle;
using Adit.Hub.Tasks.Waiting;
using Adit.Hub.Telemetry;
using Adit.Link;
using Adit.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Adit.Hub.Tests.Telemetry;

public sealed partial class HubMetricsTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Promtool_finds_nothing_wrong()
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await promtool.StandardInput.WriteAsync(await CollectAsync());
        promtool.StandardInput.Close();
        var said = promtool.StandardOutput.ReadToEndAsync(Deadline);
        var complained = promtool.StandardError.ReadToEndAsync(Deadline);
        await promtool.WaitForExitAsync(Deadline).WaitAsync(TimeSpan.FromSeconds(60), Deadline);

        Assert.Equal("", await said + await complained);
        Assert.Equal(0, promtool.ExitCode);
    }

    [Fact]
    public async Task The_reference_lists_exactly_the_families_there_are()
    {
        var families = Family.Matches(await CollectAsync()).Select(match => match.Groups[1].Value).ToArray();
        var documented = Documented.Matches(await File.ReadAllTextAsync(Repository.Find("docs", "reference", "metrics.md"), Deadline)).Select(match => match.Groups[1].Value);

        Assert.Equal(families, documented);
    }

    private static async Task<string> CollectAsync()
    {
        await using var links = new LinkHost(new LinkHostOptions { Time = TimeProvider.System });
        var meter = new RouteMeter();
        meter.OpenStream();
        meter.AddRequest();
        meter.Answered(200, TimeSpan.FromMilliseconds(12));
        meter.AddBytesIn(100);
        // A name that no tunnel can have, to see that labels are escaped.
        TunnelSample[] tunnels = [new("demo", "http", true, meter), new("a\"b\\c\nd", "tcp", false, meter)];
        var signIns = new SignInMeter(() => 3);
        signIns.Admitted("local");
        var metrics = new HubMetrics(
            new LinkMetrics(links), new TunnelMeters(), () => tunnels, new RouteTable(), new GuessThrottles(TimeProvider.System), new DoorMeter(), signIns, new AuditMeter(),
            new GateMeter(), new OpenDoors(TimeProvider.System), static () => new Hub.Templates.TemplateCounts(1, 15, 2, 0), TasksOf(),
            new SecretMeter(static () => (2, 1)), new Hub.Volumes.VolumeMeter(static () => [new Adit.Content.StoreStatistics(1, 4096, 9000, 3, 0, 1, 1, 0, 96)]), new Hub.S3.S3Meter(static () => 0));
        return metrics.Collect();
    }

    private static TaskMetrics TasksOf() => new(new StartHistory(null!, new TaskNews(new EventHub(), NullLogger<TaskNews>.Instance)), new WaitingMeter(), new IdleMeter(), new Hub.Tasks.Workspaces.WorkspaceMeter());

    [GeneratedRegex(@"^# TYPE (\S+) ", RegexOptions.Multiline)]
    private static partial Regex Family { get; }

    [GeneratedRegex(@"^\| `([a-z0-9_]+)[`{]", RegexOptions.Multiline)]
    private static partial Regex Documented { get; }
}
