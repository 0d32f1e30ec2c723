using System.Diagnostics;
using Adit.Bench.Subjects;

namespace Adit.Bench.Load;

/// <summary>What a loop of requests showed.</summary>
/// <param name="Requests">Requests answered.</param>
/// <param name="Elapsed">In this time.</param>
/// <param name="Cpu">CPU time of the subject's own processes meanwhile.</param>
/// <param name="Latencies">Each request's time.</param>
internal sealed record LoopResult(long Requests, TimeSpan Elapsed, TimeSpan Cpu, Samples Latencies)
{
    public double RequestsPerSecond => Requests / Elapsed.TotalSeconds;

    public double CpuMicrosecondsPerRequest => Cpu.TotalMicroseconds / Requests;
}

/// <summary>Keep-alive connections that each send the next request when the last one is answered.</summary>
internal static class ClosedLoop
{
    /// <summary>Opens the connections, warms each with one request, then loops for the duration.</summary>
    public static async Task<LoopResult> RunAsync(Subject subject, int connections, TimeSpan duration, ReadOnlyMemory<byte> request)
    {
        var open = new List<HttpConnection>();
        try
        {
            for (var i = 0; i < connections; i++)
            {
                open.Add(await HttpConnection.OpenAsync(subject));
                await open[i].ExchangeAsync(request).AsTask().WithinAsync(subject.Name);
            }

            var cpu = subject.CpuTime();
            var started = Stopwatch.GetTimestamp();
            var end = started + (long)(duration.TotalSeconds * Stopwatch.Frequency);
            var samples = await Task.WhenAll(open.Select(c => Task.Run(() => LoopAsync(c, request, end)))).WithinAsync(subject.Name, duration);
            var elapsed = Stopwatch.GetElapsedTime(started);
            cpu = subject.CpuTime() - cpu;

            var all = new Samples();
            foreach (var some in samples)
                all.Add(some);

            return new LoopResult(all.Count, elapsed, cpu, all);
        }
        finally
        {
            foreach (var connection in open)
                connection.Dispose();
        }
    }

    private static async Task<Samples> LoopAsync(HttpConnection connection, ReadOnlyMemory<byte> request, long end)
    {
        var samples = new Samples();
        for (var now = Stopwatch.GetTimestamp(); now < end; now = Stopwatch.GetTimestamp())
        {
            await connection.ExchangeAsync(request);
            samples.AddSince(now);
        }

        return samples;
    }
}
