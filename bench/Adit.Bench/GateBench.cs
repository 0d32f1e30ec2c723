using System.Text;
using Adit.Bench.Load;
using Adit.Bench.Report;
using Adit.Bench.Subjects;

namespace Adit.Bench;

/// <summary>
/// What asking at the door costs: small requests to a public tunnel, and with the ticket of somebody who signed in to one for whoever has
/// an account, in turns. The difference is everything: reading the cookie, the session, the policy, and telling the application who comes.
/// </summary>
internal static class GateBench
{
    public const string Name = "gate";
    private const int Connections = 32;
    private const double MostMicroseconds = 15;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var backend = await BackendProcess.StartAsync(cancellationToken);
        await using var hub = await AditHub.StartAsync(run, tls: false, cancellationToken);
        var open = await hub.ExposeHttpAsync(backend.Port, cancellationToken) with { Name = "public tunnel" };
        var closed = await hub.ExposeHttpAsync(backend.Port, cancellationToken) with { Name = "signed-in tunnel" };
        using var visitor = new SignedInVisitor(hub);
        await visitor.CloseAsync(closed, cancellationToken);
        var cookie = await visitor.SignInAsync(closed, cancellationToken);
        (Subject Subject, byte[] Request)[] ways =
        [
            (open, HttpConnection.Get(open, "/")),
            (closed, Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {closed.Host}\r\nCookie: {cookie}\r\n\r\n")),
        ];

        var rounds = run.Pick(quick: 3, normal: 9, full: 15);
        var length = TimeSpan.FromSeconds(run.Pick(quick: 1.0, normal: 3, full: 5));
        var warming = TimeSpan.FromSeconds(run.Pick(quick: 4.0, normal: 10, full: 15));
        var cost = new Rounds();
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var (subject, request) in ways)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var result = await ClosedLoop.RunAsync(subject, Connections, round == 0 ? warming : length, request);
                BenchRun.Say($"{subject.Name}: {result.RequestsPerSecond:#,0} requests/s, {result.CpuMicrosecondsPerRequest:0.0} us CPU each");
                if (round > 0)
                    cost.Add(subject.Name, result.CpuMicrosecondsPerRequest);
            }
        }

        return
        [
            new Finding
            {
                Measurement = Name, What = "CPU per request, public", Value = cost.Median(open.Name), Unit = "us",
            },
            new Finding
            {
                Measurement = Name, What = "CPU per request, signed in", Value = cost.Median(closed.Name), Unit = "us",
            },
            new Finding
            {
                Measurement = Name, What = "CPU added by the gate", Value = cost.Difference(closed.Name, open.Name), Unit = "us",
                Target = Target.AtMostValue(MostMicroseconds),
            },
        ];
    }
}
