using Adit.Bench.Load;
using Adit.Bench.Report;
using Adit.Bench.Subjects;

namespace Adit.Bench;

/// <summary>Small requests on 32 keep-alive connections: how many a second, and what each costs in CPU time of the tunnel's processes.</summary>
internal static class RequestsBench
{
    public const string Name = "requests";
    private const int Connections = 32;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var backend = await BackendProcess.StartAsync(cancellationToken);
        await using var ssh = await SshReverse.StartAsync(run.Scratch, backend.Port, cancellationToken);
        await using var hub = await AditHub.StartAsync(run, tls: false, cancellationToken);
        Subject[] subjects =
        [
            backend.Direct,
            ssh.Subject,
            await hub.ExposeTcpAsync(backend.Port, cancellationToken),
            await hub.ExposeHttpAsync(backend.Port, cancellationToken),
        ];

        var rounds = run.Pick(quick: 2, normal: 5, full: 9);
        var length = TimeSpan.FromSeconds(run.Pick(quick: 1.0, normal: 3, full: 5));
        var (rate, cost) = (new Rounds(), new Rounds());

        // Round 0 warms everything up and is not counted: the .NET processes compile their hot paths in the background, which takes about
        // ten seconds of load.
        var warming = TimeSpan.FromSeconds(run.Pick(quick: 4.0, normal: 10, full: 15));
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var subject in subjects)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var result = await ClosedLoop.RunAsync(subject, Connections, round == 0 ? warming : length, HttpConnection.Get(subject, "/"));
                BenchRun.Say($"{subject.Name}: {result.RequestsPerSecond:#,0} requests/s, {result.CpuMicrosecondsPerRequest:0.0} us CPU each");
                if (round == 0)
                    continue;

                rate.Add(subject.Name, result.RequestsPerSecond);
                cost.Add(subject.Name, result.CpuMicrosecondsPerRequest);
            }
        }

        return
        [
            Cost("adit tcp", Target.AtMostTimes(1.2)),
            Cost("adit http", Target.AtMostTimes(1.4)),
            Rate("direct", null),
            Rate("adit tcp", null),
            Rate("adit http", Target.AtLeastTimes(1.2)),
        ];

        Finding Cost(string subject, Target target) => Beside(cost, subject, "CPU per request", "us", target);
        Finding Rate(string subject, Target? target) => Beside(rate, subject, "rate", "requests/s", target);
        Finding Beside(Rounds values, string subject, string what, string unit, Target? target) => new()
        {
            Measurement = Name,
            What = $"{subject}: {what}",
            Value = values.Median(subject),
            Unit = unit,
            ReferenceName = ssh.Subject.Name,
            Reference = values.Median(ssh.Subject.Name),
            Ratio = values.Ratio(subject, ssh.Subject.Name),
            Target = target,
        };
    }
}
