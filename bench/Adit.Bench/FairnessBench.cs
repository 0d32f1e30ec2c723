using Adit.Bench.Load;
using Adit.Bench.Processes;
using Adit.Bench.Report;
using Adit.Bench.Subjects;

namespace Adit.Bench;

/// <summary>Readers that stop in the middle of a 500 MB answer: what their neighbours feel, and what the hub holds for each.</summary>
internal static class FairnessBench
{
    public const string Name = "fairness";
    private const long AnswerBytes = 500_000_000;
    private const int Neighbours = 4;
    private const int StalledForMemory = 16;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var backend = await BackendProcess.StartAsync(cancellationToken);
        var findings = new List<Finding>();
        foreach (var kind in new[] { "tcp", "http" })
        {
            // A hub of its own for each kind: what one leaves in the heap would blur what the other holds.
            await using var hub = await AditHub.StartAsync(run, tls: false, cancellationToken);
            var subject = kind == "tcp" ? await hub.ExposeTcpAsync(backend.Port, cancellationToken) : await hub.ExposeHttpAsync(backend.Port, cancellationToken);
            findings.Add(await NeighboursAsync(run, subject, cancellationToken));
            findings.Add(await HeldAsync(run, hub, subject, cancellationToken));
        }

        return findings;
    }

    private static async Task<Finding> NeighboursAsync(BenchRun run, Subject subject, CancellationToken cancellationToken)
    {
        var length = TimeSpan.FromSeconds(run.Pick(1, 2, 4));
        var request = HttpConnection.Get(subject, "/");
        var rounds = new Rounds();
        for (var round = 0; round <= run.Pick(1, 7, 11); round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var before = await ClosedLoop.RunAsync(subject, Neighbours, length, request);
            using var stalled = await StallAsync(subject);
            await Quiet.WaitAsync(subject.Processes[0], cancellationToken);
            var during = await ClosedLoop.RunAsync(subject, Neighbours, length, request);
            BenchRun.Say($"{subject.Name}: neighbours' p50 {before.Latencies.Percentile(0.5):0} us, beside a stalled reader {during.Latencies.Percentile(0.5):0} us");
            if (round == 0)
                continue;

            rounds.Add("alone", before.Latencies.Percentile(0.5));
            rounds.Add("beside", during.Latencies.Percentile(0.5));
        }

        return new Finding
        {
            Measurement = Name,
            What = $"{subject.Name}: neighbours' p50 beside a stalled reader",
            Value = rounds.Median("beside"),
            Unit = "us",
            ReferenceName = "without",
            Reference = rounds.Median("alone"),
            Ratio = rounds.Ratio("beside", "alone"),
            Target = Target.AtMostTimes(1.2),
        };
    }

    // Many at once and divided, because a garbage-collected heap moves by more than one stream holds.
    private static async Task<Finding> HeldAsync(BenchRun run, AditHub hub, Subject subject, CancellationToken cancellationToken)
    {
        _ = await ClosedLoop.RunAsync(subject, StalledForMemory, TimeSpan.FromSeconds(run.Pick(1, 3, 3)), HttpConnection.Get(subject, "/"));
        await Quiet.WaitAsync(hub.Id, cancellationToken);
        var before = (Memory: ProcFs.PrivateBytes(hub.Id), Kernel: await SocketBuffers.HeldByAsync(hub.Id, cancellationToken));
        var stalled = new List<HttpConnection>();
        try
        {
            for (var i = 0; i < StalledForMemory; i++)
                stalled.Add(await StallAsync(subject));

            await Quiet.WaitAsync(hub.Id, cancellationToken);
            var memory = (double)(ProcFs.PrivateBytes(hub.Id) - before.Memory) / StalledForMemory / 1024;
            var kernel = (double)(await SocketBuffers.HeldByAsync(hub.Id, cancellationToken) - before.Kernel) / StalledForMemory / 1024;
            BenchRun.Say($"{subject.Name}: a stalled stream holds {memory:0} KB in the hub's process and {kernel:0} KB in its socket buffers");
            return new Finding
            {
                Measurement = Name,
                What = $"{subject.Name}: held by a stalled stream, {memory:0} KB process + {kernel:0} KB kernel",
                Value = memory + kernel,
                Unit = "KB",
                Target = Target.AtMostValue(512),
            };
        }
        finally
        {
            foreach (var connection in stalled)
                connection.Dispose();
        }
    }

    private static async Task<HttpConnection> StallAsync(Subject subject)
    {
        var connection = await HttpConnection.OpenAsync(subject);
        await connection.SendAsync(HttpConnection.Get(subject, $"/bytes/{AnswerBytes}"));
        await connection.ReceiveHeadAsync().AsTask().WithinAsync(subject.Name);
        return connection;
    }
}
