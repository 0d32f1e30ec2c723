using Adit.Bench.Load;
using Adit.Bench.Report;
using Adit.Bench.Subjects;

namespace Adit.Bench;

/// <summary>Downloads of 256 MB in one stream and in eight at once, with a plain link and with TLS on it.</summary>
internal static class ThroughputBench
{
    public const string Name = "throughput";
    private const int Streams = 8;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var backend = await BackendProcess.StartAsync(cancellationToken);
        await using var ssh = await SshReverse.StartAsync(run.Scratch, backend.Port, cancellationToken);
        await using var hub = await AditHub.StartAsync(run, tls: false, cancellationToken);
        await using var tlsHub = await AditHub.StartAsync(run, tls: true, cancellationToken);
        Subject[] subjects =
        [
            backend.Direct,
            ssh.Subject,
            await hub.ExposeTcpAsync(backend.Port, cancellationToken),
            await hub.ExposeHttpAsync(backend.Port, cancellationToken),
            await tlsHub.ExposeTcpAsync(backend.Port, cancellationToken),
            await tlsHub.ExposeHttpAsync(backend.Port, cancellationToken),
        ];

        var rounds = run.Pick(quick: 1, normal: 5, full: 9);
        var size = run.Pick(quick: 64L, normal: 256L, full: 256L) << 20;
        var (speed, cost, sum) = (new Rounds(), new Rounds(), new Rounds());
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var subject in subjects)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var one = await Download.RunAsync(subject, 1, round == 0 ? size / 4 : size);
                var eight = await Download.RunAsync(subject, Streams, (round == 0 ? size / 4 : size) / Streams);
                BenchRun.Say($"{subject.Name}: {one.MegabytesPerSecond:0} MB/s, {one.CpuMillisecondsPerGigabyte:0} ms CPU/GB; eight streams {eight.MegabytesPerSecond:0} MB/s");
                if (round == 0)
                    continue;

                speed.Add(subject.Name, one.MegabytesPerSecond);
                cost.Add(subject.Name, one.CpuMillisecondsPerGigabyte);
                sum.Add(subject.Name, eight.MegabytesPerSecond);
                speed.Add(subject.Name + Ours, one.MegabytesPerSecond);
                sum.Add(subject.Name + Ours, one.MegabytesPerSecond);
            }
        }

        var findings = new List<Finding> { Speed("direct", null) };
        foreach (var subject in subjects[2..])
        {
            var plain = !subject.Name.EndsWith("TLS link", StringComparison.Ordinal);
            findings.Add(Speed(subject.Name, Target.AtLeastTimes(plain ? 2 : 1.3)));
            findings.Add(Beside(cost, subject.Name, "CPU, one stream", "ms/GB", ssh.Subject.Name, ssh.Subject.Name, plain ? Target.AtMostTimes(0.6) : null));
            findings.Add(Beside(sum, subject.Name, "eight streams", "MB/s", subject.Name + Ours, "own one stream", plain ? Target.AtLeastTimes(1) : null));
        }

        findings.Add(Beside(sum, ssh.Subject.Name, "eight streams", "MB/s", ssh.Subject.Name + Ours, "own one stream", null));
        return findings;

        Finding Speed(string subject, Target? target) => Beside(speed, subject, "one stream", "MB/s", ssh.Subject.Name, ssh.Subject.Name, target);
    }

    // Under this name a subject's one-stream figure stands as the reference of its own eight streams.
    private const string Ours = " alone";

    private static Finding Beside(Rounds values, string subject, string what, string unit, string reference, string referenceName, Target? target) => new()
    {
        Measurement = Name,
        What = $"{subject}: {what}",
        Value = values.Median(subject),
        Unit = unit,
        ReferenceName = referenceName,
        Reference = values.Median(reference),
        Ratio = values.Ratio(subject, reference),
        Target = target,
    };
}
