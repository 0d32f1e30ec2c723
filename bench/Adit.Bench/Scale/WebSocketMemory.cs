using Adit.Bench.Load;
using Adit.Bench.Processes;
using Adit.Bench.Report;
using Adit.Bench.Subjects;

namespace Adit.Bench.Scale;

/// <summary>What the hub holds for each of 5,000 open WebSockets, beside a bare Kestrel that holds as many.</summary>
internal static class WebSocketMemory
{
    private const int WarmUp = 100;

    public static async Task<Finding> MeasureAsync(BenchRun run, CancellationToken cancellationToken)
    {
        var count = run.Pick(quick: 500, normal: 5000, full: 5000);
        await using var kestrel = await BackendProcess.StartKestrelAsync(cancellationToken);
        var bare = await EachAsync(kestrel.Direct, kestrel.Id, count, cancellationToken);

        await using var backend = await BackendProcess.StartAsync(cancellationToken);
        await using var hub = await AditHub.StartAsync(run, tls: false, cancellationToken);
        var ours = await EachAsync(await hub.ExposeHttpAsync(backend.Port, cancellationToken), hub.Id, count, cancellationToken);
        BenchRun.Say($"{count:#,0} WebSockets: {ours / 1000:0.0} KB each on the hub, {bare / 1000:0.0} KB on a bare Kestrel");
        return new Finding
        {
            Measurement = ScaleBench.Name,
            What = $"hub memory per open WebSocket beyond Kestrel's own ({count:#,0})",
            Value = (ours - bare) / 1000,
            Unit = "KB",
            ReferenceName = "bare Kestrel",
            Reference = bare / 1000,
            Target = Target.AtMostValue(12),
        };
    }

    private static async Task<double> EachAsync(Subject subject, int pid, int count, CancellationToken cancellationToken)
    {
        using (await IdleWebSockets.OpenAsync(subject, WarmUp, cancellationToken))
            await Quiet.WaitAsync(pid, cancellationToken);

        await Quiet.RestAsync(pid, cancellationToken);
        var before = ProcFs.PrivateBytes(pid);
        using var open = await IdleWebSockets.OpenAsync(subject, count, cancellationToken);
        await Quiet.RestAsync(pid, cancellationToken);
        return (double)(ProcFs.PrivateBytes(pid) - before) / count;
    }
}
