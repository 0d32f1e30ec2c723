using System.Diagnostics;
using Adit.Bench.Subjects;

namespace Adit.Bench.Load;

/// <summary>What a download showed.</summary>
internal sealed record DownloadResult(long Bytes, TimeSpan Elapsed, TimeSpan Cpu)
{
    /// <summary>Millions of bytes a second.</summary>
    public double MegabytesPerSecond => Bytes / 1e6 / Elapsed.TotalSeconds;

    /// <summary>Milliseconds of the subject's CPU for a thousand million bytes.</summary>
    public double CpuMillisecondsPerGigabyte => Cpu.TotalMilliseconds / (Bytes / 1e9);
}

/// <summary>Big answers read as fast as they come.</summary>
internal static class Download
{
    private const int ReadSize = 256 * 1024;

    /// <summary>Reads <paramref name="bytes"/> on each of a number of connections at once.</summary>
    public static async Task<DownloadResult> RunAsync(Subject subject, int streams, long bytes)
    {
        var connections = new List<HttpConnection>();
        try
        {
            for (var i = 0; i < streams; i++)
                connections.Add(await HttpConnection.OpenAsync(subject, ReadSize));

            var request = HttpConnection.Get(subject, $"/bytes/{bytes}");
            var cpu = subject.CpuTime();
            var started = Stopwatch.GetTimestamp();
            var lengths = await Task.WhenAll(connections.Select(c => Task.Run(async () => await c.ExchangeAsync(request)))).WithinAsync(subject.Name, Slowest(streams * bytes));
            var elapsed = Stopwatch.GetElapsedTime(started);
            return new DownloadResult(lengths.Sum(), elapsed, subject.CpuTime() - cpu);
        }
        finally
        {
            foreach (var connection in connections)
                connection.Dispose();
        }
    }

    // At 10 MB/s something is wrong.
    private static TimeSpan Slowest(long bytes) => TimeSpan.FromSeconds(bytes / 10e6);
}
