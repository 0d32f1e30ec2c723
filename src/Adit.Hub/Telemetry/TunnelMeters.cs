using Adit.Hub.Edge;

namespace Adit.Hub.Telemetry;

/// <summary>
/// The meters of all tunnels, and the bounded set of series made of them. The first <see cref="MostSeries"/> tunnels that carry anything
/// get series of their own and keep them until they are removed; all others share <c>tunnel="other"</c>.
/// </summary>
/// <remarks>
/// Series are fed with what meters grew by since they were last read, not with the meters' values: so "other" never goes down when a
/// tunnel leaves it, and never jumps when one falls into it. Prometheus would take the first for a restart and the second for a burst.
/// </remarks>
internal sealed class TunnelMeters
{
    /// <summary>How many tunnels have series of their own.</summary>
    public const int MostSeries = 100;

    /// <summary>The label of all the rest. It is not a name that a tunnel can have.</summary>
    internal const string Other = "_other";

    private static readonly string[] Kinds = ["http", "tcp", "tls"];
    private static readonly string[] CodeClasses = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
    private static readonly double[] Bounds = [.. AnswerTimes.BoundMilliseconds.ToArray().Select(static ms => ms / 1000.0)];

    private static readonly TrafficTotals Nothing = new();

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _tunnels = new(StringComparer.Ordinal);
    private readonly TrafficTotals _other = new();
    private int _series;

    /// <summary>A tunnel is gone: what it carried since the last look, or since ever, is not lost.</summary>
    public void Retire(string tunnel, RouteMeter meter)
    {
        lock (_lock)
        {
            if (_tunnels.TryGetValue(tunnel, out var entry) && entry.Meter == meter)
                Remove(tunnel, entry);
            else
                _other.AddGrowth(Nothing, TrafficTotals.Of(meter));
        }
    }

    /// <summary>Reads all meters and writes their families.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="tunnels">All tunnels there are.</param>
    internal void Write(MetricsWriter writer, IReadOnlyCollection<TunnelSample> tunnels)
    {
        lock (_lock)
        {
            Read(tunnels);
            writer.Gauge("adit_tunnels", "Tunnels by kind and by whether a client serves them.");
            foreach (var kind in Kinds)
            {
                writer.Value(tunnels.Count(t => t.Kind == kind && t.IsUp), ("kind", kind), ("state", "up"));
                writer.Value(tunnels.Count(t => t.Kind == kind && !t.IsUp), ("kind", kind), ("state", "down"));
            }

            var own = _tunnels.Where(static t => t.Value.Series is not null).OrderBy(static t => t.Key, StringComparer.Ordinal);
            WriteSeries(
                writer,
                [
                    .. own.Select(static t => (t.Key, t.Value.Series!, t.Value.Meter.OpenStreams)),
                    (Other, _other, _tunnels.Values.Where(static t => t.Series is null).Sum(static t => t.Meter.OpenStreams)),
                ]);
        }
    }

    private void Read(IReadOnlyCollection<TunnelSample> tunnels)
    {
        // First those that are gone: they make room for others.
        foreach (var sample in tunnels)
        {
            if (_tunnels.TryGetValue(sample.Name, out var known))
                known.IsThere = true;
        }

        foreach (var (name, entry) in _tunnels)
        {
            if (!entry.IsThere)
                Remove(name, entry);
            entry.IsThere = false;
        }

        foreach (var sample in tunnels)
        {
            if (!_tunnels.TryGetValue(sample.Name, out var entry))
                _tunnels[sample.Name] = entry = new Entry { Meter = sample.Meter };
            if (entry.Meter != sample.Meter)
            {
                // Another tunnel by the same name: its series goes on.
                Advance(entry);
                entry.Meter = sample.Meter;
                entry.Seen = Nothing;
            }

            Advance(entry);
        }
    }

    private void Remove(string tunnel, Entry entry)
    {
        _tunnels.Remove(tunnel);
        _other.AddGrowth(entry.Seen, TrafficTotals.Of(entry.Meter));
        if (entry.Series is not null)
            _series--;
    }

    private static void WriteSeries(MetricsWriter writer, (string Tunnel, TrafficTotals Totals, long Open)[] all)
    {
        writer.Counter("adit_requests_total", "HTTP requests by tunnel and class of status; none had no answer because the visitor left.");
        foreach (var (tunnel, totals, _) in all)
        {
            for (var i = 0; i < CodeClasses.Length; i++)
            {
                if (totals.Classes[i] > 0)
                    writer.Value(totals.Classes[i], ("tunnel", tunnel), ("code_class", CodeClasses[i]));
            }
        }

        writer.Histogram(
            "adit_request_duration_seconds", "From a request's head to the last byte of its answer; upgraded connections are left out.");
        foreach (var (tunnel, totals, _) in all)
        {
            if (totals.Times.Any(static count => count > 0))
                writer.Buckets(Bounds, totals.Times, totals.TimeSum.TotalSeconds, ("tunnel", tunnel));
        }

        writer.Counter("adit_tunnel_streams_total", "Streams carried: a request, an upgrade or a connection is one.");
        foreach (var (tunnel, totals, _) in all)
            writer.Value(totals.Streams, ("tunnel", tunnel));
        writer.Gauge("adit_tunnel_open_streams", "Streams open now.");
        foreach (var (tunnel, _, open) in all)
            writer.Value(open, ("tunnel", tunnel));
        writer.Counter("adit_tunnel_received_bytes_total", "Payload from visitors.");
        foreach (var (tunnel, totals, _) in all)
            writer.Value(totals.BytesIn, ("tunnel", tunnel));
        writer.Counter("adit_tunnel_sent_bytes_total", "Payload to visitors.");
        foreach (var (tunnel, totals, _) in all)
            writer.Value(totals.BytesOut, ("tunnel", tunnel));
    }

    private void Advance(Entry entry)
    {
        if (entry.Meter.Streams == 0)
            return;
        if (entry.Series is null && _series < MostSeries)
        {
            entry.Series = new TrafficTotals();
            _series++;
        }

        var now = TrafficTotals.Of(entry.Meter);
        (entry.Series ?? _other).AddGrowth(entry.Seen, now);
        entry.Seen = now;
    }

    private sealed class Entry
    {
        public required RouteMeter Meter { get; set; }

        /// <summary>What the meter said when it was last read; shared until the tunnel carries anything.</summary>
        public TrafficTotals Seen { get; set; } = Nothing;

        public TrafficTotals? Series { get; set; }

        public bool IsThere { get; set; }
    }
}
