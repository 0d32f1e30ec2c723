using System.Collections.Concurrent;
using Adit.Hub.Telemetry;
using Adit.Hub.Volumes.Staging;

namespace Adit.Hub.S3;

/// <summary>What /metrics says of the S3 endpoint.</summary>
internal sealed class S3Meter(StagedCensus staged)
{
    private readonly ConcurrentDictionary<(string Operation, int CodeClass), long> _requests = new();
    private long _received;
    private long _sent;

    /// <summary>A request was answered.</summary>
    public void Answered(string operation, int status) => _requests.AddOrUpdate((operation, status / 100), 1, static (_, count) => count + 1);

    /// <summary>So many bytes of objects came.</summary>
    public void Received(long bytes) => Interlocked.Add(ref _received, bytes);

    /// <summary>So many bytes of objects went.</summary>
    public void Sent(long bytes) => Interlocked.Add(ref _sent, bytes);

    public void Write(MetricsWriter writer)
    {
        var requests = writer.Counter("adit_s3_requests_total", "Requests that the S3 endpoint answered, by operation and class of status.");
        foreach (var ((operation, codeClass), count) in _requests.OrderBy(static r => r.Key))
            requests.Value(count, ("operation", operation), ("code_class", $"{codeClass}xx"));
        writer.Counter("adit_s3_received_bytes_total", "Bytes of objects that clients put.").Value(Interlocked.Read(ref _received));
        writer.Counter("adit_s3_sent_bytes_total", "Bytes of objects that clients got.").Value(Interlocked.Read(ref _sent));
        writer.Gauge("adit_s3_staged_changes", "Objects put or removed by S3 that are in no snapshot yet.").Value(staged());
    }
}
