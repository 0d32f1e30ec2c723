using System.Text;
using Adit.Bench.Load;
using Adit.Bench.Report;
using Adit.Bench.Subjects;

namespace Adit.Bench;

/// <summary>What a tunnel adds to the time of one request, its tail at a tenth of its capacity, and whether anything waits for a 40 ms timer.</summary>
internal static class LatencyBench
{
    public const string Name = "latency";
    private const int Connections = 32;

    // Nagle's algorithm (RFC 896) against a delayed acknowledgement: Linux holds an ACK back for 40 ms.
    private const double StepFrom = 38_000;
    private const double StepTo = 48_000;
    private const double StepShare = 0.001;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var backend = await BackendProcess.StartAsync(cancellationToken);
        await using var ssh = await SshReverse.StartAsync(run.Scratch, backend.Port, cancellationToken);
        await using var hub = await AditHub.StartAsync(run, tls: false, cancellationToken);
        var tcp = await hub.ExposeTcpAsync(backend.Port, cancellationToken);
        var http = await hub.ExposeHttpAsync(backend.Port, cancellationToken);
        Subject[] subjects = [backend.Direct, ssh.Subject, tcp, http];

        var (p50, p99) = await OneConnectionAsync(run, subjects, cancellationToken);
        var findings = new List<Finding>
        {
            Added(p50, tcp, "p50 added, one connection", Target.AtMostValue(100)),
            Added(p50, http, "p50 added, one connection", Target.AtMostValue(200)),
            Added(p99, tcp, "p99 added, one connection", null),
            Added(p99, http, "p99 added, one connection", null),
        };
        foreach (var subject in subjects[1..])
            findings.Add(await TailAsync(run, subject, backend.Direct, cancellationToken));

        foreach (var subject in subjects[1..])
            findings.Add(await StepAsync(run, subject, cancellationToken));

        return findings;

        Finding Added(Rounds rounds, Subject subject, string what, Target? target) => new()
        {
            Measurement = Name,
            What = $"{subject.Name}: {what}",
            Value = rounds.Difference(subject.Name, "direct"),
            Unit = "us",
            ReferenceName = ssh.Subject.Name,
            Reference = rounds.Difference(ssh.Subject.Name, "direct"),
            Target = target,
        };
    }

    private static async Task<(Rounds P50, Rounds P99)> OneConnectionAsync(BenchRun run, Subject[] subjects, CancellationToken cancellationToken)
    {
        var (p50, p99) = (new Rounds(), new Rounds());
        var rounds = run.Pick(quick: 2, normal: 7, full: 15);
        var length = TimeSpan.FromSeconds(run.Pick(quick: 0.5, normal: 1.5, full: 3));
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var subject in subjects)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var result = await ClosedLoop.RunAsync(subject, connections: 1, length, HttpConnection.Get(subject, "/"));
                BenchRun.Say($"{subject.Name}: one connection p50 {result.Latencies.Percentile(0.5):0} us, p99 {result.Latencies.Percentile(0.99):0} us");
                if (round == 0)
                    continue;

                p50.Add(subject.Name, result.Latencies.Percentile(0.5));
                p99.Add(subject.Name, result.Latencies.Percentile(0.99));
            }
        }

        return (p50, p99);
    }

    private static async Task<Finding> TailAsync(BenchRun run, Subject subject, Subject direct, CancellationToken cancellationToken)
    {
        var request = HttpConnection.Get(subject, "/");
        var full = await ClosedLoop.RunAsync(subject, Connections, TimeSpan.FromSeconds(run.Pick(1, 3, 3)), request);
        cancellationToken.ThrowIfCancellationRequested();
        var rate = full.RequestsPerSecond / 10;
        var rounds = new Rounds();
        for (var round = 0; round < run.Pick(1, 5, 9); round++)
        {
            foreach (var one in new[] { direct, subject })
            {
                var samples = await PacedLoop.RunAsync(one, Connections, rate, TimeSpan.FromSeconds(run.Pick(1, 3, 5)), HttpConnection.Get(one, "/"));
                BenchRun.Say($"{one.Name}: at {rate:#,0} requests/s p50 {samples.Percentile(0.5):0} us, p99 {samples.Percentile(0.99):0} us");
                rounds.Add(one.Name, samples.Percentile(0.99) / 1000);
            }
        }

        return new Finding
        {
            Measurement = Name,
            What = $"{subject.Name}: p99 at 10% load ({rate:#,0} requests/s)",
            Value = rounds.Median(subject.Name),
            Unit = "ms",
            ReferenceName = direct.Name,
            Reference = rounds.Median(direct.Name),
            Target = subject.Name.StartsWith("adit", StringComparison.Ordinal) ? Target.AtMostValue(2) : null,
        };
    }

    // What provokes the step: a request in two writes, and answers of several segments with a short last one.
    private static async Task<Finding> StepAsync(BenchRun run, Subject subject, CancellationToken cancellationToken)
    {
        var length = TimeSpan.FromSeconds(run.Pick(0.5, 3, 5));
        var samples = new Samples();
        foreach (var target in new[] { "/", "/bytes/3000", "/bytes/70001" })
        {
            cancellationToken.ThrowIfCancellationRequested();
            samples.Add((await ClosedLoop.RunAsync(subject, connections: 4, length, HttpConnection.Get(subject, target))).Latencies);
        }

        samples.Add(await SplitWriteLoop.RunAsync(subject, Post(subject), "0123456789"u8.ToArray(), length));
        var share = samples.ShareBetween(StepFrom, StepTo);
        BenchRun.Say($"{subject.Name}: {samples.Count:#,0} mixed requests, {share:P3} of them took 38 to 48 ms, p99.9 {samples.Percentile(0.999):0} us");
        return new Finding
        {
            Measurement = Name,
            What = $"{subject.Name}: share of requests in a 40 ms step",
            Value = share * 100,
            Unit = "%",
            Target = subject.Name.StartsWith("adit", StringComparison.Ordinal) ? Target.AtMostValue(StepShare * 100) : null,
        };
    }

    private static byte[] Post(Subject subject) => Encoding.ASCII.GetBytes($"POST /sink HTTP/1.1\r\nHost: {subject.Host}\r\nContent-Length: 10\r\n\r\n");
}
