using Adit.Link;

namespace Adit.Hub.Telemetry;

/// <summary>What the hub's links are doing.</summary>
internal sealed class LinkMetrics
{
    private readonly LinkHost _host;
    private long _opened;
    private long _closed;

    public LinkMetrics(LinkHost host)
    {
        _host = host;
        host.Connected += _ => Interlocked.Increment(ref _opened);
        host.Disconnected += (_, _) => Interlocked.Increment(ref _closed);
    }

    public void Write(MetricsWriter writer)
    {
        long connections = 0;
        long streams = 0;
        foreach (var link in _host.Links)
        {
            connections += link.Connections;
            streams += link.OpenStreams;
        }

        writer.Gauge("adit_links", "Links of clients now.").Value(_host.Count);
        writer.Counter("adit_links_opened_total", "Links that were welcomed.").Value(Interlocked.Read(ref _opened));
        writer.Counter("adit_links_closed_total", "Links that ended.").Value(Interlocked.Read(ref _closed));
        writer.Gauge("adit_data_connections", "Data connections of all links now, in use and idle.").Value(connections);
        writer.Gauge("adit_streams", "Streams on all links now.").Value(streams);
    }
}
