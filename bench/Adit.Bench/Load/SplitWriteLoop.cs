using System.Diagnostics;
using Adit.Bench.Subjects;

namespace Adit.Bench.Load;

/// <summary>Requests whose head and body are two writes with a pause between: the pattern that makes Nagle's algorithm wait.</summary>
internal static class SplitWriteLoop
{
    /// <summary>Runs on one connection for the duration.</summary>
    public static async Task<Samples> RunAsync(Subject subject, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, TimeSpan duration)
    {
        using var connection = await HttpConnection.OpenAsync(subject);
        var samples = new Samples();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            var begun = Stopwatch.GetTimestamp();
            await connection.SendAsync(head);
            await Task.Yield(); // so that the two writes are two segments on the wire
            await connection.ExchangeAsync(body).AsTask().WithinAsync(subject.Name);
            samples.AddSince(begun);
        }

        return samples;
    }
}
