using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Adit.Bench.Subjects;

namespace Adit.Bench.Load;

/// <summary>Requests sent at a fixed rate, whether or not earlier ones are answered, so that a stall is not hidden by a waiting sender.</summary>
internal static class PacedLoop
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Sends <paramref name="perSecond"/> requests a second over at most <paramref name="connections"/> connections. A request that finds no
    /// free connection waits in line, and that wait counts.
    /// </summary>
    public static async Task<Samples> RunAsync(Subject subject, int connections, double perSecond, TimeSpan duration, ReadOnlyMemory<byte> request)
    {
        var idle = new Queue<HttpConnection>();
        var all = new List<HttpConnection>();
        try
        {
            for (var i = 0; i < connections; i++)
            {
                all.Add(await HttpConnection.OpenAsync(subject));
                await all[i].ExchangeAsync(request).AsTask().WithinAsync(subject.Name);
                idle.Enqueue(all[i]);
            }

            var samples = new Samples();
            var waiting = new Queue<long>();
            var running = new List<Task<int>>();
            var started = Stopwatch.GetTimestamp();
            var sent = 0;
            using var beat = new PeriodicTimer(Beat);
            while (Stopwatch.GetElapsedTime(started) is var elapsed && elapsed < duration)
            {
                await beat.WaitForNextTickAsync();
                var due = (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * perSecond) - sent;
                sent += due;
                lock (idle)
                {
                    for (; due > 0; due--)
                        waiting.Enqueue(Stopwatch.GetTimestamp());
                }

                // Started here and not on the pool: each hop to another thread would count as the subject's latency.
                while (TryTake(idle, waiting, out var connection))
                    running.Add(ServeLineAsync(connection, idle, waiting, samples, request));

                running.RemoveAll(t => t.IsCompletedSuccessfully);
            }

            await Task.WhenAll(running).WithinAsync(subject.Name);
            return samples;
        }
        finally
        {
            foreach (var connection in all)
                connection.Dispose();
        }
    }

    private static bool TryTake(Queue<HttpConnection> idle, Queue<long> waiting, [NotNullWhen(true)] out HttpConnection? connection)
    {
        lock (idle)
        {
            connection = null;
            return waiting.Count > 0 && idle.TryDequeue(out connection);
        }
    }

    private static async Task<int> ServeLineAsync(
        HttpConnection connection, Queue<HttpConnection> idle, Queue<long> waiting, Samples samples, ReadOnlyMemory<byte> request)
    {
        for (var served = 0; ; served++)
        {
            long due;
            lock (idle)
            {
                if (!waiting.TryDequeue(out due))
                {
                    idle.Enqueue(connection);
                    return served;
                }
            }

            await connection.ExchangeAsync(request);
            lock (idle)
                samples.AddSince(due);
        }
    }
}
